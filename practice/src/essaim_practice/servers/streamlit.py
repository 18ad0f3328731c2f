"""Streamlit as a program, and what it serves where no app really runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path

from essaim_practice.programs import not_run, signals
from essaim_practice.programs.base import INSTALLED, Context, Program, executable
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.script_check import refusal
from essaim_practice.programs.steps import FOREVER, Interrupted, Steps, Wait, line, printing


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
        site=partial(_site, source),
        script=source,
        processes=(title,),
        hears=frozenset({signals.HUP, signals.INT, signals.TERM}),
    )


def _options(words: list[str]) -> list[tuple[str, str]]:
    """``--name=value`` and ``--name value`` pairs."""
    pairs = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            pairs.append((name, value if equals else following))
    return pairs


def _site(source: Callable[[], str], request: HttpRequest) -> HttpResponse:
    """The answer of a Streamlit server if no app really runs, and to programs in containers.

    As in Streamlit there is one page for all paths. ``essaim_practice.apps`` runs apps.
    """
    if request.path.startswith(("/_stcore/health", "/healthz")):
        return HttpResponse(b"ok", headers={"Content-Type": "text/plain"})
    if request.path.startswith("/_stcore/"):
        return HttpResponse(b"Not Found", HTTPStatus.NOT_FOUND, {"Content-Type": "text/plain"})
    text, empty = source(), _streamlit_page()
    why = refusal(text)
    if empty is None or why is not None:
        tongue = not_run.language(request.headers)
        empty = not_run.page(text, why or not_run.MISSING, request.replica, tongue).encode()
    return HttpResponse(empty, headers={"Content-Type": "text/html; charset=utf-8"})


def _streamlit_page() -> bytes | None:
    """The page of the installed Streamlit that its script fills; None if it is not installed."""
    found = find_spec("streamlit")
    if found is None or found.origin is None:
        return None
    return (Path(found.origin).parent / "static" / "index.html").read_bytes()
