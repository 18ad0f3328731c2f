"""Decides which Streamlit scripts really run: plain ones, which can only draw.

One computer serves a whole class, so arbitrary Python of a learner must not run on it. A plain
script contains only Streamlit's elements, literals, assigned names, ``if`` and ``with``: no loop,
no function, no attribute except those listed here, and nothing that reads a file or an address.
The course's app is plain.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeGuard

from essaim_practice.programs.script_size import Sizes

#: Bytes that a plain script may have.
MOST = 16_384

#: The libraries, and what may be called of them.
CALLS = {
    "streamlit": {
        *("title", "header", "subheader", "write", "markdown", "text", "caption", "code", "latex"),
        *("divider", "json", "metric", "success", "info", "warning", "error", "progress", "toast"),
        *("line_chart", "area_chart", "bar_chart", "scatter_chart", "dataframe", "table"),
        *("button", "checkbox", "toggle", "radio", "selectbox", "multiselect", "slider"),
        *("select_slider", "text_input", "text_area", "date_input", "time_input"),
        *("color_picker", "container", "expander", "form", "form_submit_button"),
        *("set_page_config", "balloons", "snow"),
    },
    "pandas": {"DataFrame", "Series"},
}
#: Arguments that would read a file, format without end or call back.
_KEPT_OUT = {"format", "format_func", "page_icon", "on_change", "on_click", "on_select"}


@dataclass(frozen=True, slots=True)
class Refusal:
    """The first part of a script that is not plain."""

    line: int  # from 1; 0: the whole script
    text: str  # the line, without what surrounds it


class _NotPlain(Exception):
    def __init__(self, node: ast.AST) -> None:
        super().__init__()
        self.line: int = getattr(node, "lineno", 0)


@lru_cache(maxsize=256)  # every request to an app asks, and a page makes thirty
def refusal(source: str) -> Refusal | None:
    """The reason not to run a script; None for a plain one.

    A script with a syntax error is plain: Streamlit shows the error, and nothing runs.
    """
    if len(source.encode(errors="replace")) > MOST:
        return Refusal(0, "")
    try:
        tree = ast.parse(source)
        _Reader().read(tree)
    except SyntaxError:
        return None
    except (ValueError, RecursionError, MemoryError):  # what no person writes
        return Refusal(0, "")
    except _NotPlain as found:
        lines = source.splitlines()
        text = lines[found.line - 1].strip() if 0 < found.line <= len(lines) else ""
        return Refusal(found.line, text)
    return None


class _Reader:
    """Reads a script from top to bottom. Raises _NotPlain."""

    def __init__(self) -> None:
        self._libraries: dict[str, str] = {}  # by the name that the script gives them
        self._names: set[str] = set()
        self._sizes = Sizes()

    def read(self, tree: ast.Module) -> None:
        body = tree.body
        if ast.get_docstring(tree) is not None:
            body = body[1:]
        self._block(body)

    def _block(self, statements: list[ast.stmt]) -> None:
        for statement in statements:
            self._statement(statement)

    def _statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Import(names=names):
                for each in names:
                    self._imported(node, each.name, each.asname or each.name)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if name in self._libraries or name.startswith("__"):
                    raise _NotPlain(node)
                self._assigned(value)
                self._names.add(name)
                self._sizes.name(name, value)
            case ast.Expr(value=ast.Call() as call):
                self._call(call)
            case ast.If(test=test, body=body, orelse=orelse):
                self._value(test)
                self._block(body)
                self._block(orelse)
            case ast.With(items=items, body=body):
                for item in items:
                    if item.optional_vars is not None:
                        raise _NotPlain(node)
                    if not self._is_sidebar(item.context_expr):
                        self._call(item.context_expr)
                self._block(body)
            case ast.Pass():
                pass
            case _:
                raise _NotPlain(node)

    def _imported(self, node: ast.Import, library: str, name: str) -> None:
        """A name stays what it was: a library that passes for a value could be shown."""
        taken = name in self._names or self._libraries.get(name, library) != library
        if library not in CALLS or taken or name.startswith("__"):
            raise _NotPlain(node)
        self._libraries[name] = library

    def _assigned(self, node: ast.expr) -> None:
        """A name may not be made of several others: it could double with every line."""
        if not isinstance(node, ast.Call):
            self._literal(node)
        elif any(isinstance(part, ast.JoinedStr) for part in ast.walk(node)):
            raise _NotPlain(node)
        else:
            self._call(node)

    def _call(self, node: ast.expr) -> None:
        if not isinstance(node, ast.Call) or not self._may_call(node.func):
            raise _NotPlain(node)
        if node.func.attr == "set_page_config" and len(node.args) > 1:  # the icon is a file
            raise _NotPlain(node)
        for argument in node.args:
            self._value(argument)
        for keyword in node.keywords:
            if keyword.arg is None or keyword.arg in _KEPT_OUT:
                raise _NotPlain(node)
            self._value(keyword.value)
        if not self._sizes.count(node):
            raise _NotPlain(node)

    def _may_call(self, function: ast.expr) -> TypeGuard[ast.Attribute]:
        if not isinstance(function, ast.Attribute):
            return False
        owner = function.value
        if self._is_sidebar(owner):
            return function.attr in CALLS["streamlit"]
        library = self._libraries.get(owner.id, "") if isinstance(owner, ast.Name) else ""
        return function.attr in CALLS.get(library, ())

    def _is_sidebar(self, node: ast.expr) -> bool:
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr="sidebar"):
                return self._libraries.get(name) == "streamlit"
        return False

    def _value(self, node: ast.expr) -> None:
        match node:
            case ast.Name(id=name):
                if name not in self._names:
                    raise _NotPlain(node)
            case ast.Call():
                self._call(node)
            case ast.JoinedStr(values=parts):
                for part in parts:
                    if isinstance(part, ast.FormattedValue):
                        if part.format_spec is not None:
                            raise _NotPlain(node)
                        self._value(part.value)
            case ast.Compare(left=left, comparators=others):
                for each in (left, *others):
                    self._value(each)
            case ast.BoolOp(values=values):
                for each in values:
                    self._value(each)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                self._value(operand)
            case _:
                self._literal(node)

    def _literal(self, node: ast.expr) -> None:
        match node:
            case ast.Constant():
                pass
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=ast.Constant()):
                pass
            case ast.List() | ast.Tuple() | ast.Set() | ast.Dict():
                for each in _items(node):
                    self._literal(each)
            case _:
                raise _NotPlain(node)


def _items(node: ast.List | ast.Tuple | ast.Set | ast.Dict) -> Iterator[ast.expr]:
    if isinstance(node, ast.Dict):
        for key, value in zip(node.keys, node.values, strict=True):
            if key is None:  # **another
                raise _NotPlain(node)
            yield key
            yield value
    else:
        yield from node.elts
