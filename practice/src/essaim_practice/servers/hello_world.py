"""hello-world: one text."""

from __future__ import annotations

from essaim_practice.programs.base import Context, Program, executable
from essaim_practice.programs.steps import printing


@executable(("hello-world",), "hello")
def hello(argv: list[str], context: Context) -> Program:
    return Program(printing(_HELLO))


_HELLO = """
Hello from Docker!
This message shows that your installation appears to be working correctly."""
