"""docker's own words: help, refusals and exit codes of lines that name no command."""
# ruff: noqa: E501 - docker has long sentences

from __future__ import annotations

from typing import Any

import docker
import pytest
import requests

from core.commands import reference
from core.commands.attachments import mount
from core.commands.engine_messages import show
from core.commands.program import play, read
from core.commands.registry import COMMANDS
from core.commands.streams import Captured

RUN = "Usage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]"


@pytest.mark.parametrize(
    ("line", "code", "begins"),
    [
        ("ps --nosuch", 125, "unknown flag: --nosuch\n\nUsage:  docker ps [OPTIONS]\n\nRun"),
        ("ps -z", 125, "unknown shorthand flag: 'z' in -z\n\nUsage:  docker ps [OPTIONS]"),
        ("ps -azq", 125, "unknown shorthand flag: 'z' in -azq"),
        ("run --name", 125, f"flag needs an argument: --name\n\n{RUN}"),
        ("run -e", 125, f"flag needs an argument: 'e' in -e\n\n{RUN}"),
        ("run -m 1x a", 125, "invalid argument \"1x\" for \"-m, --memory\" flag: invalid suffix: 'x'"),
        ("run --net name=web,x=y a", 125, 'invalid argument "name=web,x=y" for "--net" flag: '),
        ("ps extra", 1, "docker: 'docker ps' accepts no arguments\n\nUsage:  docker ps [OPTIONS]\n\nRun"),
        ("run", 1, f"docker: 'docker run' requires at least 1 argument\n\n{RUN}\n\nSee 'docker run"),
        ("exec web", 1, "docker: 'docker exec' requires at least 2 arguments"),
        ("rename a", 1, "docker: 'docker rename' requires 2 arguments"),
        ("container rename a", 1, "docker: 'docker container rename' requires 2 arguments"),
        ("start -a b c", 1, "you cannot start and attach multiple containers at once"),
        ("nosuch", 1, "docker: unknown command: docker nosuch\n\nRun 'docker --help'"),
        ("container nosuch", 1, "docker: unknown command: docker container nosuch\n\nUsage:"),
        ("--nosuch", 125, "unknown flag: --nosuch"),
        ("container --nosuch", 125, "unknown flag: --nosuch\n\nUsage:  docker container\n\nRun"),
        ("service nosuch --x", 125, "unknown flag: --x\n\nUsage:  docker service\n\nRun"),
        ("volume nosuch", 1, "docker: unknown command: docker volume nosuch\n\nUsage:  docker volume COMMAND\n"),
        ("stack nosuch", 1, "docker: unknown command: docker stack nosuch\n\nUsage:  docker stack [OPTIONS]\n"),
        ("-z", 125, "unknown shorthand flag: 'z' in -z\n\nUsage:  docker [OPTIONS] COMMAND [ARG...]\n"),
        ("--log-level nosuch ps", 1, "Unable to parse logging level: nosuch"),
        ("help nosuch", 1, "unknown help topic: nosuch"),
        ("help network nosuch", 1, "unknown help topic: nosuch"),
        ("help run x", 1, "unknown help topic: x"),
        ("network ls --help --bad", 125, "unknown flag: --bad"),
        ("network ls --bad --help", 125, "unknown flag: --bad"),
        ("cp x", 1, "docker: 'docker cp' requires 2 arguments\n\nUsage:  docker cp [OPTIONS] CONTAINER:SRC_PATH DEST_PATH|-\n\tdocker cp [OPTIONS] SRC_PATH|- CONTAINER:DEST_PATH\n\nRun"),
        ("import", 1, "docker: 'docker import' requires at least 1 argument\n\nUsage:  docker import [OPTIONS] file|URL|- [REPOSITORY[:TAG]]\n\nSee"),
        ("volume update", 1, "docker: 'docker volume update' requires 1 argument"),
    ],
)  # fmt: skip
def test_a_line_that_is_wrong(line: str, code: int, begins: str) -> None:
    asked = read(line.split())
    assert (asked.command, asked.code) == (None, code)
    assert asked.text.startswith(begins)


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: " ".join(kind.verb))
def test_every_command_has_dockers_help_and_knows_its_flags(kind: type) -> None:
    verb = kind.verb  # type: ignore[attr-defined]
    if verb not in reference.entries():
        return
    asked = read([*verb, "--help"])
    assert asked.code == 0
    assert asked.text == reference.help_text(verb, verb)


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        ("nosuch x --help", "Usage:  docker [OPTIONS] COMMAND\n"),
        ("--help nosuch", "Usage:  docker [OPTIONS] COMMAND\n"),
        ("network nosuch --help", "Usage:  docker network COMMAND\n"),
        ("network --help ls", "Usage:  docker network ls [OPTIONS]\n"),
        ("network ls --help x", "Usage:  docker network ls [OPTIONS]\n"),
        ("network -h", "Flag shorthand -h has been deprecated, use --help\nUsage:  docker network"),
        ("ps -h", "Flag shorthand -h has been deprecated, use --help\nUsage:  docker ps [OPTIONS]"),
        ("help network ls", "Usage:  docker network ls [OPTIONS]\n"),
        ("help network", "Usage:  docker network COMMAND\n"),
        ("-v", "Docker version 29"),
    ],
)
def test_words_that_ask_for_help(line: str, begins: str) -> None:
    asked = read(line.split())
    assert (asked.command, asked.code, asked.is_error) == (None, 0, False)
    assert asked.text.startswith(begins)


def test_help_after_an_image_is_the_programs() -> None:
    asked = read(["run", "alpine", "ls", "--help"])
    assert asked.command is not None
    assert asked.command.argv()[-2:] == ("ls", "--help")


@pytest.mark.parametrize("line", [[], ["container"]])
def test_a_line_without_a_command_is_helped_on_the_standard_error(line: list[str]) -> None:
    streams = Captured()
    assert play(line, streams, lambda host: None) == 0
    assert not streams.out
    assert streams.error.startswith(b"Usage:")


def played(line: str, client: object = None) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of a line that no engine is asked for."""
    streams = Captured()

    def none(host: str) -> Any:
        if client is None:
            raise docker.errors.DockerException
        return client

    code = play(line.split(), streams, none)
    return code, streams.out.decode(), streams.error.decode()


PAUSE = "Flag --pause has been deprecated, and enabled by default. Use --no-pause to disable pausing during commit.\n"
KERNEL = "Flag --kernel-memory has been deprecated, and no longer supported by the kernel\n"
TRUST = "Flag --disable-content-trust has been deprecated, support for docker content trust was removed\n"


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("stop --time 3 web", "Flag --time has been deprecated, use --timeout instead\n"),
        ("stop --time=3", "Flag --time has been deprecated, use --timeout instead\n"),
        ("stop -t 3 web", ""),
        ("stop --time x web", ""),
        ("commit -p web", PAUSE),
        ("commit -pm text web", PAUSE),
        ("commit --pause=false web", PAUSE),
        ("commit --no-pause web", ""),
        ("run --kernel-memory 4m alpine", KERNEL),
        ("run alpine echo --kernel-memory 4m", ""),
        ("run -d --name --kernel-memory alpine", ""),
        ("create --disable-content-trust --kernel-memory 4m alpine", TRUST + KERNEL),
        ("update --kernel-memory 4m web", KERNEL),
        ("pull --disable-content-trust=false alpine", TRUST),
        ("push --disable-content-trust x", TRUST),
    ],
)
def test_an_old_flag_is_taken_with_a_word_about_it(line: str, told: str) -> None:
    code, out, error = played(line)
    assert (code != 0, out) == (True, told)
    assert error


def test_a_commit_that_shall_pause_and_not_is_refused() -> None:
    code, out, error = played("commit --pause --no-pause web", object())
    words = "conflicting options: --no-pause and --pause cannot be used together\n"
    assert (code, out, error) == (1, PAUSE, words)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (
            "bind-nonrecursive",
            "bind-nonrecursive is deprecated, use bind-recursive=disabled instead",
        ),
        (
            "bind-nonrecursive=true",
            "bind-nonrecursive is deprecated, use bind-recursive=disabled instead",
        ),
        (
            "bind-recursive=writable",
            "option 'bind-recursive=writable' requires 'readonly' to be specified in conjunction",
        ),
    ],
)
@pytest.mark.parametrize(
    "start", ["run --mount", "service create --mount", "service update --mount-add"]
)
def test_a_mount_that_29_refuses(start: str, fields: str, why: str) -> None:
    asked = read([*start.split(), f"type=bind,source=/a,target=/b,{fields}", "web"])
    assert asked.code == 125
    assert f"flag: {why}\n" in asked.text


@pytest.mark.parametrize(
    ("said", "makes"), [("", True), ("=true", True), ("=1", True), ("=false", False), ("=0", False)]
)
def test_a_mount_may_make_the_folder_that_it_shows(said: str, makes: bool) -> None:
    made = mount(f"type=bind,source=/a,target=/b,bind-create-src{said}")
    assert made["BindOptions"] == {"CreateMountpoint": makes}


class _Engine:
    """docker-py with an engine that has one container, ``up``."""

    def __init__(self, api_version: str) -> None:
        self.api = self
        self.api_version = api_version

    def inspect_container(self, name: str) -> dict[str, Any]:
        return {"NetworkSettings": {"Ports": {}}}

    def rename(self, name: str, new: str) -> None:
        self.remove_container(name)

    def remove_container(self, name: str, **flags: bool) -> None:
        if name != "up":
            answer = requests.Response()
            answer.status_code = 404
            raise docker.errors.NotFound("404", answer, f"No such container: {name}")


GONE = "Error response from daemon: No such container: nosuch\n"


@pytest.mark.parametrize(
    ("line", "api", "told"),
    [
        ("port up 443", "1.51", (1, "", "Error: No public port '443' published for up\n")),
        ("port up 443", "1.52", (1, "", "no public port '443' published for up\n")),
        ("rename nosuch x", "1.51",
         (1, "", f"{GONE}Error: failed to rename container named nosuch\n")),
        ("rename nosuch x", "1.52", (1, "", f"failed to rename container: {GONE}")),
        ("rm -f up nosuch", "1.51", (0, "up\n", GONE)),
        ("rm -f up nosuch", "1.52", (0, "up\n", "")),
        ("rm up nosuch", "1.52", (1, "up\n", GONE)),
    ],
)  # fmt: skip
def test_a_refusal_is_in_the_words_of_the_docker_of_the_engines_time(
    line: str, api: str, told: tuple[int, str, str]
) -> None:
    assert played(line, _Engine(api)) == told


class _Version:
    """docker-py with an engine that says what it is."""

    def __init__(self, api_version: str) -> None:
        self.api = self
        self.api_version = api_version

    def version(self) -> dict[str, Any]:
        return {"Version": "1", "ApiVersion": self.api_version}


@pytest.mark.parametrize(
    ("api", "version", "spoken"),
    [
        ("1.56", "29.8.0", "1.56"),
        ("1.52", "29.8.0", "1.52 (downgraded from 1.56)"),
        ("1.51", "28.5.2", "1.51"),
        ("1.47", "28.5.2", "1.47 (downgraded from 1.51)"),
    ],
)
def test_the_docker_command_is_of_the_engines_time(api: str, version: str, spoken: str) -> None:
    assert played("--version", _Version(api))[1].startswith(f"Docker version {version},")
    lines = [line.split(":", 1) for line in played("version", _Version(api))[1].splitlines()[:3]]
    assert [line[1].strip() for line in lines[1:]] == [version, spoken]


LAYER: dict[str, Any] = {"id": "0123456789ab", "progressDetail": {}}


@pytest.mark.parametrize(("terse", "lines"), [(True, 2), (False, 4)])
def test_layers_are_told_on_a_terminal_alone_since_29(terse: bool, lines: int) -> None:
    messages: list[dict[str, Any]] = [
        {"status": "Pulling from library/alpine", "id": "latest"},
        LAYER | {"status": "Pulling fs layer"},
        LAYER | {"status": "Pull complete"},
        {"status": "Status: Downloaded newer image for alpine:latest"},
    ]
    streams = Captured()
    show(messages, streams, terse=terse)
    assert len(streams.out.splitlines()) == lines
