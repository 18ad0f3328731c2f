"""The simulated servers and interpreters: nginx, whoami, hello-world, Python and Streamlit."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from functools import partial
from posixpath import basename, join, normpath

from essaim_practice.programs import signals, sites
from essaim_practice.programs.base import INSTALLED, Context, Program, executable, find, program
from essaim_practice.programs.steps import (
    FOREVER,
    READ,
    Interrupted,
    Steps,
    Wait,
    ending,
    line,
    printing,
)

_HTTP = frozenset({80})
_ENDING = frozenset({signals.HUP, signals.INT, signals.TERM})


@executable(("nginx",), "nginx")
def nginx(argv: list[str], context: Context) -> Program:
    match argv[1:2]:
        case ["-t"]:
            return Program(_checked())
        case ["-v" | "-V"]:
            version = context.env.get("NGINX_VERSION", "1.29.3")
            return Program(printing(f"nginx version: nginx/{version}", stream=2))
        case ["-s"]:
            return Program(_signalled(argv[2:3], context))
    return Program(
        _nginx_steps(context, entrypoint=False),
        term_code=0,
        ports=_HTTP,
        site=partial(sites.nginx, context),
        processes=("nginx: master process nginx -g daemon off;", "nginx: worker process"),
        hears=_NGINX_HEARS,
    )


def _checked() -> Steps:
    """``nginx -t``: no configuration is read, so every one is good."""
    path = "nginx: the configuration file /etc/nginx/nginx.conf"
    yield line(f"{path} syntax is ok", 2)
    yield line("nginx: configuration file /etc/nginx/nginx.conf test is successful", 2)
    return 0


_NGINX_ORDERS = {"stop": signals.TERM, "quit": signals.QUIT, "reload": signals.HUP}


def _signalled(words: list[str], context: Context) -> Steps:
    """``nginx -s reload``: a signal to the master."""
    order = words[0] if words else ""
    if order != "reopen" and order not in _NGINX_ORDERS:
        yield line(f'nginx: invalid option: "-s {order}"', 2)
        return 1
    stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(context.now()))
    yield line(f"{stamp} [notice] 29#29: signal process started", 2)
    if order in _NGINX_ORDERS:
        context.inside.kill(1, _NGINX_ORDERS[order])
    return 0


@executable(("nginx",), "docker-entrypoint.sh")
def nginx_entrypoint(argv: list[str], context: Context) -> Program:
    rest = argv[1:]
    if not rest:
        return Program(ending(0))
    inner = program(rest, context)
    if basename(rest[0]) != "nginx":
        return inner
    return replace(inner, steps=_nginx_steps(context, entrypoint=True))


def _nginx_steps(context: Context, entrypoint: bool) -> Steps:
    if entrypoint:
        yield from _NGINX_ENTRYPOINT
    version = context.env.get("NGINX_VERSION", "1.29.3")
    notes: tuple[str, ...] = (
        'using the "epoll" event method',
        f"nginx/{version}",
        "start worker processes",
    )
    while True:
        stamp = time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(context.now()))
        for note in notes:
            yield line(f"{stamp} [notice] 1#1: {note}", 2)
        if notes[-1] == "exit":
            return 0
        try:
            yield FOREVER
        except Interrupted as heard:
            name, doing, *more = _NGINX_SIGNALS[heard.signal]
            notes = (f"signal {heard.signal} (SIG{name}) received, {doing}", *more)


_NGINX_ENTRYPOINT = tuple(
    line(f"/docker-entrypoint.sh: {text}")
    for text in (
        "/docker-entrypoint.d/ is not empty, will attempt to perform configuration",
        "Looking for shell scripts in /docker-entrypoint.d/",
        "Launching /docker-entrypoint.d/10-listen-on-ipv6-by-default.sh",
        "Launching /docker-entrypoint.d/20-envsubst-on-templates.sh",
        "Launching /docker-entrypoint.d/30-tune-worker-processes.sh",
        "Configuration complete; ready for start up",
    )
)
_NGINX_SIGNALS = {
    signals.HUP: ("HUP", "reconfiguring", "reconfiguring", "start worker processes"),
    signals.INT: ("INT", "exiting", "exit"),
    signals.QUIT: ("QUIT", "shutting down", "exit"),
    signals.USR1: ("USR1", "reopening logs", "reopening logs"),
    signals.TERM: ("TERM", "exiting", "exit"),
}
_NGINX_HEARS = frozenset(_NGINX_SIGNALS)


@executable(("whoami",), "whoami")
def whoami(argv: list[str], context: Context) -> Program:
    def steps() -> Steps:
        yield line("Starting up on port 80", 2)
        try:
            yield FOREVER
        except Interrupted:
            return 2  # as Go's runtime ends
        return 0

    return Program(
        steps(),
        term_code=2,
        ports=_HTTP,
        site=partial(sites.whoami, context),
        processes=("/whoami",),
        hears=_ENDING,
    )


@executable(("hello-world",), "hello")
def hello(argv: list[str], context: Context) -> Program:
    return Program(printing(_HELLO))


_HELLO = """
Hello from Docker!
This message shows that your installation appears to be working correctly."""


@executable((INSTALLED,), "streamlit")
def streamlit(argv: list[str], context: Context) -> Program:
    words = argv[1:]
    if words[:1] != ["run"]:
        return Program(printing("Usage: streamlit [OPTIONS] COMMAND [ARGS]..."))
    options = dict(_options(words[1:]))
    script = next((word for word in words[1:] if not word.startswith("-")), "")
    if context.file(script) is None:
        text = (
            "Usage: streamlit run [OPTIONS] [TARGET] [ARGS]...\n"
            "Try 'streamlit run --help' for help.\n\n"
            f"Error: Invalid value: File does not exist: {script}"
        )
        return Program(printing(text, 2, 2))
    address = options.get("--server.address") or context.env.get("STREAMLIT_SERVER_ADDRESS", "")
    port = options.get("--server.port") or context.env.get("STREAMLIT_SERVER_PORT", "8501")
    number = int(port) if port.isdigit() else 8501

    def steps() -> Steps:
        yield Wait(0.6)
        yield line("")
        yield line(
            "Collecting usage statistics. To deactivate, set browser.gatherUsageStats to false."
        )
        yield line("")
        yield line("")
        yield line("  You can now view your Streamlit app in your browser.")
        yield line("")
        yield line(f"  URL: http://{address or 'localhost'}:{number}")
        yield line("")
        try:
            yield FOREVER
        except Interrupted:
            yield line("  Stopping...")
        return 0

    reachable = address not in ("localhost", "127.0.0.1")
    title = " ".join(["/usr/local/bin/python3.11 /usr/local/bin/streamlit", *words])

    def source() -> str:
        return (context.file(script) or b"").decode(errors="replace")

    return Program(
        steps(),
        term_code=0,
        ports=frozenset({number} if reachable else ()),
        site=partial(sites.streamlit, source),
        script=source,
        processes=(title,),
        hears=_ENDING,
    )


def _listening() -> Steps:
    """An interactive program that understands nothing, and ends with its input."""
    while True:
        try:
            if not (yield READ):
                return 0
        except Interrupted:
            pass


def _options(words: list[str]) -> list[tuple[str, str]]:
    """``--name=value`` and ``--name value`` pairs."""
    pairs = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            pairs.append((name, value if equals else following))
    return pairs


@executable(("python",), "python", "python3", "python3.11")
def python(argv: list[str], context: Context) -> Program:
    words = argv[1:]
    version = context.env.get("PYTHON_VERSION", "3.11.14")
    if words[:1] in (["-V"], ["--version"]):
        return Program(printing(f"Python {version}"))
    if words[:2] in (["-m", "streamlit"], ["-m", "pip"]):
        maker = find(words[1], context)
        if maker is not None:
            return maker(words[1:], context)
        text = f"/usr/local/bin/python3: No module named {words[1]}"
        return Program(printing(text, 1, 2))
    if not words:
        return Program(_told_then_listening(context), hears=frozenset({signals.INT}))
    if not words[0].startswith("-") and context.file(words[0]) is None:
        path = normpath(join(context.cwd, words[0]))
        text = f"python3: can't open file '{path}': [Errno 2] No such file or directory"
        return Program(printing(text, 2, 2))
    if words[:1] == ["-c"] and len(words) > 1 and (shown := _PRINT.fullmatch(words[1].strip())):
        return Program(printing(shown[2] if shown[1] else shown[3]))
    return Program(printing(_NO_PYTHON))


_NO_PYTHON = "(simulated) the practice engine does not run Python code"


def _told_then_listening(context: Context) -> Steps:
    if context.tty:  # whoever types there waits for answers
        yield line(_NO_PYTHON)
    return (yield from _listening())


# One print of one text or whole number: all the Python that is played.
_PRINT = re.compile(r"""print\(\s*(?:(["'])([^"'\\{}%]*)\1|([0-9]{1,18}))\s*\)""")
