"""watch: what a command says, again and again, on a screen that it has to itself."""

from __future__ import annotations

import time
from dataclasses import replace

from essaim_practice.programs.base import Context, StartError, program
from essaim_practice.programs.steps import Steps, Wait, Write
from essaim_practice.shell.pipes import Full, Held, connected
from essaim_practice.text import widths
from essaim_practice.text.encoding import decoded, encoded
from essaim_practice.utilities.base import Doing, Misuse, options, tool
from essaim_practice.utilities.running import seconds_of
from essaim_practice.utilities.text_screen import Row, TextScreen, fitted, part

_LEAST = 0.1  # seconds between two looks


@tool("watch", usage="[-n SEC] [-t] PROG ARGS")
def watch(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "tcdeg", "n", permute=False)
    if not asked.words:
        raise Misuse("")
    seconds = max(_LEAST, seconds_of(asked.get("n", "2")))
    command, screen = " ".join(asked.words), TextScreen(context.size)
    if context.tty:
        yield Write(b"\x1b[H\x1b[J")
    while True:
        text = yield from _output(command, context)
        head = "" if "t" in asked else f"Every {seconds:.1f}s: {command}"
        if context.tty:
            if context.size != (screen.rows, screen.columns):
                screen.resize(context.size)
            yield Write(encoded(_drawn(screen, head, text, context.now())))
        else:
            yield Write(encoded(f"{head}\n\n{text}" if head else text))
        yield Wait(seconds)


def _output(command: str, context: Context) -> Doing[str]:
    """What a command says, as far as one can hold it."""
    held = Held()
    inside = replace(context, tty=False, typed=False, depth=context.depth + 1)
    try:
        started = program(["sh", "-c", command], inside)
        yield from connected(started.steps, {1: held, 2: held})  # type: ignore[misc]
    except StartError:
        return "watch: can't execute 'sh': No such file or directory\n"
    except Full:
        pass
    return decoded(bytes(held.data))


def _drawn(screen: TextScreen, head: str, text: str, now: float) -> str:
    rows = [Row(part(line, 0, screen.columns)) for line in text.split("\n")[: screen.rows]]
    if head:
        date = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(now))
        space = screen.columns - widths.columns(date) - 1
        first = f"{fitted(head, space)} {date}" if space > 0 else head
        rows = [Row(part(first, 0, screen.columns)), Row(""), *rows]
    rows += [Row("")] * (screen.rows - len(rows))
    return screen.draw(rows, (screen.rows - 1, 0))
