"""Go's structs for templates: fields with a type's name, and what they are in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Struct:
    """A thing with these fields and no others.

    kind: Go's name of its type, which errors name. json: its fields in JSON, in order; the fields
    themselves where that is not given.
    """

    __slots__ = ("_fields", "_kind", "json")

    def __init__(
        self, kind: str, fields: Mapping[str, Any], json: Mapping[str, Any] | None = None
    ) -> None:
        self._kind, self._fields = kind, fields
        self.json = fields if json is None else json

    def field(self, name: str, *arguments: Any) -> Any:
        """Raises KeyError with the type's name."""
        if name not in self._fields or arguments:
            raise KeyError(self._kind)
        return self._fields[name]

    def __str__(self) -> str:
        return f"{{{' '.join(map(str, self._fields.values()))}}}"


class Known(dict[str, Any]):
    """An answer of the engine, which leaves out fields that are empty: templates know them still.

    zeros: the empty value of each.
    """

    def __init__(self, given: Mapping[str, Any], zeros: Mapping[str, Any]) -> None:
        super().__init__(given)
        self._zeros = zeros

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._zeros

    def __getitem__(self, key: str) -> Any:
        found = super().__getitem__(key)
        return self._zeros.get(key) if found is None else found

    def __missing__(self, key: str) -> Any:
        return self._zeros[key]
