"""All statements there are, and how a lab writes one: ``{ is = "nodes", count = 3 }``."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any, get_type_hints

from core.labs import engine_statements, service_statements, swarm_statements
from core.labs.statement import STATEMENTS, AnyOf, Statement

__all__ = ["MODULES", "STATEMENTS", "near", "statement_of"]

#: In the order of the documentation.
MODULES = (engine_statements, swarm_statements, service_statements)

#: What a value of TOML is called in a sentence.
_KINDS = {str: "a text", int: "a number", bool: "true or false"}

Fault = Callable[[str], None]


def statement_of(raw: object, fault: Fault, earlier: Iterable[str]) -> Statement | None:
    """The statement that a table of a lab.toml writes down; None where something is wrong.

    fault: is told what, in a sentence each. earlier: the steps before, which a statement may name.
    """
    if not isinstance(raw, dict):
        fault('a check is a table, such as { is = "nodes", count = 3 }.')
        return None
    if set(raw) == {"any"} and isinstance(raw["any"], list):
        found = [statement_of(each, fault, earlier) for each in raw["any"]]
        if len(found) < 2:
            fault("“any” lists two statements at least.")
        return AnyOf(tuple(filter(None, found))) if all(found) else None
    given = dict(raw)
    name = given.pop("is", None)
    kind = STATEMENTS.get(name) if isinstance(name, str) else None
    if kind is None:
        fault(f"no statement is called {name!r}{near(str(name), STATEMENTS)}.")
        return None
    return _made(kind, given, fault, earlier)


def _made(
    kind: type[Statement], given: Mapping[str, Any], fault: Fault, earlier: Iterable[str]
) -> Statement | None:
    parameters = {field.name: field for field in dataclasses.fields(kind)}
    kinds, wrong = get_type_hints(kind), False
    values = {}
    for name, value in given.items():
        if name not in parameters:
            fault(f"“{kind.called}” has no parameter {name!r}{near(name, parameters)}.")
            wrong = True
        elif kinds[name] == tuple[str, ...]:
            wrong |= _not_words(kind, name, value, fault)
            values[name] = tuple(value) if isinstance(value, list) else ()
        elif type(value) is not kinds[name]:
            fault(f"{name} of “{kind.called}” must be {_KINDS[kinds[name]]}.")
            wrong = True
        elif (words := parameters[name].metadata["words"]) and value not in words:
            fault(f"{name} of “{kind.called}” is {value!r}: it must be {' or '.join(words)}.")
            wrong = True
        elif name in ("step", "other_than") and value not in earlier:
            fault(
                f"{name} of “{kind.called}” is {value!r}: no step before this one is called that."
            )
            wrong = True
        else:
            values[name] = value
    for name, field in parameters.items():
        if field.default is dataclasses.MISSING and name not in given:
            fault(f"“{kind.called}” needs {name}: {field.metadata['means']}.")
            wrong = True
    return None if wrong else kind(**values)


def _not_words(kind: type[Statement], name: str, value: object, fault: Fault) -> bool:
    words = isinstance(value, list) and all(isinstance(each, str) for each in value)
    if not words:
        fault(f'{name} of “{kind.called}” must be a list of texts: ["sh", "/bin/sh"].')
    return not words


def near(word: str, known: Iterable[str]) -> str:
    """``; do you mean …?`` where something known is like the word."""
    found = difflib.get_close_matches(word, list(known), n=1)
    return f"; perhaps {found[0]!r} is meant" if found else ""
