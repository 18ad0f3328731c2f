"""How many cells the tables of a plain script have: a few lines can ask for millions."""

from __future__ import annotations

import ast
from dataclasses import dataclass

#: Cells that all calls of a script together may be given: each is drawn, and sent to the browser.
MOST_CELLS = 50_000


@dataclass(frozen=True, slots=True)
class Shape:
    """Rows and columns of a value, at most."""

    rows: int = 1
    columns: int = 1

    @property
    def cells(self) -> int:
        return self.rows * self.columns


_ONE = Shape()


class Sizes:
    """Follows the shapes of a script's names, and counts the cells of its calls."""

    def __init__(self) -> None:
        self.cells = 0
        self._named: dict[str, Shape] = {}

    def name(self, name: str, value: ast.expr) -> None:
        """A name is given a value, or one of several by the branches of an ``if``."""
        found, before = self.of(value), self._named.get(name, _ONE)
        rows, columns = max(found.rows, before.rows), max(found.columns, before.columns)
        self._named[name] = Shape(rows, columns)

    def count(self, call: ast.Call) -> bool:
        """Count what a call is given; whether that is still not too much."""
        given = [*call.args, *(keyword.value for keyword in call.keywords)]
        self.cells += self.of(call).cells + sum(self.of(each).cells for each in given)
        return self.cells <= MOST_CELLS

    def of(self, node: ast.expr) -> Shape:
        """The shape of a value; of a call, that of the table which it makes."""
        match node:
            case ast.Name(id=name):
                return self._named.get(name, _ONE)
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                inner = [self.of(item) for item in items]
                return Shape(max(len(items), 1), max((each.cells for each in inner), default=1))
            case ast.Dict(keys=keys, values=values):
                inner = [self.of(value) for value in values]
                return Shape(max((each.cells for each in inner), default=1), max(len(keys), 1))
            case ast.Call(args=args, keywords=keywords):
                found = [self.of(each) for each in args]
                found += [self.of(k.value) for k in keywords if k.arg not in ("index", "columns")]
                rows = [shape.rows for shape in found]
                columns = [shape.columns for shape in found]
                for keyword in keywords:
                    size = self.of(keyword.value).cells
                    if keyword.arg == "index":
                        rows.append(size)
                    elif keyword.arg == "columns":
                        columns.append(size)
                if len(args) > 1:  # index and columns by their places
                    rows.append(found[1].cells)
                if len(args) > 2:
                    columns.append(found[2].cells)
                return Shape(max(rows, default=1), max(columns, default=1))
        return _ONE
