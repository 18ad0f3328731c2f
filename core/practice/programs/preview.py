"""A preview of a Streamlit script: what can be told by reading it, without running a line of it."""

from __future__ import annotations

import ast
import html
import re
from collections.abc import Iterator

_TEXTS = {"title": "h1", "header": "h2", "subheader": "h3", "caption": "small"}
_WIDTH, _HEIGHT = 640, 220


def page(source: str, script: str, replica: str) -> str:
    """The HTML page of a script; says plainly that it is a preview."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        body = f"<pre>SyntaxError: {html.escape(error.msg)} (line {error.lineno})</pre>"
        title = script
    else:
        elements = list(_elements(tree))
        body = "\n".join(elements) or "<p>Nothing here can be shown without running it.</p>"
        title = _first_title(tree) or script
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{html.escape(title)}</title>
<style>
body {{ font: 1rem/1.6 system-ui, sans-serif; max-width: 46em; margin: 2em auto; padding: 0 1em; }}
aside {{ border-left: 4px solid #c77700; padding: .3em 1em; background: #fff6e5; color: #333; }}
svg {{ width: 100%; height: auto; }}
</style>
</head>
<body>
<aside>This is the practice engine's preview of <code>{html.escape(script)}</code>, made by reading
the file: the app is not running. Served by <strong>{html.escape(replica)}</strong>.</aside>
{body}
</body>
</html>
"""


def _first_title(tree: ast.Module) -> str:
    for call, name in _calls(tree):
        if name in ("title", "header") and (text := _text(call, {})) is not None:
            return text
    return ""


def _elements(tree: ast.Module) -> Iterator[str]:
    known = dict(_constants(tree))
    for call, name in _calls(tree):
        if name in _TEXTS and (text := _text(call, known)) is not None:
            yield f"<{_TEXTS[name]}>{html.escape(text)}</{_TEXTS[name]}>"
        elif name in ("write", "markdown", "text", "info", "success", "warning", "error"):
            text = _text(call, known)
            if text is not None:
                yield f"<p>{_emphasis(text)}</p>"
        elif name in ("line_chart", "area_chart", "bar_chart"):
            values = _numbers(_value(call, known))
            yield chart(values) if values else f"<p><em>st.{name} of computed data</em></p>"


def _calls(tree: ast.Module) -> Iterator[tuple[ast.Call, str]]:
    """The calls of ``st.…`` at the top of the script, in order, with their names."""
    for statement in tree.body:
        node = statement.value if isinstance(statement, ast.Expr | ast.Assign) else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in ("st", "streamlit"):
                yield node, node.func.attr


def _constants(tree: ast.Module) -> Iterator[tuple[str, object]]:
    """Names that the script gives a literal value."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            try:
                yield statement.targets[0].id, ast.literal_eval(statement.value)
            except ValueError:
                continue


def _value(call: ast.Call, known: dict[str, object]) -> object:
    if not call.args:
        return None
    argument = call.args[0]
    if isinstance(argument, ast.Name):
        return known.get(argument.id)
    if isinstance(argument, ast.Call) and argument.args:  # pd.DataFrame({"y": [1, 3]})
        return _value(argument, known)
    try:
        return ast.literal_eval(argument)
    except ValueError:
        return None


def _text(call: ast.Call, known: dict[str, object]) -> str | None:
    value = _value(call, known)
    return value if isinstance(value, str) else None


def _numbers(value: object) -> list[float]:
    """The first series of a literal: a list of numbers, or a table of such lists."""
    if isinstance(value, dict):
        value = next(iter(value.values()), None)
    if not isinstance(value, list | tuple):
        return []
    numbers = [float(item) for item in value if isinstance(item, int | float)]
    return numbers if len(numbers) == len(value) else []


def _emphasis(text: str) -> str:
    shown = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", html.escape(text))
    return re.sub(r"`(.+?)`", r"<code>\1</code>", shown)


def chart(values: list[float]) -> str:
    """An SVG polyline through the values."""
    low, high = min(values), max(values)
    span, steps = (high - low) or 1.0, max(len(values) - 1, 1)
    margin = 16
    points = " ".join(
        f"{margin + (_WIDTH - 2 * margin) * i / steps:.1f},"
        f"{_HEIGHT - margin - (_HEIGHT - 2 * margin) * (value - low) / span:.1f}"
        for i, value in enumerate(values)
    )
    described = ", ".join(f"{value:g}" for value in values)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Line chart of {described}">'
        f'<polyline points="{points}" fill="none" stroke="#1c7ed6" stroke-width="3"/></svg>'
    )
