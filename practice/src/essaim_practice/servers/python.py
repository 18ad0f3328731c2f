"""Python: its versions, its errors, and the part of it that is played."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from posixpath import basename, join, normpath
from typing import Any

from essaim_practice.programs import signals
from essaim_practice.programs.base import INSTALLED, Context, Program, executable, find
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.installers import INSTALLED as PACKAGES
from essaim_practice.programs.steps import FOREVER, READ, Interrupted, Steps, line, printing
from essaim_practice.servers import file_server
from essaim_practice.servers.small_python.flask import Serving
from essaim_practice.servers.small_python.interpreter import Interpreter
from essaim_practice.servers.small_python.library import INSTALLED_ONLY, Library
from essaim_practice.servers.small_python.values import Left, Raised, Unplayed, error

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ENDING = frozenset({signals.INT, signals.TERM})
_MOST = 32_768  # bytes of a script
_NOT_PLAYED = "(simulated) the practice engine plays a part of Python, and not this: {}"


@executable(("python", INSTALLED), "python", "python3", *(f"python3.{n}" for n in range(6, 15)))
def python(argv: list[str], context: Context) -> Program:
    words, watched = argv[1:], context.tty or bool(context.env.get("PYTHONUNBUFFERED"))
    version = context.env.get("PYTHON_VERSION", "3.11.14")
    while words and words[0] in ("-u", "-B", "-O", "-s", "-E", "-I"):
        watched |= words[0] == "-u"
        words = words[1:]
    if words[:1] in (["-V"], ["--version"]):
        return Program(printing(f"Python {version}"))
    if words[:1] == ["-m"] and len(words) > 1:
        return _module(words[1:], context)
    if not words or words[0] == "-":
        return Program(_told_then_listening(context), hears=frozenset({signals.INT}))
    if words[0] == "-c" and len(words) > 1:
        return _running(words[1], "<string>", ["-c", *words[2:]], context, watched)
    content = None if words[0].startswith("-") else context.file(words[0])
    path = normpath(join(context.cwd, words[0]))
    if words[0].startswith("-"):
        return Program(printing(_NOT_PLAYED.format(words[0]), 1, 2))
    if content is None:
        text = f"python3: can't open file '{path}': [Errno 2] No such file or directory"
        return Program(printing(text, 2, 2))
    return _running(content.decode(errors="replace"), path, words, context, watched)


def _module(words: list[str], context: Context) -> Program:
    """``python -m``."""
    name, rest = words[0], words[1:]
    if name == "http.server":
        return file_server.program(rest, context)
    if name in ("streamlit", "pip", "flask", "gunicorn"):
        maker = find(name, context)
        if maker is not None:
            return maker(words, context)
    text = f"/usr/local/bin/python3: No module named {name}"
    return Program(printing(text, 1, 2))


@executable((INSTALLED,), "flask")
def flask(argv: list[str], context: Context) -> Program:
    """``flask [--app NAME] run [--host H] [--port P] [--debug]``."""
    words = iter(argv[1:])
    given = {"app": context.env.get("FLASK_APP", "")}
    given["host"] = context.env.get("FLASK_RUN_HOST", "127.0.0.1")
    given["port"] = context.env.get("FLASK_RUN_PORT", "5000")
    debug, run = context.env.get("FLASK_DEBUG", "") in ("1", "true"), False
    short = {"-A": "app", "-h": "host", "-p": "port"}
    for word in words:
        name, equals, value = word.partition("=")
        name = short.get(name, name.removeprefix("--"))
        if name in given:
            given[name] = value if equals else next(words, "")
        debug, run = debug or word == "--debug", run or word == "run"
    name = given["app"].partition(":")[0].removesuffix(".py").replace(".", "/")
    found = next((p for p in ((f"{name}.py",) if name else ("app.py", "wsgi.py"))
                  if context.file(p) is not None), "")  # fmt: skip
    if not run or not found:
        text = (
            "Usage: flask run [OPTIONS]\nTry 'flask run --help' for help.\n\nError: Could not "
            "locate a Flask application. Use the 'flask --app' option, 'FLASK_APP' environment "
            "variable, or a 'wsgi.py' or 'app.py' file in the current directory."
        )
        return Program(printing(text, 2, 2))
    port = int(given["port"]) if given["port"].isdigit() else 5000
    serving = Serving(given["host"], port, debug)
    source = (context.file(found) or b"").decode(errors="replace")
    return _running(source, context.path(found), [found], context, True, serving)


def _running(
    source: str, path: str, argv: list[str], context: Context, watched: bool,
    serving: Serving | None = None,
) -> Program:  # fmt: skip
    """serving: it is imported by a server, which answers so."""
    script = _Script(source, path, argv, context, watched)
    asked = serving or _asked(script.tree)
    program = Program(
        script.steps(serving),
        processes=(" ".join(["python", *argv]),),
        hears=frozenset({signals.INT}),
    )
    if asked is None:
        return program
    ports = frozenset() if asked.host in _LOOPBACK else frozenset({asked.port})
    return replace(program, ports=ports, site=script.answer, hears=_ENDING, term_code=143)


def _asked(tree: ast.Module | None) -> Serving | None:
    """The host and port of the ``app.run(…)`` in a script, if it has one."""
    for node in ast.walk(tree) if tree is not None else ():
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(), attr="run"), keywords=named):
                given = {pair.arg: pair.value for pair in named}
                host, port = given.get("host", ast.Constant("127.0.0.1")), given.get("port")
                number = port.value if isinstance(port, ast.Constant) else 5000
                open_to = host.value if isinstance(host, ast.Constant) else "0.0.0.0"
                return Serving(str(open_to), number if isinstance(number, int) else 5000, False)
    return None


class _Script:
    """One script, from its first line to its end, or to its last request."""

    def __init__(
        self, source: str, path: str, argv: list[str], context: Context, watched: bool
    ) -> None:
        self.tree, self._problem = _parsed(source[:_MOST] if len(source) > _MOST else source, path)
        if len(source) > _MOST:
            self.tree, self._problem = None, _NOT_PLAYED.format(f"more than {_MOST} characters")
        self._lines = source.splitlines()
        self._path = path
        self._context = context
        self._library = Library(argv, context, watched)
        self._interpreter = Interpreter(self._library.names(), self._load)

    def steps(self, serving: Serving | None) -> Steps:
        if self.tree is None:
            yield line(self._problem, 2)
            return 1
        if serving is not None:
            self._interpreter.globals["__name__"] = "app"
        try:
            code = yield from self._played(self.tree)
            yield from self._library.flush()
            if code is None and serving is not None:
                raise serving
        except Serving as begun:
            return (yield from self._serve(begun))
        return code or 0

    def _played(self, tree: ast.Module) -> Any:
        """The exit code of a script that has ended with one. Raises Serving."""
        said, code = "", 1
        try:
            yield from self._interpreter.run(tree)
            return None
        except Left as left:
            said, code = "", left.code
        except Raised as raised:
            said = f"{raised.kind.name}: {raised.text}" if raised.text else raised.kind.name
            said = "\n".join(
                ["Traceback (most recent call last):", *self._place(raised.line), said]
            )
        except Unplayed as unplayed:
            said = _NOT_PLAYED.format(f"line {unplayed.line}: {self._line(unplayed.line)}")
        except RecursionError:
            said = _NOT_PLAYED.format("calls as deep as this")
        except Interrupted as heard:
            if heard.signal != signals.INT:
                raise
            said, code = "Traceback (most recent call last):\nKeyboardInterrupt", 130
        yield from self._library.flush()
        if said:
            yield line(said, 2)
        return code

    def _place(self, number: int) -> Iterator[str]:
        yield f'  File "{self._path}", line {number}, in <module>'
        if self._path != "<string>":
            yield f"    {self._line(number)}"

    def _line(self, number: int) -> str:
        return self._lines[number - 1].strip()[:200] if 0 < number <= len(self._lines) else ""

    def _load(self, name: str) -> Any:
        if name.partition(".")[0] in INSTALLED_ONLY:
            first = name.partition(".")[0]
            if not self._context.fs.exists(f"{PACKAGES}/{first}"):
                raise error("ModuleNotFoundError", f"No module named '{first}'")
        return self._library.load(name)

    def _serve(self, begun: Serving) -> Steps:
        app = self._library.app
        if app is None:
            yield line("Error: Failed to find Flask application or factory in module 'app'.", 2)
            return 2
        open_to_all = begun.host not in _LOOPBACK
        yield line(f" * Serving Flask app '{basename(self._path).removesuffix('.py')}'")
        yield line(f" * Debug mode: {'on' if begun.debug else 'off'}")
        yield line(_WARNING, 2)
        if open_to_all:
            yield line(" * Running on all addresses (0.0.0.0)", 2)
        yield line(f" * Running on http://127.0.0.1:{begun.port}", 2)
        for interface in self._context.net.interfaces()[:1] if open_to_all else ():
            yield line(f" * Running on http://{interface.address}:{begun.port}", 2)
        yield line("Press CTRL+C to quit", 2)
        try:
            yield FOREVER
        except Interrupted as heard:
            return 0 if heard.signal == signals.INT else 143
        return 0

    def answer(self, request: HttpRequest) -> HttpResponse:
        app = self._library.app
        if app is None:  # it has not come so far
            return HttpResponse(b"", 503)
        return app.answer(self._interpreter, request)


_WARNING = (
    "WARNING: This is a development server. Do not use it in a production deployment. Use a "
    "production WSGI server instead."
)


@lru_cache(maxsize=64)  # a thousand replicas begin with the same script
def _parsed(source: str, path: str) -> tuple[ast.Module | None, str]:
    """A script's tree, or why it has none."""
    try:
        tree = ast.parse(source)
        compile(tree, path, "exec")  # finds a break outside of a loop, and the like
        return tree, ""
    except SyntaxError as fault:
        text = (fault.text or "").strip()
        return None, f'  File "{path}", line {fault.lineno}\n    {text}\nSyntaxError: {fault.msg}'
    except (ValueError, RecursionError, MemoryError):
        return None, _NOT_PLAYED.format("a script of this shape")


def _told_then_listening(context: Context) -> Steps:
    if context.tty:  # whoever types there waits for answers
        yield line("(simulated) the practice engine does not run Python line by line")
    while True:
        try:
            if not (yield READ):
                return 0
        except Interrupted:
            pass
