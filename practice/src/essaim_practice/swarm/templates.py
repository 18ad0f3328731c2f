"""Go's text/template, as far as Swarm's templates go: fields, calls, pipelines, if, with, range.

Errors are in the words of Go's package, for a template named ``expansion`` as in Swarm. Blocks,
nested templates and assignments are refused as not simulated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from essaim_practice.swarm.template_values import FUNCTIONS, Function, Record, shown

MOST = 2**20  # bytes that a template may become: loops in loops grow
LONGEST = 2**16  # signs of a template, and of all those of one specification
_NODE = 32  # bytes that a node counts for, whatever it says: it takes its time
_DEEPEST = 100  # parentheses in parentheses

_TOKEN = re.compile(
    r"""\s*(?:(?P<string>"(?:\\.|[^"\\])*"|`[^`]*`)|(?P<number>[+-]?\d{1,18})|(?P<field>\.[A-Za-z_]\w*)"""
    r"""|(?P<dot>\.)|(?P<name>[A-Za-z_]\w*)|(?P<mark>[()|])|(?P<other>\S))"""
)


class TemplateError(Exception):
    """The template cannot be parsed or expanded; in Go's words."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


_Node = tuple[str, Any, list["_Node"], list["_Node"]]  # kind, tokens or text, body, otherwise


def expand(text: str, dot: Record, functions: Mapping[str, Function] | None = None) -> str:
    """Expand the template. Raises TemplateError."""
    if len(text) > LONGEST:
        raise TemplateError(f"the template is longer than {LONGEST} bytes")
    known = {**FUNCTIONS, **(functions or {})}
    run = _Run(text, known)
    try:
        nodes, _ = run.parse(_pieces(text), ())
        run.carry_out(nodes, dot)
    except RecursionError:
        raise TemplateError("template: expansion:1: max expression depth exceeded") from None
    return "".join(run.said)


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """Text at even places, actions with their position at odd ones."""
    at, trim = 0, False
    while (start := text.find("{{", at)) >= 0:
        end = _closing(text, start + 2)
        content = text[start + 2 : end]
        left, right = content.startswith("- "), content.endswith(" -")
        before = text[at:start].lstrip() if trim else text[at:start]
        yield (before.rstrip() if left else before), -1
        begin = start + 2 + 2 * left
        yield text[begin : end - 2 * right], begin
        at, trim = end + 2, right
    yield (text[at:].lstrip() if trim else text[at:]), -1


def _closing(text: str, at: int) -> int:
    """The end of the open action; strings are skipped."""
    quote = ""
    place = at
    while place < len(text):
        sign = text[place]
        if quote:
            if sign == "\\" and quote == '"':
                place += 1
            elif sign == quote:
                quote = ""
        elif sign in '"`':
            quote = sign
        elif text.startswith("}}", place):
            return place
        place += 1
    line = 1 + text[:at].count("\n")
    raise TemplateError(f"template: expansion:{line}: unclosed action")


class _Run:
    def __init__(self, text: str, functions: Mapping[str, Function]) -> None:
        self._text = text
        self._functions = functions
        self._size = 0
        self.said: list[str] = []

    # Reading

    def parse(
        self, pieces: Iterator[tuple[str, int]], ends: tuple[str, ...]
    ) -> tuple[list[_Node], str]:
        """The nodes up to one of ``ends``, and that action in full."""
        nodes: list[_Node] = []
        for content, at in pieces:
            if at < 0:
                nodes.append(("text", content, [], []))
                continue
            tokens = self._tokens(content, at)
            word = tokens[0].text if tokens and tokens[0].kind == "name" else ""
            if word in ("end", "else"):
                if word not in ends:
                    raise self._unread(at, f"unexpected {{{{{word}}}}}")
                return nodes, content.strip()
            if word in ("if", "with", "range"):
                nodes.append(self._block(word, tokens[1:], pieces, at))
            elif not content.strip().startswith("/*"):
                if not tokens:
                    raise self._unread(at, "missing value for command")
                nodes.append(("value", tokens, [], []))
        if ends:
            raise self._unread(len(self._text), "unexpected EOF")
        return nodes, ""

    def _block(
        self, word: str, tokens: list[_Token], pieces: Iterator[tuple[str, int]], at: int
    ) -> _Node:
        if not tokens:
            raise self._unread(at, f"missing value for {word}")
        body, end = self.parse(pieces, ("end", "else"))
        otherwise: list[_Node] = []
        if end.startswith("else if "):
            inner = self._tokens(end.removeprefix("else if "), at)
            otherwise = [self._block("if", inner, pieces, at)]
        elif end == "else":
            otherwise, _ = self.parse(pieces, ("end",))
        return word, tokens, body, otherwise

    def _tokens(self, content: str, at: int) -> list[_Token]:
        if content.strip().startswith("/*"):
            return []
        found, depth = [], 0
        for match in _TOKEN.finditer(content):
            kind = str(match.lastgroup)
            token = _Token(kind, match[kind], at + match.start(kind))
            if kind == "other":
                sign = token.text
                if sign == "$":
                    raise TemplateError("variables of templates are not simulated")
                text = f"unexpected {sign!r} in operand".replace("'", '"')
                raise self._unread(token.at, text)
            depth += {"(": 1, ")": -1}.get(token.text, 0) if kind == "mark" else 0
            if depth > _DEEPEST:
                raise TemplateError("template: expansion:1: max expression depth exceeded")
            words = ("if", "else", "end", "range", "with", "true", "false", "nil")
            if kind == "name" and token.text not in (*self._functions, *words):
                raise self._unread(token.at, f'function "{token.text}" not defined')
            found.append(token)
        return found

    def _unread(self, at: int, problem: str) -> TemplateError:
        line = 1 + self._text[:at].count("\n")
        return TemplateError(f"template: expansion:{line}: {problem}")

    # Carrying out

    def carry_out(self, nodes: list[_Node], dot: Any) -> None:
        for kind, content, body, otherwise in nodes:
            self._count(_NODE)  # loops that say nothing end, too
            if kind == "text":
                self._say(content)
                continue
            value = self._pipeline(list(content), dot)
            if kind == "value":
                self._say(shown(value))
            elif kind == "range":
                items = [value[k] for k in sorted(value)] if isinstance(value, Mapping) else value
                if not isinstance(items, list | tuple):
                    problem = f"range can't iterate over {shown(items)}"
                    raise self._failed(content[0].at, content[0].text, problem)
                for item in items:
                    self.carry_out(body, item)
                if not items:
                    self.carry_out(otherwise, dot)
            elif value:
                self.carry_out(body, value if kind == "with" else dot)
            else:
                self.carry_out(otherwise, dot)

    def _say(self, text: str) -> None:
        self._count(len(text))
        self.said.append(text)

    def _count(self, more: int) -> None:
        self._size += more
        if self._size > MOST:
            raise TemplateError(f"the template becomes larger than {MOST} bytes")

    def _pipeline(self, tokens: list[_Token], dot: Any) -> Any:
        """``a b | c d``: the value of each command is the last argument of the next."""
        value: list[Any] = []
        while tokens:
            command: list[_Token] = []
            depth = 0
            while tokens and not (tokens[0].text == "|" and not depth):
                token = tokens.pop(0)
                depth += {"(": 1, ")": -1}.get(token.text if token.kind == "mark" else "", 0)
                command.append(token)
            if tokens:
                tokens.pop(0)
            value = [self._command(command, dot, value)]
        return value[0] if value else ""

    def _command(self, tokens: list[_Token], dot: Any, last: list[Any]) -> Any:
        if not tokens:
            raise TemplateError("template: expansion:1: missing value for command")
        first = tokens[0]
        if first.kind != "name" or first.text in ("true", "false", "nil"):
            value = self._operand(tokens, dot)
            if tokens or last:
                raise self._failed(first.at, first.text, "can't give argument to non-function")
            return value
        said = " ".join(token.text for token in tokens)
        tokens.pop(0)
        arguments = []
        while tokens:
            arguments.append(self._operand(tokens, dot))
        try:
            return self._functions[first.text](*arguments, *last)
        except TypeError:
            problem = f"wrong number of args for {first.text}: got {len(arguments) + len(last)}"
            raise self._failed(first.at, said, problem) from None
        except (LookupError, ValueError) as error:
            problem = f"error calling {first.text}: {error.args[0]}"
            raise self._failed(first.at, said, problem) from None

    def _operand(self, tokens: list[_Token], dot: Any) -> Any:
        token = tokens.pop(0)
        match token.kind:
            case "string":
                return _unquoted(token.text)
            case "number":
                return int(token.text)
            case "name":
                words: dict[str, Any] = {"true": True, "false": False, "nil": None}
                return words[token.text] if token.text in words else self._functions[token.text]()
            case "dot":
                return dot
            case "mark" if token.text == "(":
                inner, depth = [], 1
                while tokens and depth:
                    inner.append(tokens.pop(0))
                    depth += {"(": 1, ")": -1}.get(inner[-1].text, 0)
                if depth:
                    raise self._unread(token.at, "unclosed left paren")
                return self._pipeline(inner[:-1], dot)
            case "field":
                return self._fields(token, tokens, dot)
        raise self._unread(token.at, f'unexpected "{token.text}" in operand')

    def _fields(self, token: _Token, tokens: list[_Token], dot: Any) -> Any:
        chain = [token]
        while tokens and tokens[0].kind == "field" and tokens[0].at == _end(chain[-1]):
            chain.append(tokens.pop(0))
        said = "".join(part.text for part in chain)
        at = chain[min(1, len(chain) - 1)].at  # where Go says that a chain of fields is
        value = dot
        for part in chain:
            name = part.text[1:]
            if isinstance(value, Record):
                if name not in value.fields:
                    problem = f"can't evaluate field {name} in type {value.kind}"
                    raise self._failed(at, said, problem)
                value = value.fields[name]
            elif isinstance(value, Mapping):
                if name not in value:
                    raise self._failed(at, said, f'map has no entry for key "{name}"')
                value = value[name]
            else:
                problem = f"can't evaluate field {name} in type {_kind(value)}"
                raise self._failed(at, said, problem)
        return value

    def _failed(self, at: int, said: str, problem: str) -> TemplateError:
        line = 1 + self._text[:at].count("\n")
        column = at - (self._text.rfind("\n", 0, at) + 1)
        place = f'expansion:{line}:{column}: executing "expansion" at <{said}>'
        return TemplateError(f"template: {place}: {problem}")


def _end(token: _Token) -> int:
    return token.at + len(token.text)


def _unquoted(text: str) -> str:
    if text.startswith("`"):
        return text[1:-1]
    escapes = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda match: escapes.get(match[1], match[1]), text[1:-1])


def _kind(value: Any) -> str:
    return {bool: "bool", int: "int", str: "string"}.get(type(value), "interface {}")
