"""A statement: something that may be so in a cluster, for the checks of labs to be made of.

Each is declared once, with its parameters, its remarks and the words that document it. The reader
of a lab's folder, docs/labs.md and the tests take all they need from the declaration.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, dataclass_transform

from core.labs.facts import Facts, Verdict


@dataclass(frozen=True, slots=True)
class Statement:
    """The base of all; the fields of a class are its parameters.

    remarks: the sentences that say what is missing, by their keys; the parameters and the values of
    the verdict fill them in. asks: it asks the engine, as no snapshot knows.
    """

    called: ClassVar[str] = ""
    remarks: ClassVar[Mapping[str, str]] = {}
    asks: ClassVar[bool] = False

    @property
    def sentences(self) -> Mapping[str, str]:
        """Its remarks."""
        return self.remarks

    @property
    def asking(self) -> bool:
        return self.asks

    def judge(self, facts: Facts) -> Verdict:
        raise NotImplementedError

    def verdict(self, facts: Facts) -> Verdict:
        """What ``judge`` says, with the parameters among the values of its remark."""
        found = self.judge(facts)
        if found.green or not found.remark:
            return found
        given = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return dataclasses.replace(found, values={**given, **found.values})


#: By name, in the order of the documentation.
STATEMENTS: dict[str, type[Statement]] = {}

S = TypeVar("S", bound=Statement)


def param(means: str, *, default: Any = dataclasses.MISSING, words: tuple[str, ...] = ()) -> Any:
    """A parameter. means: for the documentation; without a default it must be given.

    words: the only ones that it may be, besides its default.
    """
    said = f"{' or '.join(words)}, {means}" if words else means
    return dataclasses.field(default=default, metadata={"means": said, "words": words})


@dataclass_transform(frozen_default=True, field_specifiers=(param,))
def statement(
    name: str, remarks: Mapping[str, str] | None = None, asks: bool = False
) -> Callable[[type[S]], type[S]]:
    """Declare a statement; the docstring of its class documents it."""

    def declared(kind: type[S]) -> type[S]:
        made = dataclass(frozen=True, slots=True)(kind)
        made.called, made.remarks, made.asks = name, remarks or {}, asks
        STATEMENTS[name] = made
        return made

    return declared


@dataclass(frozen=True, slots=True)
class AnyOf(Statement):
    """One of several will do; the remark is the last one's."""

    of: tuple[Statement, ...] = ()

    @property
    def sentences(self) -> Mapping[str, str]:
        return {key: text for each in self.of for key, text in each.remarks.items()}

    @property
    def asking(self) -> bool:
        return any(each.asks for each in self.of)

    def judge(self, facts: Facts) -> Verdict:
        verdict = Verdict(False)
        for each in self.of:
            verdict = each.verdict(facts)
            if verdict.green:
                break
        return verdict
