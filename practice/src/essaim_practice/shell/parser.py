"""Parses a shell's commands by the grammar of POSIX, one line at a time.

A shell runs a line before it reads the next, so a syntax error does not stop the lines above it.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import TypeVar

from essaim_practice.shell.dialect import SyntaxProblem
from essaim_practice.shell.scanner import END, NAME
from essaim_practice.shell.tokens import Tokens
from essaim_practice.shell.tree import (
    Case,
    Command,
    Either,
    For,
    Function,
    Group,
    If,
    Pipeline,
    Redirected,
    Redirection,
    Sequence,
    Simple,
    Text,
    While,
    Word,
)

_CLOSING = frozenset(("do", "done", "elif", "else", "esac", "fi", "then", "}"))
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_ALIASES = 50  # put in per text: an alias that names itself ends there
_PIECE = 200  # characters that are parsed at once

T = TypeVar("T")
Parsing = Generator[None, None, T]


def finished(parsing: Parsing[T]) -> T:
    """The result of parsing a text that cannot be long."""
    while True:
        try:
            next(parsing)
        except StopIteration as end:
            result: T = end.value
            return result


class Parser(Tokens):
    """The commands of a text. ``whole``: no more lines can come after it."""

    _paused = 0  # where others had their turn

    def next_line(self) -> Parsing[Command | None]:
        """The commands of the next line that has any, None at the end of the text.

        Yields now and then: a text may be long.
        """
        try:
            self._newlines()
            if self.at >= len(self.text):
                return None
            command = yield from self._list(stop_at_newline=True)
            mark = self._peek()
            if mark not in ("\n", END):
                raise self._unexpected()
            self._newlines(most=1)
            if self._pending:
                self._here_documents()
            return command
        except SyntaxProblem as problem:
            problem.line = self.line
            raise

    # What the scanner asks for

    def commands(self) -> Command | None:
        body = finished(self._list())
        self._expect(")")
        return body

    def inner(self, text: str) -> Command | None:
        parser = Parser(text, True, self._aliases, self.depth, self.line)
        body = finished(parser._list())
        if parser._peek() != END:
            raise parser._unexpected()
        return body

    def _deeper(self, parsing: Parsing[Command]) -> Parsing[Command]:
        """One level down. Raises SyntaxProblem where that is too deep."""
        self.go_deeper()
        try:
            return (yield from parsing)
        finally:
            self.depth -= 1

    def _pause(self) -> Parsing[None]:
        """Let others have their turn now and then."""
        if not 0 <= self.at - self._paused < _PIECE:
            self._paused = self.at
            yield

    # Lists

    def _list(self, stop_at_newline: bool = False) -> Parsing[Command | None]:
        """Commands up to what cannot be part of them; None where there is none."""
        items: list[tuple[Command, str]] = []
        if not stop_at_newline:
            self._newlines()
        while self._peek() not in (END, ")", ";;", "\n") and self._keyword() not in _CLOSING:
            begun = self.at
            command = yield from self._deeper(self._either())
            separator = self._peek()
            text = " ".join(self.text[begun : self.at].split()) if separator == "&" else ""
            items.append((command, text))
            yield from self._pause()
            if separator in (";", "&"):
                self.at += 1
            elif separator != "\n" or stop_at_newline:
                break
            if not stop_at_newline:
                self._newlines()
        if not items:
            return None
        return items[0][0] if len(items) == 1 and not items[0][1] else Sequence(tuple(items))

    def _either(self) -> Parsing[Command]:
        command = yield from self._pipeline()
        while (sign := self._peek()) in ("&&", "||"):
            self.at += 2
            self._newlines()
            command = Either(command, sign, (yield from self._pipeline()))
        return command

    def _pipeline(self) -> Parsing[Command]:
        negated = self._keyword() == "!"
        if negated:
            self._take("!")
        commands = [(yield from self._command())]
        while self._accept("|"):
            self._newlines()
            commands.append((yield from self._command()))
        if len(commands) == 1 and not negated:
            return commands[0]
        return Pipeline(tuple(commands), negated)

    # Commands

    def _command(self) -> Parsing[Command]:
        if re.compile(r"function\s+[A-Za-z_]").match(self.text, self.at):
            self.at += len("function")  # as ash and bash allow
            self.blanks()
            name = self._raw(self.word())
            if self._accept("("):
                self._expect(")")
            self._newlines()
            return Function(name, (yield from self._deeper(self._command())))
        compound = yield from self._compound()
        if compound is None:
            return (yield from self._simple())
        redirections = []
        while self._peek() == "" and self._redirects():
            redirections.append(self._redirection())
        return Redirected(compound, tuple(redirections)) if redirections else compound

    def _compound(self) -> Parsing[Command | None]:
        if self._accept("("):
            body = yield from self._required(")")
            self._expect(")")
            return Group(body, subshell=True)
        keyword = self._keyword()
        if keyword == "{":
            self._take("{")
            body = yield from self._required("}")
            self._take("}")
            return Group(body, subshell=False)
        if keyword == "if":
            return (yield from self._if())
        if keyword in ("while", "until"):
            self._take(keyword)
            condition = yield from self._required("do")
            return While(condition, (yield from self._do()), keyword == "until")
        if keyword == "for":
            return (yield from self._for())
        return (yield from self._case()) if keyword == "case" else None

    def _required(self, keyword: str) -> Parsing[Command]:
        """A list that must not be empty, up to what ends it."""
        body = yield from self._list()
        if body is None:
            raise self._unexpected(f'"{keyword}"' if self._peek() == END else "")
        return body

    def _if(self) -> Parsing[Command]:
        branches: list[tuple[Command, Command]] = []
        self._take("if")
        while True:
            condition = yield from self._required("then")
            self._take("then")
            branches.append((condition, (yield from self._required("fi"))))
            if self._keyword() != "elif":
                break
            self._take("elif")
        otherwise = None
        if self._keyword() == "else":
            self._take("else")
            otherwise = yield from self._required("fi")
        self._take("fi")
        return If(tuple(branches), otherwise)

    def _do(self) -> Parsing[Command]:
        self._take("do")
        body = yield from self._required("done")
        self._take("done")
        return body

    def _for(self) -> Parsing[Command]:
        self._take("for")
        name = "" if self._peek() else self._raw(self.word())
        if not NAME.fullmatch(name):
            raise SyntaxProblem(words="bad for loop variable")
        words: list[Word] | None = None
        self._newlines()
        if self._keyword() == "in":
            self._take("in")
            words = []
            while self._peek() == "":
                words.append(self._any_word())
                yield from self._pause()
            if not (self._accept(";") or self._peek() == "\n"):
                raise self._unexpected()
        else:
            self._accept(";")
        self._newlines()
        return For(name, None if words is None else tuple(words), (yield from self._do()))

    def _case(self) -> Parsing[Command]:
        self._take("case")
        if self._peek():
            raise self._unexpected("word")
        word = self._any_word()
        self._newlines()
        self._take("in")
        self._newlines()
        branches = []
        while self._keyword() != "esac":
            self._accept("(")
            patterns = [self._pattern()]
            while self._accept("|"):
                patterns.append(self._pattern())
            self._expect(")")
            body = yield from self._list()
            branches.append((tuple(patterns), body))
            if self._keyword() != "esac" and not self._accept(";;"):
                raise self._unexpected('";;"')
            self._newlines()
        self._take("esac")
        return Case(word, tuple(branches))

    def _pattern(self) -> Word:
        if self._peek():
            raise self._unexpected('")"' if self._peek() == END else "")
        return self._any_word()

    # Simple commands

    def _simple(self) -> Parsing[Command]:
        assignments: list[tuple[str, Word]] = []
        words: list[Word] = []
        redirections: list[Redirection] = []
        line = self.line
        if not self._redirects() and (self._peek() or self._keyword() in _CLOSING):
            raise self._unexpected()
        while not (mark := self._peek()):
            if self._redirects():
                redirections.append(self._redirection())
                continue
            yield from self._pause()
            start = self.at
            word = self._any_word()
            named = _ASSIGNMENT.match(self.text, start)
            if named and not words and isinstance(word[0], Text) and not word[0].quoted:
                rest = word[0].text[named.end() - start :]
                value = ((Text(rest, False),) if rest else ()) + word[1:]
                assignments.append((named[1], value))
            elif not words and (alias := self._aliases.get(self._raw(word))) is not None:
                if self._put_in >= _ALIASES or self.text[start : self.at] == alias.split(" ")[0]:
                    words.append(word)
                    continue
                self._put_in += 1
                self.text = self.text[:start] + alias + self.text[self.at :]
                self.at = start
            else:
                words.append(word)
        if mark == "(" and len(words) == 1 and not assignments and not redirections:
            return (yield from self._function(self._raw(words[0])))
        if mark == "(":
            raise self._unexpected()
        return Simple(tuple(assignments), tuple(words), tuple(redirections), line)

    def _function(self, name: str) -> Parsing[Command]:
        self._expect("(")
        self._expect(")")
        if not NAME.fullmatch(name.replace("-", "_")):
            raise SyntaxProblem(words="bad function name")
        self._newlines()
        return Function(name, (yield from self._deeper(self._command())))
