"""What a script of the small Python finds: built-in functions, and modules."""

from __future__ import annotations

import json
import math
import random
import time
from collections.abc import Callable, Generator
from typing import Any

from essaim_practice.programs.base import Context
from essaim_practice.programs.steps import READ, Step, Wait, Write
from essaim_practice.servers.small_python import redis_client
from essaim_practice.servers.small_python.flask import Flask, flask_module
from essaim_practice.servers.small_python.values import (
    KINDS,
    LONGEST,
    MOST_ENTRIES,
    Evaluation,
    Left,
    Raised,
    Thing,
    Unplayed,
    checked,
    entries,
    error,
    native,
    short,
    shown,
    weighed,
)

_TYPES: dict[str, tuple[type, ...]] = {
    "str": (str,), "int": (int,), "float": (float,), "bool": (bool,), "list": (list,),
    "dict": (dict,), "tuple": (tuple,), "set": (set,),
}  # fmt: skip
_BUFFER = 8192  # bytes of output that Python keeps where nobody watches


class Library:
    """The built-in names and the modules of one script.

    watched: its output goes on at once, as to a terminal.
    """

    def __init__(self, argv: list[str], context: Context, watched: bool) -> None:
        self.context = context
        self.app: Flask | None = None
        self._watched = watched
        self._argv = argv
        self._kept = bytearray()
        self._random = random.Random()
        self._modules: dict[str, Thing] = {}

    def names(self) -> dict[str, Any]:
        found: dict[str, Any] = {
            "print": self._print, "input": self._input, "exit": _exit, "quit": _exit, "len": _len,
            "abs": _plain(abs), "min": _over(min), "max": _over(max), "sum": _sum,
            "round": _round, "sorted": _sorted, "reversed": lambda v: entries(v)[::-1],
            "enumerate": lambda v, start=0: list(enumerate(short(v), start)),
            "zip": _zip, "range": _plain(range),
            "repr": lambda v: shown(v, quoted=True), "chr": _plain(chr), "ord": _plain(ord),
            "hex": _plain(hex), "bin": _plain(bin), "any": _over(any), "all": _over(all),
            "isinstance": _isinstance, "divmod": _plain(divmod), "type": _type,
        }  # fmt: skip
        made = {name: Thing(name, calling=do) for name, do in found.items()}
        for name in _TYPES:
            made[name] = Thing(name, calling=_maker(name))
        return made

    def load(self, name: str) -> Thing | None:
        """A module; None for one that is not played."""
        if name not in self._modules:
            make = _MODULES.get(name)
            if make is None:
                return None
            self._modules[name] = make(self)
        return self._modules[name]

    def flush(self) -> Generator[Step, Any, None]:
        """Let go of what the output's buffer holds."""
        if self._kept:
            yield Write(bytes(self._kept))
            self._kept.clear()

    def _print(
        self, *words: Any, sep: str = " ", end: str = "\n", flush: bool = False, file: Any = None
    ) -> Evaluation:
        text = sep.join(shown(word) for word in words) + end
        data = str(checked(text)).encode(errors="replace")
        if isinstance(file, Thing) and file.name == "stderr":
            yield Write(data, 2)
            return None
        self._kept += data
        if flush or self._watched or len(self._kept) > _BUFFER:
            yield from self.flush()
        return None

    def _input(self, prompt: str = "") -> Evaluation:
        self._kept += shown(prompt).encode(errors="replace")
        yield from self.flush()
        given = yield READ
        if not given:
            raise Raised(KINDS["OSError"], "EOF when reading a line")
        return checked(given.decode(errors="replace").rstrip("\n"))

    # Modules

    def _time(self) -> Thing:
        def sleep(seconds: float) -> Evaluation:
            yield Wait(max(0.0, native(lambda: float(seconds))))
            return None

        now = self.context.now

        def strftime(form: str) -> Any:
            return checked(native(lambda: time.strftime(form[:200], time.gmtime(now()))))

        return _module(
            "time", sleep=sleep, time=now, strftime=strftime, ctime=lambda: time.ctime(now())
        )

    def _os(self) -> Thing:
        env = self.context.env

        def get(name: str, otherwise: Any = None) -> Any:
            return env.get(name, otherwise)

        def item(name: str) -> str:
            return str(native(lambda: env[name]))

        environ = Thing("environ", {"get": Thing("get", calling=get), "__getitem__": item})
        return _module(
            "os", environ=environ, getenv=get, getcwd=lambda: self.context.cwd, getpid=lambda: 1,
            uname=lambda: ("Linux", self.context.hostname),
        )  # fmt: skip

    def _socket(self) -> Thing:
        def name() -> Any:
            return self.context.hostname

        def address(host: str) -> str:
            try:
                return self.context.net.resolve(host)
            except Exception:
                raise error("OSError", "[Errno -2] Name or service not known") from None

        return _module("socket", gethostname=name, gethostbyname=address)

    def _sys(self) -> Thing:
        version = self.context.env.get("PYTHON_VERSION", "3.11.14")
        return _module(
            "sys", argv=list(self._argv), exit=_exit, version=f"{version} (main)", platform="linux",
            stdout=_module("stdout", flush=self.flush), stderr=Thing("stderr"),
            version_info=tuple(int(part) for part in version.split(".") if part.isdigit()),
        )  # fmt: skip

    def _random_module(self) -> Thing:
        drawn = self._random
        return _module(
            "random", random=drawn.random, randint=_plain(drawn.randint),
            choice=lambda given: native(lambda: drawn.choice(entries(given))),
        )  # fmt: skip

    def _flask(self) -> Thing:
        def made(request: Thing) -> Thing:
            self.app = Flask(self.context, request)
            return self.app.thing()

        return flask_module(made)

    def _redis(self) -> Thing:
        return redis_client.module(self.context)


def _module(name: str, **has: Any) -> Thing:
    return Thing(name, {k: Thing(k, calling=v) if callable(v) and not isinstance(v, Thing) else v
                        for k, v in has.items()})  # fmt: skip


def _json(library: Library) -> Thing:
    def dumps(value: Any) -> Any:
        weighed(value)
        return checked(native(lambda: json.dumps(value)))

    return _module(
        "json", dumps=dumps, loads=lambda text: native(lambda: json.loads(text[:LONGEST]))
    )


def _math(library: Library) -> Thing:
    small = {name: _plain(getattr(math, name)) for name in ("sqrt", "floor", "ceil", "sin", "cos")}
    return _module("math", pi=math.pi, e=math.e, **small)


_MODULES: dict[str, Callable[[Library], Thing]] = {
    "flask": Library._flask, "json": _json, "math": _math, "os": Library._os,
    "random": Library._random_module, "redis": Library._redis, "socket": Library._socket,
    "sys": Library._sys, "time": Library._time,
}  # fmt: skip
INSTALLED_ONLY = frozenset(("flask", "redis"))  # modules that pip brings


def _plain(do: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *words: checked(native(lambda: do(*words)))


def _over(do: Callable[..., Any]) -> Callable[..., Any]:
    def bound(*words: Any) -> Any:
        weighed(*words)
        for word in words:
            if isinstance(word, range):
                short(word)
        return checked(native(lambda: do(*words)))

    return bound


def _round(value: Any, digits: Any = None) -> Any:
    if isinstance(digits, int) and abs(digits) > LONGEST:
        raise error("OverflowError", "Python int too large to convert to C int")
    return checked(native(lambda: round(value, digits)))


def _zip(*values: Any) -> list[Any]:
    each = [short(value) for value in values]
    if len(each) * min(map(len, each), default=0) > 10 * MOST_ENTRIES:
        raise error("MemoryError")
    return list(zip(*each, strict=False))


def _len(value: Any) -> int:
    return int(native(lambda: len(value)))


def _sum(value: Any) -> Any:
    return _over(sum)(value)


def _sorted(value: Any, reverse: bool = False) -> list[Any]:
    weighed(value)
    return list(native(lambda: sorted(short(value), reverse=bool(reverse))))


def _exit(code: Any = 0) -> None:
    raise Left(code % 256 if isinstance(code, int) else 0 if code is None else 1)


def _maker(name: str) -> Callable[..., Any]:
    (kind,) = _TYPES[name]

    def make(*words: Any, **options: Any) -> Any:
        if name == "str" and not (words[1:] or options):
            return shown(words[0]) if words else ""
        if name in ("list", "tuple", "set", "dict"):
            return checked(native(lambda: kind(*map(short, words), **options)))
        if words and isinstance(words[0], str) and len(words[0]) > 1000:
            raise error("ValueError", "too long")
        return checked(native(lambda: kind(*words, **options)))

    return make


def _isinstance(value: Any, kinds: Any) -> bool:
    every = kinds if isinstance(kinds, tuple) else (kinds,)
    if not all(isinstance(kind, Thing) and kind.name in _TYPES for kind in every):
        raise Unplayed
    return any(isinstance(value, _TYPES[kind.name]) for kind in every)


def _type(value: Any) -> Thing:
    if isinstance(value, Thing):
        raise Unplayed
    name = type(value).__name__
    return Thing(name, {"__name__": name, "__str__": f"<class '{name}'>"})
