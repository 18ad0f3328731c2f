"""echo, printf and test: utilities that are builtins of shells, too."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Generator
from posixpath import join

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.programs.steps import Work
from essaim_practice.shell.patterns import matches
from essaim_practice.store.file_tree import Device, File, Folder, Inode, Link
from essaim_practice.text.expressions import TooLarge

_LONGEST = 1024 * 1024  # characters that printf makes
_WIDEST = 64 * 1024
_AT_ONCE = 100  # arguments of printf in one step
_DIRECTIVE = re.compile(r"%([-+ #0]*)(\*|[0-9]*)(?:\.(\*|[0-9]*))?([a-zA-Z%])")
_ESCAPE = re.compile(r"\\(?:0?([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|(.)|$)", re.DOTALL)
_LETTERS = {"a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r"}
_LETTERS |= {"t": "\t", "v": "\v", "\\": "\\"}


class Complaint(Exception):
    """A utility fails: its message without its name, and its exit code."""

    def __init__(self, text: str, code: int = 2) -> None:
        super().__init__(text)
        self.code = code


def meant(text: str, quotes: bool = False) -> tuple[str, bool]:
    r"""A text with its backslashes put in, and whether ``\c`` ended it."""
    stopped = text.find("\\c")
    while stopped > 0 and (len(text[:stopped]) - len(text[:stopped].rstrip("\\"))) % 2:
        stopped = text.find("\\c", stopped + 1)
    text = text if stopped < 0 else text[:stopped]

    def one(match: re.Match[str]) -> str:
        octal, hexadecimal, letter = match.groups()
        if octal or hexadecimal:
            number = int(octal, 8) & 0xFF if octal else int(hexadecimal, 16)
            return bytes([number]).decode(errors="surrogateescape")
        if quotes and letter in ('"', "'"):
            return str(letter)
        return _LETTERS.get(letter or "", match[0])

    return _ESCAPE.sub(one, text), stopped >= 0


def echoed(words: list[str], always: bool = False) -> str:
    """What echo prints; ``always``: backslashes mean something without -e, as in dash."""
    newline, escapes = True, always
    first = 0
    while first < len(words) and re.fullmatch(r"-n" if always else r"-[neE]+", words[first]):
        first += 1
        for letter in words[first - 1][1:]:
            newline = newline and letter != "n"
            escapes = always or letter == "e" or (escapes and letter != "E")
    text = " ".join(words[first:])
    stopped = False
    if escapes:
        text, stopped = meant(text)
    return text + ("\n" if newline and not stopped else "")


# printf


def formatted(words: list[str]) -> Generator[Work, None, tuple[str, list[str]]]:
    """What printf prints, and its complaints about numbers. Raises Complaint."""
    if words[:1] == ["--"]:
        words = words[1:]
    if not words:
        raise Complaint("usage: printf FORMAT [ARGUMENT...]")
    text, arguments = words[0], deque(words[1:])
    made: list[str] = []
    problems: list[str] = []
    size = 0
    while True:
        left = len(arguments)
        round_, stopped = yield from _once(text, arguments, problems)
        made.append(round_)
        size += len(round_)
        if stopped or not arguments or len(arguments) == left or size > _LONGEST:
            return "".join(made), problems


def _once(
    text: str, arguments: deque[str], problems: list[str]
) -> Generator[Work, None, tuple[str, bool]]:
    """The format once through; takes the arguments that it uses."""
    parts: list[str] = []
    at = made = 0  # characters that widths alone ask for
    while at < len(text):
        if text[at] != "%":
            end = text.find("%", at)
            end = len(text) if end < 0 else end
            plain, stopped = meant(text[at:end], quotes=True)
            parts.append(plain)
            if stopped:
                return "".join(parts), True
            at = end
            continue
        if len(arguments) % _AT_ONCE == 0 or len(parts) % _AT_ONCE == _AT_ONCE - 1:
            yield Work(_AT_ONCE * 3)
        match = _DIRECTIVE.match(text, at)
        if match is None or match[4] not in "diouxXcsbeEfFgG%":
            raise Complaint(f"{text[at:] if match else '%'}: invalid format", 1)
        at = match.end()
        if match[4] == "%":
            parts.append("%")
            continue
        flags, width, precision, kind = match.groups()
        if width == "*":
            width = str(_whole(arguments.popleft() if arguments else "0", problems))
            flags, width = flags + "-" * width.startswith("-"), width.lstrip("-")
        if precision == "*":
            precision = str(max(0, _whole(arguments.popleft() if arguments else "0", problems)))
        if any(len(size or "") > 6 or int(size or 0) > _WIDEST for size in (width, precision)):
            raise Complaint(f"{match[0][:80]}: invalid format", 1)
        made += int(width or 0) + int(precision or 0)
        if made > _LONGEST:
            raise Complaint("out of memory", 1)
        argument = arguments.popleft() if arguments else ""
        form = "%" + flags + width + ("" if precision is None else f".{precision or 0}")
        if kind in "sc":
            parts.append((form + "s") % (argument if kind == "s" else argument[:1]))
        elif kind == "b":
            value, stopped = meant(argument)
            parts.append((form + "s") % value)
            if stopped:
                return "".join(parts), True
        elif kind in "diouxX":
            number = _whole(argument, problems)
            number = number % 2**64 if number < 0 and kind in "ouxX" else number
            if kind in "oxX" and "#" in flags and number and kind == "o":
                parts.append(form.replace("#", "") % () + f"0{number:o}")
            else:
                parts.append((form + ("d" if kind in "diu" else kind)) % number)
        else:
            parts.append((form + kind) % _real(argument, problems))
    return "".join(parts), False


def _whole(text: str, problems: list[str]) -> int:
    if text[:1] in ("'", '"') and len(text) > 1:
        return ord(text[1])
    match = re.fullmatch(r"\s*([-+]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9][0-9]*)?(.*)", text, re.DOTALL)
    if match is None or (not match[2] and text) or (match[3] and text):
        if text:
            problems.append(f"invalid number '{text}'")
        return 0
    digits = match[2] or "0"
    base = 16 if digits[:2] in ("0x", "0X") else 8 if digits[0] == "0" and len(digits) > 1 else 10
    if len(digits) > 30:
        problems.append(f"invalid number '{text}'")
        return 0
    number = int(digits, base)
    number = -number if match[1] == "-" else number
    return max(-(2**63), min(2**64 - 1, number))


def _real(text: str, problems: list[str]) -> float:
    try:
        return float(text or "0")
    except ValueError:
        problems.append(f"invalid number '{text}'")
        return 0.0


# test

_UNARY = frozenset("-" + letter for letter in "abcdefghknpprstuwxzLSGOt") - {"-a"}
_NUMBERS = {"-eq": "==", "-ne": "!=", "-lt": "<", "-le": "<=", "-gt": ">", "-ge": ">="}
_TEXTS = ("=", "==", "!=", "<", ">", "=~")
_FILES = ("-nt", "-ot", "-ef")


def tested(argv: list[str], fs: FileSystem, cwd: str, tty: bool) -> bool:
    """Whether a condition holds. Raises Complaint with code 2."""
    words = argv[1:]
    if argv[0] in ("[", "[["):
        closing = "]" * len(argv[0])
        if words[-1:] != [closing]:
            raise Complaint(f"missing {closing}")
        words = words[:-1]
    if not words:
        return False
    condition = _Condition(words, fs, cwd, tty, loose=argv[0] == "[[")
    return condition.whole()


class _Condition:
    """Reads and evaluates at once; depth is bounded by the words themselves."""

    def __init__(self, words: list[str], fs: FileSystem, cwd: str, tty: bool, loose: bool) -> None:
        self._words = words
        self._at = 0
        self._fs = fs
        self._cwd = cwd
        self._tty = tty
        self._loose = loose
        self._depth = 0

    def whole(self) -> bool:
        if len(self._words) == 4 and self._words[0] == "!":
            self._at = 1
            value = not self._primary()
        else:
            value = self._or()
        if self._at < len(self._words):
            raise Complaint(f"{self._words[self._at]}: unknown operand")
        return value

    def _peek(self, ahead: int = 0) -> str | None:
        place = self._at + ahead
        return self._words[place] if place < len(self._words) else None

    def _or(self) -> bool:
        self._depth += 1
        if self._depth > 50:
            raise Complaint("too many parentheses")
        value = self._and()
        while self._peek() in ("-o", "||"):
            self._at += 1
            value = self._and() or value
        self._depth -= 1
        return value

    def _and(self) -> bool:
        value = self._not()
        while self._peek() in ("-a", "&&"):
            self._at += 1
            value = self._not() and value
        return value

    def _not(self) -> bool:
        inverted = False
        while self._peek() == "!" and self._peek(1) is not None:
            self._at += 1
            inverted = not inverted
        return self._primary() != inverted

    def _primary(self) -> bool:
        word, operator, right = self._peek(), self._peek(1), self._peek(2)
        if word is None:
            raise Complaint("argument expected")
        known = operator in _NUMBERS or operator in _TEXTS or operator in _FILES
        if operator is not None and known:
            if right is None:
                raise Complaint(f"{operator}: argument expected")
            self._at += 3
            return self._compared(word, operator, right)
        if word == "(" and operator is not None:
            self._at += 1
            value = self._or()
            if self._peek() != ")":
                raise Complaint("closing paren expected")
            self._at += 1
            return value
        if word in _UNARY and operator is not None:
            self._at += 2
            return self._about(word, operator)
        self._at += 1
        return bool(word)

    def _compared(self, left: str, operator: str, right: str) -> bool:
        if operator in _NUMBERS:
            a, b = _number(left), _number(right)
            outcomes = {"-eq": a == b, "-ne": a != b, "-lt": a < b, "-le": a <= b}
            return (outcomes | {"-gt": a > b, "-ge": a >= b})[operator]
        if operator in ("=", "==", "!="):
            same = left == right
            if self._loose and any(sign in right for sign in "*?["):
                try:
                    same = matches([(right, False)], left)
                except TooLarge:
                    raise Complaint("out of memory") from None
            return same != (operator == "!=")
        if operator == "=~":
            raise Complaint("=~: unsupported by the practice engine")
        if operator in ("<", ">"):
            return left < right if operator == "<" else left > right
        first, second = self._entry(left), self._entry(right)
        if operator == "-ef":
            return first is not None and first is second
        if first is None or second is None:
            return False
        return first.mtime > second.mtime if operator == "-nt" else first.mtime < second.mtime

    def _entry(self, name: str, follow: bool = True) -> Inode | None:
        try:
            return self._fs.entry(join(self._cwd, name), follow) if name else None
        except OSError:
            return None

    def _about(self, operator: str, word: str) -> bool:
        if operator in ("-z", "-n"):
            return bool(word) == (operator == "-n")
        if operator == "-t":
            return self._tty and word in ("0", "1", "2")
        entry = self._entry(word, follow=operator not in ("-h", "-L"))
        if entry is None:
            return False
        if operator == "-x":
            return isinstance(entry, Folder) or bool(entry.mode & 0o111)
        kinds = {"-f": File, "-d": Folder, "-h": Link, "-L": Link, "-c": Device}
        if operator in kinds:
            return isinstance(entry, kinds[operator])
        if operator == "-s":
            return not isinstance(entry, File) or bool(entry.data)
        bits = {"-u": 0o4000, "-g": 0o2000, "-k": 0o1000}
        if operator in bits:
            return bool(entry.mode & bits[operator])
        return operator in ("-e", "-r", "-w", "-O", "-G")


def _number(text: str) -> int:
    match = re.fullmatch(r"\s*([-+]?[0-9]{1,25})\s*", text)
    if match is None:
        raise Complaint(f"{text}: bad number")
    return int(match[1])
