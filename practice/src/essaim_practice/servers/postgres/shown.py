"""Tables as psql shows them."""

from __future__ import annotations

from dataclasses import dataclass

from essaim_practice.servers.postgres.client import Reply
from essaim_practice.servers.postgres.values import is_number
from essaim_practice.text.widths import columns as width


@dataclass(slots=True)
class Shown:
    """How: rows_only: no head and no count; aligned: in columns; expanded: a line a value."""

    rows_only: bool = False
    aligned: bool = True
    expanded: bool = False
    counted: bool = True
    csv: bool = False


def table(reply: Reply, how: Shown, title: str = "") -> str:
    rows = [[cell or "" for cell in row] for row in reply.rows]
    count = f"({len(rows)} row{'' if len(rows) == 1 else 's'})\n"
    if how.csv:
        every = ([] if how.rows_only else [reply.columns]) + rows
        return "".join(",".join(map(_cell, row)) + "\n" for row in every)
    if how.expanded:
        return _expanded(reply, rows)
    if not how.aligned:
        every = ([] if how.rows_only else [reply.columns]) + rows
        return "".join("|".join(row) + "\n" for row in every) + ("" if how.rows_only else count)
    widths = [
        max([width(name), *(width(part) for row in rows for part in row[at].split("\n"))])
        for at, name in enumerate(reply.columns)
    ]
    if how.rows_only:
        widths = [max([width(r[at]) for r in rows], default=0) for at in range(len(widths))]
    numbers = [is_number(kind) for kind in reply.types]
    total = sum(widths) + 3 * len(widths) - 1
    head = (" " * max((total - len(title)) // 2, 0) + title + "\n") if title else ""
    if not how.rows_only:
        names = zip(reply.columns, widths, strict=True)
        head += "|".join(f" {_centred(name, size)} " for name, size in names) + "\n"
        head += "+".join("-" * (size + 2) for size in widths) + "\n"
    body = ""
    for row in rows:
        cells = [
            f" {' ' * (size - width(cell)) + cell if right else cell + ' ' * (size - width(cell))} "
            for cell, size, right in zip(row, widths, numbers, strict=True)
        ]
        cells[-1] = cells[-1].rstrip(" ") if not numbers[-1] else cells[-1][:-1]
        body += "|".join(cells).rstrip("\n") + "\n"
    end = "" if how.rows_only or not how.counted else count
    return head + body + end + "\n"


def _centred(name: str, size: int) -> str:
    free = size - width(name)
    return " " * (free // 2) + name + " " * (free - free // 2)


def _cell(text: str) -> str:
    special = any(each in text for each in ',"\n')
    return '"' + text.replace('"', '""') + '"' if special else text


def _expanded(reply: Reply, rows: list[list[str]]) -> str:
    if not rows:
        return "(0 rows)\n\n"
    left = max(map(width, reply.columns), default=0)
    right = max((width(cell) for row in rows for cell in row), default=0)
    made = ""
    for number, row in enumerate(rows, 1):
        title = f"-[ RECORD {number} ]"
        made += title + "-" * max(left + 1 - len(title), 0)
        made += ("+" if len(title) <= left + 1 else "") + "-" * max(right + 1, 0) + "\n"
        for name, cell in zip(reply.columns, row, strict=True):
            made += f"{name}{' ' * (left - width(name))} | {cell}\n"
    return made + "\n"
