"""The grammar of Go's text/template: a text becomes nodes that can be executed.

What the docker command lets people write after --format is there: actions, pipelines, variables,
if, range, with, break, continue, define, template, block, comments, trimmed space. The sentences of
refusals are Go's own (text/template/parse).
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any, Literal

from core.errors import TemplateError
from core.templates.nodes import (
    Branch,
    Call,
    Constant,
    Field,
    Function,
    Invoke,
    Leave,
    Node,
    Operand,
    Pipeline,
    Text,
    Variable,
)
from core.templates.tokens import Token, pieces, quoted, refused, tokens

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


def parse(
    text: str, functions: frozenset[str]
) -> tuple[tuple[Node, ...], dict[str, tuple[Node, ...]]]:
    """The nodes of a template, and those of the templates that it defines, by name.

    functions: the names that may be called.

    Raises TemplateError.
    """
    parser = _Parser(text, functions)
    return parser.whole(), parser.defined


class _Parser:
    """Reads a template once, from its beginning."""

    def __init__(self, text: str, functions: frozenset[str]) -> None:
        self._text, self._functions = text, functions
        self._pieces = pieces(text)
        self._tokens: list[Token] = []
        self._at = 0
        self._variables = ["$"]
        self._ranges = 0
        self.defined: dict[str, tuple[Node, ...]] = {}

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
            self._tokens, self._at = list(tokens(self._text, words, at)), 0
            first = self._peek()
            if first.kind == "word" and first.text in ("end", "else"):
                self._at += 1
                return tuple(nodes), first.text
            nodes.append(self._action(first))
        return tuple(nodes), ""

    def _action(self, first: Token) -> Node:
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
            case "define":
                self._define(self._name("define").text)
                return Text("")
            case "block":
                return self._invoke("block clause", defines=True)
        return self._invoke("template clause")

    def _name(self, where: str) -> Token:
        """The token of a template's name, whose text is the name."""
        token = self._next()
        if token.kind not in ("string", "raw"):
            raise self._error(f"unexpected {quoted(token.text)} in {where}")
        return replace(token, text=str(self._constant(token)))

    def _define(self, name: str) -> None:
        outside, self._variables = self._variables, ["$"]
        ranges, self._ranges = self._ranges, 0
        nodes, end = self._nodes()
        if end != "end":
            raise self._error("unexpected EOF" if not end else f"unexpected {{{{{end}}}}}")
        self.defined[name] = nodes
        self._variables, self._ranges = outside, ranges

    def _invoke(self, where: str, defines: bool = False) -> Invoke:
        name = self._name(where)
        pipeline = None if self._peek().kind == "end" else self._pipeline(where)
        if defines and pipeline is None:
            raise self._error(f"missing value for {where}")
        self._ended(where)
        if defines:
            self._define(name.text)
        after = f" {pipeline.shown}" if pipeline else ""
        return Invoke(name.text, pipeline, name.at, f'{{{{template "{name.text}"{after}}}}}')

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

    def _peek(self) -> Token:
        """The next token that is no space."""
        while self._tokens[self._at].kind == "space":
            self._at += 1
        return self._tokens[self._at]

    def _next(self) -> Token:
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
                raise self._error(f"unexpected {quoted(token.text)} in operand")
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
                raise self._error(f"unexpected {quoted(token.text)} in {where}")
        return self._chain(value, token.text)

    def _chain(self, of: Any, shown: str) -> Operand:
        """The fields that stand right behind one another."""
        found: list[Token] = []
        while self._tokens[self._at].kind == "field":
            found.append(self._tokens[self._at])
            self._at += 1
        if not found:
            return of  # type: ignore[no-any-return]
        at = found[1 if len(found) > 1 and of is None else 0].at
        names = tuple(token.text[1:] for token in found)
        return Field(of, names, at, shown + "".join(token.text for token in found))

    def _constant(self, token: Token) -> Any:
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
            raise self._error(f"unexpected {quoted(token.text)} in {where}")

    def _error(self, why: str, at: int | None = None) -> TemplateError:
        here = self._tokens[-1].at if at is None and self._tokens else at or 0
        return refused(self._text, here, why)
