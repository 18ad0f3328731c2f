"""Expressions of the small Python: a tree of syntax, walked step by step.

So no script holds up another.
"""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from collections.abc import Generator
from typing import Any

from essaim_practice.programs.steps import Step, Work
from essaim_practice.servers.small_python.values import (
    KINDS,
    MOST_ENTRIES,
    Evaluation,
    Function,
    Kind,
    Raised,
    Tally,
    Thing,
    Unplayed,
    checked,
    combined,
    entries,
    error,
    formatted,
    hashed,
    method,
    native,
    short,
    shown,
    weighed,
)

Scope = dict[str, Any]

_COST = 3  # microseconds that a node of the tree takes, about
_BREATH = 200  # nodes between two of Work
_MOST = 4 * 2**20  # bytes that all values of a script may take


class Expressions(ABC):
    """What gives the expressions of one script their values.

    names: what the script begins with. patience: how many nodes it may walk; above it is Unplayed.
    """

    def __init__(self, names: Scope) -> None:
        self.globals: Scope = {"__name__": "__main__", **KINDS, **names}
        self.patience = 10**12
        self._scopes: list[Scope] = []
        self._walked = 0
        self._made = 0

    @abstractmethod
    def _called(self, function: Function, words: list[Any], named: dict[str, Any]) -> Evaluation:
        """The answer of a function of the script."""

    @abstractmethod
    def _bind(self, target: ast.expr, value: Any, scope: Scope) -> Generator[Step, Any, None]:
        """Give a name, or what else stands left of ``=``, its value."""

    def call(self, target: Any, words: list[Any], named: dict[str, Any]) -> Evaluation:
        """The answer of a function or of anything else that may be called."""
        if isinstance(target, Function):
            return (yield from self._called(target, words, named))
        if isinstance(target, Kind):
            return Raised(target, " ".join(shown(word) for word in words))
        if isinstance(target, Thing):
            target = target.calling
        if target is None or not callable(target):
            raise error("TypeError", "object is not callable")
        try:
            answer = target(*words, **named)
        except (TypeError, AttributeError):  # other words than the few that are played
            raise Unplayed from None
        except (ValueError, OverflowError) as fault:
            raise error(type(fault).__name__, str(fault)) from None
        if isinstance(answer, Generator):
            answer = yield from answer
        self._count(answer)
        return answer

    def _count(self, made: Any) -> None:
        """Look at how much the script holds, whenever it has made much."""
        if isinstance(made, (str, bytes, list, tuple, dict, set)):
            self._made += len(made)
        self._made += 20
        if self._made > _MOST // 4:
            self._made = 0
            for scope in (self.globals, *self._scopes):
                weighed(*scope.values(), most=_MOST)

    def _walk(self, node: ast.AST) -> Generator[Step, Any, None]:
        self._walked += 1 + Tally.looks
        Tally.looks = 0
        if self._walked >= _BREATH:
            yield Work(self._walked * _COST)
            self.patience -= self._walked
            self._walked = 0
            if self.patience < 0:
                raise Unplayed(getattr(node, "lineno", 0))

    def value(self, node: ast.expr, scope: Scope) -> Evaluation:
        """What an expression is. Raises Raised, Left, Unplayed."""
        yield from self._walk(node)
        match node:
            case ast.Constant(value=value):
                if isinstance(value, complex):
                    raise Unplayed(node.lineno)
                return checked(value)
            case ast.Name(id=name):
                return self._named(name, scope)
            case ast.Call():
                return (yield from self._call(node, scope))
            case ast.Attribute():
                return (yield from self._attribute(node, scope))
            case ast.BinOp():
                left = yield from self.value(node.left, scope)
                right = yield from self.value(node.right, scope)
                made = combined(type(node.op), left, right)
                self._count(made)
                return made
            case ast.Compare():
                return (yield from self._compare(node, scope))
            case ast.BoolOp():
                for one in node.values:
                    last = yield from self.value(one, scope)
                    if bool(last) != isinstance(node.op, ast.And):
                        break
                return last
            case ast.UnaryOp():
                given = yield from self.value(node.operand, scope)
                if isinstance(node.op, ast.Not):
                    return not given
                return combined(ast.Mult, -1, given) if isinstance(node.op, ast.USub) else given
            case ast.IfExp():
                true = yield from self.value(node.test, scope)
                return (yield from self.value(node.body if true else node.orelse, scope))
            case ast.JoinedStr():
                return (yield from self._joined(node, scope))
            case ast.Subscript():
                return (yield from self._item(node, scope))
            case ast.List() | ast.Tuple() | ast.Set():
                found = []
                for one in node.elts:
                    found.append((yield from self.value(one, scope)))
                if isinstance(node, ast.Set):
                    return native(lambda: set(hashed(tuple(found))))
                return found if isinstance(node, ast.List) else tuple(found)
            case ast.Dict():
                table: dict[Any, Any] = {}
                for key, one in zip(node.keys, node.values, strict=True):
                    if key is None:
                        raise Unplayed(node.lineno)
                    name = hashed((yield from self.value(key, scope)))
                    worth = yield from self.value(one, scope)
                    native(lambda n=name, w=worth: table.__setitem__(n, w))  # type: ignore[misc]
                return table
            case (
                ast.ListComp(generators=[ast.comprehension() as over])
                | ast.GeneratorExp(generators=[ast.comprehension() as over])
            ):
                return (yield from self._comprehension(node.elt, over, scope))
            case ast.Lambda() if not node.args.defaults:
                return Function(node, [])
        raise Unplayed(node.lineno)

    def _named(self, name: str, scope: Scope) -> Any:
        if name in scope:
            return scope[name]
        if name in self.globals:
            return self.globals[name]
        raise error("NameError", f"name '{name}' is not defined")

    def _call(self, node: ast.Call, scope: Scope) -> Evaluation:
        target = yield from self.value(node.func, scope)
        words, named = [], {}
        for one in node.args:
            if isinstance(one, ast.Starred):
                words += list(short((yield from self.value(one.value, scope))))
            else:
                words.append((yield from self.value(one, scope)))
        for pair in node.keywords:
            if pair.arg is None:
                raise Unplayed(node.lineno)
            named[pair.arg] = yield from self.value(pair.value, scope)
        return (yield from self.call(target, words, named))

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Evaluation:
        holder = yield from self.value(node.value, scope)
        if isinstance(holder, Thing):
            if node.attr not in holder.has:
                raise Unplayed(node.lineno)
            return holder.has[node.attr]
        if isinstance(holder, (Raised, Kind, Function)) or holder is None:
            raise Unplayed(node.lineno)
        return method(holder, node.attr)

    def _compare(self, node: ast.Compare, scope: Scope) -> Evaluation:
        left = yield from self.value(node.left, scope)
        for sign, one in zip(node.ops, node.comparators, strict=True):
            right = yield from self.value(one, scope)
            if not combined(type(sign), left, right):
                return False
            left = right
        return True

    def _joined(self, node: ast.JoinedStr, scope: Scope) -> Evaluation:
        parts = []
        for part in node.values:
            if isinstance(part, ast.Constant):
                parts.append(str(part.value))
            elif isinstance(part, ast.FormattedValue):
                one = yield from self.value(part.value, scope)
                spec = (
                    (yield from self._joined(part.format_spec, scope))
                    if isinstance(part.format_spec, ast.JoinedStr)
                    else ""
                )
                parts.append(shown(one, True) if part.conversion == 114 else formatted(one, spec))
        made = checked("".join(parts))
        self._count(made)
        return made

    def _item(self, node: ast.Subscript, scope: Scope) -> Evaluation:
        holder = yield from self.value(node.value, scope)
        if isinstance(node.slice, ast.Slice):
            ends = []
            for end in (node.slice.lower, node.slice.upper, node.slice.step):
                ends.append((yield from self.value(end, scope)) if end else None)
            made = native(lambda: holder[slice(*ends)])
            self._count(made)
            return made
        key = hashed((yield from self.value(node.slice, scope)))
        if isinstance(holder, Thing) and "__getitem__" in holder.has:
            return holder.has["__getitem__"](key)
        return native(lambda: holder[key])

    def _comprehension(
        self, element: ast.expr, over: ast.comprehension, scope: Scope
    ) -> Evaluation:
        inner, made = dict(scope), []
        for one in entries((yield from self.value(over.iter, scope))):
            yield from self._bind(over.target, one, inner)
            for test in over.ifs:
                if not (yield from self.value(test, inner)):
                    break
            else:
                made.append((yield from self.value(element, inner)))
                if len(made) > MOST_ENTRIES:
                    raise error("MemoryError")
        self._count(made)
        return made
