"""Python: its versions, its errors, and the one line of it that is played."""

from __future__ import annotations

import re
from posixpath import join, normpath

from essaim_practice.programs import signals
from essaim_practice.programs.base import Context, Program, executable, find
from essaim_practice.programs.steps import READ, Interrupted, Steps, line, printing


@executable(("python",), "python", "python3", "python3.11")
def python(argv: list[str], context: Context) -> Program:
    words = argv[1:]
    version = context.env.get("PYTHON_VERSION", "3.11.14")
    if words[:1] in (["-V"], ["--version"]):
        return Program(printing(f"Python {version}"))
    if words[:2] in (["-m", "streamlit"], ["-m", "pip"]):
        maker = find(words[1], context)
        if maker is not None:
            return maker(words[1:], context)
        text = f"/usr/local/bin/python3: No module named {words[1]}"
        return Program(printing(text, 1, 2))
    if not words:
        return Program(_told_then_listening(context), hears=frozenset({signals.INT}))
    if not words[0].startswith("-") and context.file(words[0]) is None:
        path = normpath(join(context.cwd, words[0]))
        text = f"python3: can't open file '{path}': [Errno 2] No such file or directory"
        return Program(printing(text, 2, 2))
    if words[:1] == ["-c"] and len(words) > 1 and (shown := _PRINT.fullmatch(words[1].strip())):
        return Program(printing(shown[2] if shown[1] else shown[3]))
    return Program(printing(_NO_PYTHON))


_NO_PYTHON = "(simulated) the practice engine does not run Python code"


def _told_then_listening(context: Context) -> Steps:
    if context.tty:  # whoever types there waits for answers
        yield line(_NO_PYTHON)
    return (yield from _listening())


def _listening() -> Steps:
    """An interactive program that understands nothing, and ends with its input."""
    while True:
        try:
            if not (yield READ):
                return 0
        except Interrupted:
            pass


# One print of one text or whole number: all the Python that is played.
_PRINT = re.compile(r"""print\(\s*(?:(["'])([^"'\\{}%]*)\1|([0-9]{1,18}))\s*\)""")
