"""What the project promises outside of its code: verbs, pins, themes, the image and the stack."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import packages_distributions
from pathlib import Path
from threading import Thread

import pytest

ROOT = Path(__file__).parents[1]
VERBS = ("run", "test", "lint", "bench")
#: Part of how a package of ours is used, st.App's routes or docker-py's errors: it brings them.
#: What is installed by path does not list its modules.
BROUGHT = {
    "essaim_practice": "essaim-practice",
    "starlette": "streamlit",
    "anyio": "streamlit",
    "requests": "docker",
    "urllib3": "docker",
}


def text(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


# Verbs, pins, papers


def test_make_lists_its_verbs() -> None:
    listed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert {f"make {verb}" for verb in VERBS} <= set(re.findall(r"^make \w+", listed, re.M))


@pytest.mark.parametrize("verb", VERBS)
def test_the_readme_names_the_verbs(verb: str) -> None:
    assert f"make {verb}" in text("README.md")


@pytest.mark.parametrize("path", ["requirements.txt", "requirements-dev.txt"])
def test_requirements_are_pinned(path: str) -> None:
    loose = [
        line
        for line in text(path).splitlines()
        if not re.fullmatch(r"|#.*|-r requirements\.txt|-e \./practice|[\w-]+==[\w.]+", line)
    ]
    assert loose == []


@pytest.mark.parametrize("name", ["requirements", "requirements-dev"])
def test_what_is_pinned_is_locked(name: str) -> None:
    """`make lock` writes the lock files: they hold every pin, and each package's hashes."""
    locked = re.findall(r"^(\S+==\S+)(?: ;.*)? \\\n    --hash=sha256:", text(f"{name}.lock"), re.M)
    assert len(locked) == len(re.findall(r"^\S+==", text(f"{name}.lock"), re.M))
    pins = re.findall(r"^[\w-]+==[\w.]+", text("requirements.txt") + text(f"{name}.txt"), re.M)
    assert {pin.lower() for pin in pins} <= set(locked)


def test_the_image_installs_all_that_it_imports() -> None:
    pinned = {"essaim-practice", *re.findall(r"^([\w-]+)==", text("requirements.txt"), re.M)}
    distributions = packages_distributions()
    for path in [ROOT / "app.py", *ROOT.glob("core/**/*.py"), *ROOT.glob("pages/**/*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for module in _absolute(node):
                if module in sys.stdlib_module_names or module in ("core", "pages"):
                    continue
                package = BROUGHT.get(module) or distributions[module][0]
                assert package in pinned, f"{path.relative_to(ROOT)} imports {module}"


def _absolute(node: ast.AST) -> Iterator[str]:
    """The top names that an import statement takes from outside its own package."""
    if isinstance(node, ast.Import):
        yield from (alias.name.split(".")[0] for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module.split(".")[0]


def test_the_changelog_is_kept() -> None:
    changelog = text("CHANGELOG.md")
    assert "## [Unreleased]" in changelog
    version = tomllib.loads(text("pyproject.toml"))["project"]["version"]
    released = re.findall(r"^## \[(\d[\w.]*)\]", changelog, re.M)
    assert not released or released[0] == version


def test_texts_name_files_that_exist() -> None:
    folders = "core|docs|pages|practice|tests|demo|bench"
    named = re.compile(rf"(?<![\w/])(?:{folders})/[\w./-]*\w")
    texts = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("practice/*.md")]
    assert [
        f"{path.relative_to(ROOT)}: {name}"
        for path in texts
        for name in re.findall(
            named, re.sub(r"\]\(.*?\)|https?://\S+", "", path.read_text("utf-8"))
        )
        if not (ROOT / name).exists()
    ] == []


def test_no_file_names_the_machine_it_was_written_on() -> None:
    git = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if git.returncode:
        pytest.skip("not a git checkout: which files are the project's is not known")
    here = [re.escape(str(ROOT))] if len(ROOT.parts) > 2 else []
    machine = re.compile("|".join([*here, r"/(?:home|Users)/[a-z]+/"]))
    found = []
    for name in filter(None, git.stdout.split("\0")):
        path = ROOT / name
        # A picture or a font is no text, and a file may be removed but not committed yet.
        if path.is_file() and b"\0" not in (data := path.read_bytes()):
            found += [f"{name}: {hit}" for hit in machine.findall(data.decode(errors="replace"))]
    assert found == []


# Streamlit's settings and themes


def test_streamlit_knows_every_setting() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "streamlit", "config", "show"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "not a valid config option" not in shown.stdout + shown.stderr
    assert re.search(r"^port = 8080$", shown.stdout, re.M)


@pytest.mark.parametrize(("theme", "tint"), [("light", 0.1), ("dark", 0.2)])
def test_text_stands_out_from_its_ground(theme: str, tint: float) -> None:
    """WCAG's contrast; Streamlit lays texts of a colour on that colour at 10 or 20 % opacity."""
    colors = tomllib.loads(text(".streamlit/config.toml"))["theme"][theme]
    ground = colors["backgroundColor"]
    assert _contrast(colors["textColor"], ground) >= 7
    assert _contrast(colors["textColor"], colors["secondaryBackgroundColor"]) >= 7
    assert _contrast(colors["linkColor"], ground) >= 7
    assert _contrast(colors["primaryColor"], ground) >= 3
    assert _contrast(colors["primaryColor"], "#FFFFFF") >= 4.5
    for name in ("red", "orange", "yellow", "blue", "green", "violet", "gray"):
        on = _mixed(colors[f"{name}Color"], ground, tint)
        assert _contrast(colors[f"{name}TextColor"], on) >= 7, name


def _channels(color: str) -> list[float]:
    return [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]


def _mixed(color: str, ground: str, opacity: float) -> str:
    pairs = zip(_channels(color), _channels(ground), strict=True)
    return "#" + "".join(f"{round(255 * (opacity * c + (1 - opacity) * g)):02X}" for c, g in pairs)


def _luminance(color: str) -> float:
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(color)]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def _contrast(one: str, other: str) -> float:
    dark, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


# The image


def instructions(path: str) -> list[tuple[str, str]]:
    """A Dockerfile's instructions and arguments, with continued lines joined."""
    lines = re.sub(r"\\\n\s*", "", text(path)).splitlines()
    return [
        (word, rest)
        for line in lines
        if line and not line.startswith("#")
        for word, rest in [line.split(maxsplit=1)]
    ]


def last(word: str) -> str:
    """The argument of the last such instruction: the one that holds in the image."""
    return [rest for name, rest in instructions("Dockerfile") if name == word][-1]


def test_the_image_stands_on_the_course_base() -> None:
    base = last("ARG").removeprefix("BASE=")
    bases = {
        rest.split()[0].replace("${BASE}", base)
        for word, rest in instructions("Dockerfile")
        if word == "FROM"
    }
    demo = {rest for word, rest in instructions("demo/Dockerfile") if word == "FROM"}
    assert bases == demo == {"python:3.11-slim"}


def test_the_image_runs_as_nobody_special() -> None:
    user = last("USER")
    assert user.isdecimal(), "a number is seen not to be root without looking inside"
    assert int(user) >= 1000


def test_the_image_shows_its_port() -> None:
    assert last("EXPOSE") == "8080"


@pytest.mark.parametrize(
    ("body", "healthy"),
    [(b"ok", True), (b"<!doctype html><title>Streamlit</title>", False), (b"", False)],
)
def test_the_health_check_reads_the_body(body: bytes, healthy: bool) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            assert self.path == "/_stcore/health"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        code = _check_health(server.server_port)
        server.shutdown()
        thread.join()
    assert (code == 0) is healthy


def test_the_health_check_notices_silence() -> None:
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        port = server.server_port
    assert _check_health(port) != 0


def _check_health(port: int) -> int:
    """The exit code of the image's health check, asking this port instead of 8080."""
    command = json.loads(last("HEALTHCHECK").partition("CMD")[2])
    assert command[0] == "python"
    script = command[2].replace("8080", str(port))
    return subprocess.run([sys.executable, "-c", script], capture_output=True).returncode


# The stack


@pytest.mark.cli
def test_the_stack_is_what_docker_understands() -> None:
    done = subprocess.run(
        ["docker", "stack", "config", "-c", "stack.yml"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    lines = {line.strip() for line in done.stdout.splitlines()}
    assert lines >= {
        "image: essaim:latest",
        "replicas: 1",
        "- node.role == manager",
        "order: stop-first",
        "source: /var/run/docker.sock",
        "ESSAIM_ENGINE: docker",
        "ESSAIM_PASSWORD_FILE: /run/secrets/essaim_password",
        "- source: essaim_password",
        "external: true",
        "published: 8080",
        "read_only: true",
        "limits:",
        "reservations:",
    }
