"""The dialects of the images' shells: ash, dash and bash differ in their complaints."""

from __future__ import annotations

from dataclasses import dataclass


class SyntaxProblem(Exception):
    """A text that is no command; ``incomplete`` when more lines could make it one."""

    def __init__(
        self, found: str = "", expecting: str = "", words: str = "", incomplete: bool = False
    ) -> None:
        super().__init__(found or words)
        self.found = found  # the unexpected token, as ash names it: "fi" in quotes, end of file
        self.expecting = expecting
        self.words = words  # a complaint that is not about a token
        self.incomplete = incomplete
        self.line = 1


@dataclass(frozen=True, slots=True)
class Dialect:
    """The messages of one shell."""

    name: str  # ash, dash, bash

    def complaint(self, own: str, line: int, command: str, text: str, interactive: bool) -> str:
        """The words of a complaint: the shell's own name, the command's when it is a builtin."""
        said = f"{command}: " if command else ""
        if self.name == "ash":
            return f"{own}: {said}{'line 0: ' if command and not interactive else ''}{text}"
        if self.name == "dash":
            return f"{own}: {line}: {said}{text}"
        return f"{own}: {said}{text}" if interactive else f"{own}: line {line}: {said}{text}"

    def syntax(self, problem: SyntaxProblem) -> str:
        expecting = f" (expecting {problem.expecting})" if problem.expecting else ""
        if self.name == "ash":
            text = problem.words or f"unexpected {problem.found}"
            return f"syntax error: {text}{expecting}"
        if self.name == "dash":
            words = problem.words[:1].upper() + problem.words[1:]
            return f"Syntax error: {words or f'{problem.found} unexpected'}{expecting}"
        if problem.words:
            return "unexpected EOF while looking for matching quote"
        if problem.found == "end of file":
            return "syntax error: unexpected end of file"
        return f"syntax error near unexpected token `{problem.found.strip(chr(34))}'"

    def arithmetic(self, text: str, expression: str) -> str:
        if self.name == "dash":
            words = {"divide by zero": "division by zero"}.get(text, "expecting primary")
            return f'arithmetic expression: {words}: "{expression}"'
        if self.name == "bash" and text != "divide by zero":
            return f'{expression}: syntax error: operand expected (error token is "{expression}")'
        return f"{expression}: division by 0" if self.name == "bash" else text

    def unset(self, name: str) -> str:
        return f"{name}: {'unbound variable' if self.name == 'bash' else 'parameter not set'}"

    def read_only(self, name: str) -> str:
        return f"{name}: {'readonly variable' if self.name == 'bash' else 'is read only'}"

    def cannot_enter(self, name: str, reason: str) -> str:
        if self.name == "bash":
            return f"{name}: {reason}"
        return f"can't cd to {name}" + (f": {reason}" if self.name == "ash" else "")

    def cannot_source(self, name: str, reason: str) -> str:
        if self.name == "bash":
            return f"{name}: {reason}"
        return (
            f"can't open '{name}': {reason}"
            if self.name == "ash"
            else self.cannot_open(name, reason)
        )

    def cannot_fork(self) -> str:
        if self.name == "dash":
            return "Cannot fork"
        verb = "can't fork" if self.name == "ash" else "fork"
        return f"{verb}: Resource temporarily unavailable"

    def not_found(self, name: str) -> str:
        if self.name != "bash":
            return f"{name}: not found"
        return f"{name}: " + ("No such file or directory" if "/" in name else "command not found")

    def cannot_open(self, path: str, reason: str) -> str:
        if self.name == "bash":
            return f"{path}: {reason}"
        short = {"No such file or directory": "no such file"}.get(reason, reason)
        if self.name == "ash":
            return f"can't open {path}: {short}"
        return f"cannot open {path}: {short[0].upper() + short[1:]}"

    def cannot_create(self, path: str, reason: str) -> str:
        missing = reason == "No such file or directory"
        if self.name == "bash":
            return f"{path}: {reason}"
        if self.name == "ash":
            return f"can't create {path}: {'nonexistent directory' if missing else reason}"
        return f"cannot create {path}: {'Directory nonexistent' if missing else reason}"


ASH, DASH, BASH = Dialect("ash"), Dialect("dash"), Dialect("bash")
