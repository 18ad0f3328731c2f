"""What vi's keys change that take no motion: ``x``, ``o``, ``p`` and others."""

from __future__ import annotations

from collections.abc import Callable

from essaim_practice.programs import keys
from essaim_practice.utilities.text_buffer import MOST, TooLong
from essaim_practice.utilities.vi_motions import indent
from essaim_practice.utilities.vi_state import ViState


def _open(vi: ViState, below: bool) -> None:
    """Type a line of its own below or above this one."""
    buffer = vi.file.buffer
    row = buffer.row + below
    buffer.replace(row, row, [""])
    buffer.row = row
    vi.insert(0)


def _change_to_end(vi: ViState) -> None:
    vi.cut_signs(vi.file.buffer.column, len(vi.file.buffer.line))
    vi.insert(vi.file.buffer.column)


def _put(vi: ViState, after: bool, count: int) -> None:
    """Put in what was cut or copied last."""
    buffer = vi.file.buffer
    if (len(vi.register) + 1) * count > MOST:
        raise TooLong
    if vi.linewise:
        row = buffer.row + after
        buffer.replace(row, row, vi.register.split("\n") * count)
        buffer.row, buffer.column = row, indent(buffer.lines[row])
    elif vi.register:
        buffer.column = min(buffer.column + after, len(buffer.line))
        buffer.insert(vi.register * count)
        buffer.column -= 1


def _join(vi: ViState, count: int) -> None:
    """Make one line of this and the next ones."""
    buffer = vi.file.buffer
    lines = buffer.lines[buffer.row : buffer.row + max(2, count)]
    if len(lines) > 1:
        *first, last = [lines[0].rstrip(), *(line.strip() for line in lines[1:])]
        joined = " ".join(part for part in first if part)
        buffer.replace(buffer.row, buffer.row + len(lines), [f"{joined} {last}".rstrip()])
        buffer.column = len(joined)


def _turn_case(vi: ViState, count: int) -> None:
    buffer = vi.file.buffer
    turned = buffer.line[buffer.column : buffer.column + count].swapcase()
    if turned:
        end = min(buffer.column + count, len(buffer.line))
        buffer.cut((buffer.row, buffer.column), (buffer.row, end))
        buffer.insert(turned)


def _replace(vi: ViState, count: int) -> None:
    vi.insert(vi.file.buffer.column)
    vi.mode = "replace"


def _cut_line(vi: ViState, count: int) -> None:
    vi.cut_signs(0, len(vi.file.buffer.line))
    vi.insert(0)


def _copy_line(vi: ViState, count: int) -> None:
    buffer = vi.file.buffer
    vi.register = "\n".join(buffer.lines[buffer.row : buffer.row + count])
    vi.linewise = True


def _change_signs(vi: ViState, count: int) -> None:
    column = vi.file.buffer.column
    vi.cut_signs(column, column + count)
    vi.insert(column)


CHANGES: dict[str, Callable[[ViState, int], None]] = {
    "i": lambda vi, count: vi.insert(vi.file.buffer.column),
    keys.INSERT: lambda vi, count: vi.insert(vi.file.buffer.column),
    "a": lambda vi, count: vi.insert(vi.file.buffer.column + 1),
    "I": lambda vi, count: vi.insert(indent(vi.file.buffer.line)),
    "A": lambda vi, count: vi.insert(len(vi.file.buffer.line)),
    "o": lambda vi, count: _open(vi, below=True),
    "O": lambda vi, count: _open(vi, below=False),
    "R": _replace,
    "s": _change_signs,
    "S": _cut_line,
    "C": lambda vi, count: _change_to_end(vi),
    "D": lambda vi, count: vi.cut_signs(vi.file.buffer.column, len(vi.file.buffer.line)),
    "x": lambda vi, n: vi.cut_signs(vi.file.buffer.column, vi.file.buffer.column + n),
    keys.DELETE: lambda vi, n: vi.cut_signs(vi.file.buffer.column, vi.file.buffer.column + n),
    "X": lambda vi, n: vi.cut_signs(vi.file.buffer.column - n, vi.file.buffer.column),
    "Y": _copy_line,
    "p": lambda vi, count: _put(vi, True, count),
    "P": lambda vi, count: _put(vi, False, count),
    "J": lambda vi, count: _join(vi, count),
    "~": lambda vi, count: _turn_case(vi, count),
}
