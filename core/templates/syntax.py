"""The grammar of Go's text/template: a text becomes nodes that can be executed.

What the docker command lets people write after --format is there: actions, pipelines, variables,
if, range, with, break, continue, comments, trimmed space. `define`, `block` and `template` are not.
The sentences of refusals are Go's own (text/template/parse).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from core.errors import TemplateError


@dataclass(frozen=True, slots=True)
class Text:
    """Words that stand for themselves."""

    text: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A string, a number, true, false or nil."""

    value: Any
    at: int
    shown: str


@dataclass(frozen=True, slots=True)
class Field:
    """``.A.B`` of the dot, of a variable or of a pipeline; without names, the dot itself."""

    of: Variable | Pipeline | None
    names: tuple[str, ...]
    at: int  # the offset that Go names in an error
    shown: str


@dataclass(frozen=True, slots=True)
class Variable:
    """``$`` or ``$name``."""

    name: str
    at: int

    @property
    def shown(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Function:
    """The name of a function; as an argument, its call without any."""

    name: str
    at: int

    @property
    def shown(self) -> str:
        return self.name


Operand: TypeAlias = "Constant | Field | Variable | Function | Pipeline"


@dataclass(frozen=True, slots=True)
class Call:
    """A function or a field with its arguments; or one operand alone."""

    operands: tuple[Operand, ...]

    @property
    def shown(self) -> str:
        """As Go writes it in an error."""
        texts = (f"({o.shown})" if isinstance(o, Pipeline) else o.shown for o in self.operands)
        return " ".join(texts)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Calls, each of which gets the answer of the one before it as its last argument."""

    calls: tuple[Call, ...]
    variables: tuple[str, ...] = ()  # that it sets
    declares: bool = True  # with := and not with =

    @property
    def at(self) -> int:
        return self.calls[0].operands[0].at

    @property
    def shown(self) -> str:
        return " | ".join(call.shown for call in self.calls)


@dataclass(frozen=True, slots=True)
class Branch:
    """``if``, ``range`` or ``with``: what is done, and what else."""

    kind: Literal["if", "range", "with"]
    pipeline: Pipeline
    then: tuple[Node, ...]
    otherwise: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Leave:
    """``break`` or ``continue``."""

    kind: Literal["break", "continue"]


Node: TypeAlias = Text | Pipeline | Branch | Leave

_TOKEN = re.compile(
    r"""
    (?P<space>[ \t\r\n]+)
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<raw>`[^`]*`)
  | (?P<char>'(?:[^'\\\n]|\\.)+')
  | (?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|[0-9][0-9_]*(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+))
  | (?P<field>\.[^\W\d]\w*)
  | (?P<dot>\.)
  | (?P<variable>\$\w*)
  | (?P<word>[^\W\d]\w*)
  | (?P<declare>:=)
  | (?P<sign>[=|(),])
    """,
    re.VERBOSE,
)
_NAMED = {"true": True, "false": False, "nil": None}
_KEYWORDS = (
    "if",
    "range",
    "with",
    "else",
    "end",
    "break",
    "continue",
    "define",
    "template",
    "block",
)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # the name of its group in _TOKEN; "end" after the last one of an action
    text: str
    at: int


def parse(text: str, functions: frozenset[str]) -> tuple[Node, ...]:
    """The nodes of a template. functions: the names that may be called.

    Raises TemplateError.
    """
    return _Parser(text, functions).whole()


def _pieces(text: str) -> Iterator[tuple[str, str, int]]:
    """("text" or "action", what it holds, where that begins), with comments left out."""
    at, trim = 0, False
    while True:
        opened = text.find("{{", at)
        words = text[at:] if opened < 0 else text[at:opened]
        words = words.lstrip(" \t\r\n") if trim else words
        if opened < 0:
            yield "text", words, at
            return
        at = opened + 2
        if re.match(r"-[ \t\r\n]", text[at:]):
            words = words.rstrip(" \t\r\n")
            at += 1
        yield "text", words, opened
        if comment := re.match(r"\s*/\*(.*?)\*/(\s-)?}}", text[at:], re.DOTALL):
            at, trim = at + comment.end(), bool(comment[2])
            continue
        closed = _closed(text, at)
        inside = text[at:closed]
        trim = bool(re.search(r"[ \t\r\n]-$", inside))
        yield "action", inside[:-1] if trim else inside, at
        at = closed + 2


def _closed(text: str, at: int) -> int:
    """Where the action that begins here is closed."""
    begin = at
    while at < len(text) and not text.startswith("}}", at):
        if text[at] in "\"'`":
            token = _TOKEN.match(text, at)
            if token is None:
                kinds = {'"': "unterminated quoted string", "`": "unterminated raw quoted string"}
                raise _refused(text, at, kinds.get(text[at], "unterminated character constant"))
            at = token.end()
        else:
            at += 1
    if at >= len(text):
        raise _refused(text, len(text) if "\n" in text[begin:] else begin, "unclosed action")
    return at


def _refused(text: str, at: int, why: str) -> TemplateError:
    return TemplateError(f"template: :{1 + text.count(chr(10), 0, at)}: {why}")


class _Parser:
    """Reads a template once, from its beginning."""

    def __init__(self, text: str, functions: frozenset[str]) -> None:
        self._text, self._functions = text, functions
        self._pieces = _pieces(text)
        self._tokens: list[_Token] = []
        self._at = 0
        self._variables = ["$"]
        self._ranges = 0

    def whole(self) -> tuple[Node, ...]:
        nodes, end = self._nodes()
        if end:
            raise self._error(f"unexpected {{{{{end}}}}}")
        return nodes

    def _nodes(self) -> tuple[tuple[Node, ...], str]:
        """The nodes until ``end`` or ``else``, and that word; '' at the end of the text."""
        nodes: list[Node] = []
        for kind, words, at in self._pieces:
            if kind == "text":
                if words:
                    nodes.append(Text(words))
                continue
            self._tokens, self._at = list(self._read(words, at)), 0
            first = self._peek()
            if first.kind == "word" and first.text in ("end", "else"):
                self._at += 1
                return tuple(nodes), first.text
            nodes.append(self._action(first))
        return tuple(nodes), ""

    def _action(self, first: _Token) -> Node:
        if first.kind != "word" or first.text not in _KEYWORDS:
            pipeline = self._pipeline("command")
            self._ended("command")
            return pipeline
        self._at += 1
        match first.text:
            case "if" | "range" | "with" as kind:
                return self._branch(kind)
            case "break" | "continue" as kind:
                if not self._ranges:
                    raise self._error(f"{{{{{kind}}}}} outside {{{{range}}}}")
                return Leave(kind)
        raise self._error(f"{first.text} is not played here")

    def _branch(self, kind: Literal["if", "range", "with"]) -> Branch:
        known = len(self._variables)
        pipeline = self._pipeline(kind, ranges=kind == "range")
        self._ended(kind)
        self._ranges += kind == "range"
        then, end = self._nodes()
        self._ranges -= kind == "range"
        otherwise: tuple[Node, ...] = ()
        if end == "else":
            word = self._peek()
            if kind != "range" and word.kind == "word" and word.text == kind:  # else if, else with
                self._at += 1
                otherwise = (self._branch(kind),)
                end = "end"
            else:
                otherwise, end = self._nodes()
        if end != "end":
            raise self._error("unexpected EOF" if not end else f"unexpected {{{{{end}}}}}")
        del self._variables[known:]
        return Branch(kind, pipeline, then, otherwise)

    def _read(self, words: str, begin: int) -> Iterator[_Token]:
        at = 0
        while at < len(words):
            found = _TOKEN.match(words, at)
            if found is None:
                raise self._error(f"unexpected {_quoted(words[at])} in command", begin + at)
            yield _Token(found.lastgroup or "", found[0], begin + at)
            at = found.end()
        yield _Token("end", "", begin + at)

    def _peek(self) -> _Token:
        """The next token that is no space."""
        while self._tokens[self._at].kind == "space":
            self._at += 1
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._peek()
        self._at += token.kind != "end"
        return token

    def _pipeline(self, where: str, ranges: bool = False) -> Pipeline:
        names, declares = self._set(ranges)
        calls = [self._call(where)]
        while self._peek().text == "|":
            self._next()
            calls.append(self._call(where))
        for call in calls[1:]:
            if isinstance(call.operands[0], Constant):
                raise self._error(
                    f"non executable command in pipeline stage {calls.index(call) + 1}"
                )
        if declares:
            self._variables += names
        return Pipeline(tuple(calls), names, declares)

    def _set(self, ranges: bool) -> tuple[tuple[str, ...], bool]:
        """The variables that the pipeline sets, and whether it makes them."""
        began, names = self._at, list[str]()
        while self._peek().kind == "variable" and len(names) < 2:
            names.append(self._next().text)
            sign = self._peek()
            if sign.kind == "declare" or sign.text == "=":
                self._next()
                return tuple(names), sign.kind == "declare"
            if not (ranges and sign.text == ","):
                break
            self._next()
        self._at = began
        return (), True

    def _call(self, where: str) -> Call:
        operands: list[Operand] = []
        while True:
            token = self._peek()
            if token.kind == "end" or token.text in ("|", ")"):
                break
            spaced = self._at > 0 and self._tokens[self._at - 1].kind == "space"
            if operands and not spaced:
                raise self._error(f"unexpected {_quoted(token.text)} in operand")
            operands.append(self._operand(where))
        if not operands:
            raise self._error(f"missing value for {where}")
        return Call(tuple(operands))

    def _operand(self, where: str) -> Operand:
        token = self._next()
        value: Operand
        match token.kind:
            case "string" | "raw" | "char" | "number":
                return Constant(self._constant(token), token.at, token.text)
            case "word" if token.text in _NAMED:
                return Constant(_NAMED[token.text], token.at, token.text)
            case "word":
                if token.text not in self._functions:
                    raise self._error(f'function "{token.text}" not defined')
                return Function(token.text, token.at)
            case "variable":
                if token.text not in self._variables:
                    raise self._error(f'undefined variable "{token.text}"')
                value = Variable(token.text, token.at)
            case "dot":
                return Field(None, (), token.at, ".")
            case "field":
                self._at -= 1
                return self._chain(None, "")
            case "sign" if token.text == "(":
                value = self._pipeline("parenthesized pipeline")
                if self._next().text != ")":
                    raise self._error("unclosed left paren")
            case _:
                raise self._error(f"unexpected {_quoted(token.text)} in {where}")
        return self._chain(value, token.text)

    def _chain(self, of: Any, shown: str) -> Operand:
        """The fields that stand right behind one another."""
        found: list[_Token] = []
        while self._tokens[self._at].kind == "field":
            found.append(self._tokens[self._at])
            self._at += 1
        if not found:
            return of  # type: ignore[no-any-return]
        at = found[1 if len(found) > 1 and of is None else 0].at
        names = tuple(token.text[1:] for token in found)
        return Field(of, names, at, shown + "".join(token.text for token in found))

    def _constant(self, token: _Token) -> Any:
        if token.kind == "raw":
            return token.text[1:-1]
        if token.kind in ("string", "char"):
            try:
                text = json.loads(f'"{token.text[1:-1]}"', strict=False)
            except ValueError:
                raise self._error("invalid syntax") from None
            return text if token.kind == "string" else ord(text)
        bare = token.text.replace("_", "")
        if "x" in bare.lower():
            return int(bare, 16)
        return int(bare) if re.fullmatch(r"[+-]?[0-9]+", bare) else float(bare)

    def _ended(self, where: str) -> None:
        token = self._peek()
        if token.text == ")":
            raise self._error("unexpected right paren")
        if token.kind != "end":
            raise self._error(f"unexpected {_quoted(token.text)} in {where}")

    def _error(self, why: str, at: int | None = None) -> TemplateError:
        here = self._tokens[-1].at if at is None and self._tokens else at or 0
        return _refused(self._text, here, why)


def _quoted(text: str) -> str:
    return f'"{text}"'
