"""The variables of a shell: exported, read-only and local ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping

from essaim_practice.store.memory import UNBOUNDED, NoMemory, charged

LONGEST = 256 * 1024  # characters of one value
_MOST = 4 * 1024 * 1024  # characters of all of them, with their names
_FORK = 8 * 1024  # bytes that a shell takes besides
_NAME = 64  # characters that a variable counts for besides: empty ones fill memory too


class ReadOnly(Exception):
    """The variable may not change."""


class TooMuch(Exception):
    """The shell has no memory for such a value."""


class Variables(MutableMapping[str, str]):
    """Values by name; setting may raise ReadOnly or TooMuch."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._values = dict(environment)
        self._size = sum(_NAME + len(n) + len(value) for n, value in self._values.items())
        self.exported = set(environment)
        self.read_only: set[str] = set()
        self._local: list[dict[str, tuple[str | None, bool]]] = []
        self._given = self._size  # of the environment, which it shares with others
        self._memory = UNBOUNDED

    @property
    def weight(self) -> int:
        """Bytes that the shell takes."""
        return _FORK + self._size - self._given

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __setitem__(self, name: str, value: str) -> None:
        if name in self.read_only:
            raise ReadOnly(name)
        there = self._values.get(name)
        grown = self._size + len(value) + (_NAME + len(name) if there is None else -len(there))
        if len(value) > LONGEST or grown > _MOST:
            raise TooMuch
        if grown > self._size and not self._counts(grown - self._size):
            raise TooMuch
        self._size = grown
        self._values[name] = value

    def __delitem__(self, name: str) -> None:
        if name in self.read_only:
            raise ReadOnly(name)
        self._size -= _NAME + len(name) + len(self._values.pop(name))
        self.exported.discard(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def environment(self) -> dict[str, str]:
        """What programs are given."""
        return {name: value for name, value in self._values.items() if name in self.exported}

    def copy(self) -> Variables:
        """Those of a shell that is begun. Raises NoMemory."""
        twin = Variables({})
        twin._values, twin._size = dict(self._values), self._size
        twin.exported = set(self.exported)
        twin.read_only = set(self.read_only)
        twin._local = [dict(level) for level in self._local]
        twin._given = self._size - _NAME * len(self._values)  # it shares the texts
        if not twin._counts(twin.weight):
            raise NoMemory
        return twin

    def _counts(self, growth: int) -> bool:
        """Count so many bytes more; False where there is no room for them."""
        memory = charged()
        if memory is not self._memory:
            self._memory = memory
            memory.join(self)
        return memory.take(growth)

    # Functions

    @property
    def in_function(self) -> bool:
        return bool(self._local)

    def enter(self) -> None:
        """A function begins: what is made local from now on ends with it."""
        self._local.append({})

    def make_local(self, name: str) -> None:
        self._local[-1].setdefault(name, (self._values.get(name), name in self.exported))

    def leave(self) -> None:
        for name, (value, exported) in self._local.pop().items():
            self.restore(name, value, exported)

    def restore(self, name: str, value: str | None, exported: bool) -> None:
        """Set a variable back to what it was before; None: it was not there."""
        self.pop(name, None)
        if value is not None:
            self[name] = value
            if exported:
                self.exported.add(name)
