"""read and getopts: words from the input, options from the parameters."""

from __future__ import annotations

from essaim_practice.programs.steps import Work
from essaim_practice.shell.exits import Failure
from essaim_practice.shell.expansion import assign
from essaim_practice.shell.launch import builtin
from essaim_practice.shell.pipes import Doing
from essaim_practice.shell.scanner import NAME
from essaim_practice.shell.state import Shell
from essaim_practice.shell.variables import LONGEST
from essaim_practice.text.encoding import decoded

_PIECE = 4096  # characters of a line that are read in one go


@builtin("read")
def read(shell: Shell, argv: list[str]) -> Doing[int]:
    raw, words, prompt = False, argv[1:], ""
    while words and words[0].startswith("-"):
        word = words.pop(0)
        raw = raw or "r" in word
        if word[-1] in "ptnd" and words:
            value = words.pop(0)
            prompt = value if word[-1] == "p" else prompt
    names = words or ["REPLY"]
    if not words and shell.dialect.name == "dash":
        raise Failure("arg count")
    for name in names:
        if not NAME.fullmatch(name):
            yield from shell.complain(f"read: '{name}': bad variable name")
            return 1
    if prompt and shell.context.tty:
        yield from shell.say(prompt, 2)
    line, ended = yield from _line(shell, raw)
    yield from _share_out(shell, names, line)
    return int(not ended)


def _line(shell: Shell, raw: bool) -> Doing[tuple[list[tuple[str, bool]], bool]]:
    """The next line as letters, each with whether it was escaped, and whether it was whole."""
    stream, letters = shell.descriptors.get(0), []
    data = b""
    while stream is not None:
        while b"\n" not in data:
            more = yield from stream.get()
            if not more:
                break
            data += more
            if len(data) > LONGEST:
                raise Failure("out of memory")
        head, newline, rest = data.partition(b"\n")
        text, data = decoded(head), rest
        at = 0
        while at < len(text):
            if at % _PIECE == 0:
                yield Work(_PIECE // 5)
            escaped = text[at] == "\\" and not raw
            at += escaped
            if at < len(text):
                letters.append((text[at], escaped))
            at += 1
        if len(letters) > LONGEST:
            raise Failure("out of memory")
        if newline and not raw and (len(text) - len(text.rstrip("\\"))) % 2:
            continue
        stream.kept = rest
        return letters, bool(newline)
    return letters, False


def _share_out(shell: Shell, names: list[str], line: list[tuple[str, bool]]) -> Doing[None]:
    ifs = shell.variables.get("IFS", " \t\n")

    def separates(letter: tuple[str, bool]) -> bool:
        return letter[0] in ifs and not letter[1]

    def blank(letter: tuple[str, bool]) -> bool:
        return separates(letter) and letter[0] in " \t\n"

    at = 0
    for name in names[:-1]:
        while at < len(line) and blank(line[at]):
            at += 1
        start = at
        while at < len(line) and not separates(line[at]):
            at += 1
            if at % _PIECE == 0:
                yield Work(_PIECE // 5)
        assign(shell, name, (yield from _joined(line, start, at)))
        while at < len(line) and blank(line[at]):
            at += 1
            if at % _PIECE == 0:
                yield Work(_PIECE // 5)
        if at < len(line) and separates(line[at]):
            at += 1
    end = len(line)
    while at < end and blank(line[at]):
        at += 1
        if at % _PIECE == 0:
            yield Work(_PIECE // 5)
    while end > at and blank(line[end - 1]):
        end -= 1
        if end % _PIECE == 0:
            yield Work(_PIECE // 5)
    assign(shell, names[-1], (yield from _joined(line, at, end)))


def _joined(line: list[tuple[str, bool]], start: int, end: int) -> Doing[str]:
    made = ""
    for at in range(start, end, _PIECE):
        made += "".join([letter for letter, _ in line[at : min(end, at + _PIECE)]])
        yield Work(_PIECE // 10)
    return made


@builtin("getopts")
def getopts(shell: Shell, argv: list[str]) -> Doing[int]:
    if len(argv) < 3:
        raise Failure("usage: getopts optstring var [arg]")
    wanted, name, words = argv[1], argv[2], argv[3:] or shell.positional
    index, _, inside = shell.variables.get("OPTIND", "1").partition(":")
    place, letter_at = int(index) if index.isdigit() else 1, int(inside or 1)
    word = words[place - 1] if 0 < place <= len(words) else ""
    if not word.startswith("-") or word in ("-", "--") or letter_at >= len(word):
        assign(shell, name, "?")
        return 1
    letter = word[letter_at]
    after = f"{place}:{letter_at + 1}" if letter_at + 1 < len(word) else str(place + 1)
    if letter not in wanted.replace(":", "") or letter == ":":
        if not wanted.startswith(":"):
            yield from shell.complain(f"illegal option -{letter}")
        assign(shell, "OPTARG", letter)
        letter = "?"
    elif wanted[wanted.index(letter) + 1 :].startswith(":"):
        value = word[letter_at + 1 :] or (words[place] if place < len(words) else "")
        after = str(place + (1 if word[letter_at + 1 :] else 2))
        assign(shell, "OPTARG", value)
    assign(shell, "OPTIND", after)
    assign(shell, name, letter)
    return 0
