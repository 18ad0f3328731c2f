"""The nodes of a template: what its parser makes, and what is executed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias


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


@dataclass(frozen=True, slots=True)
class Invoke:
    """``template "name" pipeline``: the nodes of that name, with the pipeline's answer as dot."""

    name: str
    pipeline: Pipeline | None
    at: int
    shown: str


Node: TypeAlias = Text | Pipeline | Branch | Leave | Invoke
