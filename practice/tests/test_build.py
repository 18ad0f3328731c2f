"""Building images: the classic builder's messages, errors, cache and results."""

from __future__ import annotations

import io
import json
import tarfile
from typing import Any

import docker
import pytest
from docker.errors import BuildError
from hypothesis import given
from hypothesis import strategies as st

from essaim_practice.files.filesystem import EMPTY, FileSystem
from essaim_practice.images import dockerfile, hints
from essaim_practice.images.build_context import CopyFailed, copy, source_kind, unpack
from essaim_practice.images.dockerfile_words import expand
from essaim_practice.images.reference import parse
from essaim_practice.store.errors import ApiError
from essaim_practice.store.memory import UNBOUNDED

from .conftest import Answer, Call
from .playing import run_unsliced

DEMO = b"""\
FROM python:3.11-slim
WORKDIR /app
COPY app.py .
RUN pip install streamlit
EXPOSE 8080
CMD ["streamlit", "run", "app.py", "--server.port=8080", "--server.address=0.0.0.0"]
"""
APP = b'import streamlit as st\nst.title("Hello")\nst.line_chart([1, 3, 2])\n'


def tar_of(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class Builder:
    """Builds a Dockerfile with a few files beside it on node1."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def answer(self, text: str | bytes, query: str = "", **files: bytes) -> Answer:
        source = text.encode() if isinstance(text, str) else text
        beside = {"app.py": b"print(1)\n", "d/z": b"q\n", "d/sub/y": b"r\n"}
        context = tar_of({"Dockerfile": source, **beside, **files})
        headers = {"Content-Type": "application/x-tar"}
        return self._call("POST", f"/build?{query}", context, headers=headers)

    def told(self, text: str | bytes, query: str = "", **files: bytes) -> list[dict[str, Any]]:
        answer = self.answer(text, query, **files)
        assert answer.status == 200, answer.message
        return [json.loads(line) for line in answer.body.splitlines()]

    def log(self, text: str | bytes, query: str = "", **files: bytes) -> str:
        told = self.told(text, query, **files)
        assert "error" not in told[-1], told[-1]
        return "".join(line.get("stream", "") for line in told)


@pytest.fixture
def builder(call: Call, engine: docker.DockerClient) -> Builder:
    engine.images.pull("alpine")
    return Builder(call)


def test_the_courses_app_is_built_step_by_step(
    builder: Builder, engine: docker.DockerClient
) -> None:
    told = builder.told(DEMO, "t=my-streamlit-app", **{"app.py": APP})
    stream = "".join(line.get("stream", "") for line in told)
    steps = [line for line in stream.splitlines() if line.startswith("Step ")]
    assert [step.split(" : ")[0] for step in steps] == [f"Step {n}/6" for n in range(1, 7)]
    assert steps[3] == "Step 4/6 : RUN pip install streamlit"
    assert {"status": "Pulling from library/python", "id": "3.11-slim"} in told
    assert "Collecting streamlit" in stream
    assert "(simulated)" in stream
    image = engine.images.get("my-streamlit-app")
    short = image.id.removeprefix("sha256:")[:12]
    assert {"aux": {"ID": image.id}} in told
    assert stream.endswith(
        f"Successfully built {short}\nSuccessfully tagged my-streamlit-app:latest\n"
    )
    assert image.attrs["Config"]["WorkingDir"] == "/app"
    assert image.attrs["Config"]["ExposedPorts"] == {"8080/tcp": {}}
    assert image.attrs["Size"] > engine.images.get("python:3.11-slim").attrs["Size"] + 3 * 10**8
    made = [step["CreatedBy"] for step in image.history()[:5]]
    assert made[0].startswith('/bin/sh -c #(nop)  CMD ["streamlit" "run" "app.py"')
    assert made[1:3] == [
        "/bin/sh -c #(nop)  EXPOSE 8080",
        "/bin/sh -c pip install streamlit",
    ]
    assert made[4] == "/bin/sh -c #(nop) WORKDIR /app"


def test_docker_py_finds_the_image_it_built(engine: docker.DockerClient) -> None:
    context = io.BytesIO(tar_of({"Dockerfile": DEMO, "app.py": APP}))
    image, log = engine.images.build(fileobj=context, custom_context=True, tag="app:1")
    assert image.tags == ["app:1"]
    assert any("Successfully built" in line.get("stream", "") for line in log)
    broken = io.BytesIO(tar_of({"Dockerfile": b"FROM alpine\nRUN false\n"}))
    with pytest.raises(BuildError, match="returned a non-zero code: 1"):
        engine.images.build(fileobj=broken, custom_context=True)


def test_the_cache_holds_until_something_changes(builder: Builder) -> None:
    text = "FROM alpine\nWORKDIR /app\nCOPY app.py .\nRUN echo built\n"
    assert "Using cache" not in builder.log(text)
    assert builder.log(text).count(" ---> Using cache") == 3
    changed = builder.log(text, "", **{"app.py": b"print(2)\n"})
    assert changed.count(" ---> Using cache") == 1
    assert "built" in changed
    assert "Using cache" not in builder.log(text, "nocache=1")


def test_the_cache_is_taken_from_the_images_that_are_named(builder: Builder) -> None:
    text = "FROM alpine\nENV A=1\nRUN echo built\n"
    builder.log(text, "t=first")
    assert builder.log(text, "cachefrom=%5B%22first%22%5D").count("Using cache") == 2
    assert "Using cache" not in builder.log(text, "cachefrom=%5B%22alpine%22%5D")
    assert "Using cache" not in builder.log(text, "cachefrom=%5B%22nosuch%22%5D")
    assert builder.answer(text, "cachefrom=3").status == 400


@pytest.mark.parametrize(
    ("ignored", "left"),
    [
        ("Dockerfile\n.dockerignore\n", "app.py d"),
        ("*\n!app.py\n!d\n", "app.py d"),  # the client has left out the rest
        ("# Dockerfile\n.docker*\n", "Dockerfile app.py d"),
        ("**/Dockerfile\n", ".dockerignore app.py d"),
        ("Dockerfile\n!Dockerfile\n", ".dockerignore Dockerfile app.py d"),
    ],
)
def test_what_is_ignored_is_not_copied(builder: Builder, ignored: str, left: str) -> None:
    text = "FROM alpine\nCOPY . /x\nRUN cd /x && echo = $(ls -A)\n"
    assert f"= {left}\n" in builder.log(text, "", **{".dockerignore": ignored.encode()})


@pytest.mark.parametrize(
    ("text", "query", "status", "message"),
    [
        ("", "", 400, "the Dockerfile (Dockerfile) cannot be empty"),
        ("# only\n", "", 400, "failed to parse Dockerfile: file with no instructions"),
        ("RUN ls\n", "", 400, "no build stage in current context"),
        (
            "FROM alpine\nFOO bar\n",
            "",
            400,
            "dockerfile parse error on line 2: unknown instruction: FOO (did you mean FROM?)",
        ),
        (
            "FROM alpine\nBLAHBLAH x\n",
            "",
            400,
            "dockerfile parse error on line 2: unknown instruction: BLAHBLAH",
        ),
        (
            "FROM\n",
            "",
            400,
            "dockerfile parse error on line 1: FROM requires either one or three arguments",
        ),
        (
            "FROM alpine\n\nCOPY app.py\n",
            "",
            400,
            "dockerfile parse error on line 3: COPY requires at least two arguments, but only one "
            "was provided. Destination could not be determined",
        ),
        (
            "FROM alpine\nENV A\n",
            "",
            400,
            "failed to parse Dockerfile: ENV must have two arguments",
        ),
        (
            "FROM alpine\nWORKDIR\n",
            "",
            400,
            "dockerfile parse error on line 2: WORKDIR requires exactly one argument",
        ),
        (
            "FROM alpine\nEXPOSE\n",
            "",
            400,
            "dockerfile parse error on line 2: EXPOSE requires at least one argument",
        ),
        (
            "FROM alpine\nHEALTHCHECK foo\n",
            "",
            400,
            'dockerfile parse error on line 2: Unknown type "FOO" in HEALTHCHECK (try CMD)',
        ),
        ("FROM alpine\n", "target=foo", 400, 'target stage "foo" could not be found'),
        ("FROM alpine\n", "dockerfile=Nope", 400, "Cannot locate specified Dockerfile: Nope"),
        (
            "FROM alpine\n",
            "t=UP",
            400,
            "invalid reference format: repository name (library/UP) must be lowercase",
        ),
    ],
)
def test_what_cannot_begin_is_refused_at_once(
    builder: Builder, text: str, query: str, status: int, message: str
) -> None:
    answer = builder.answer(text, query)
    assert (answer.status, answer.message) == (status, message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "COPY nope /x",
            "COPY failed: file not found in build context or excluded by .dockerignore: stat nope: "
            "file does not exist",
        ),
        ("COPY b* /x", "COPY failed: no source files were specified"),
        (
            "COPY app.py app.py /x",
            "When using COPY with more than one source file, the destination must be a directory "
            "and end with a /",
        ),
        ("COPY ../x /b", "COPY failed: forbidden path outside the build context: ../x ()"),
        ("RUN false", "The command '/bin/sh -c false' returned a non-zero code: 1"),
        ("RUN nosuchcmd", "The command '/bin/sh -c nosuchcmd' returned a non-zero code: 127"),
        ("RUN exit 3", "The command '/bin/sh -c exit 3' returned a non-zero code: 3"),
        ("EXPOSE abc", "Invalid containerPort: abc"),
        ("COPY --from=0 /a /b", "invalid from flag value 0: refers to current build stage"),
        ("FROM ${X}", "base name (${X}) should not be blank"),
        (
            "FROM nosuchimage",
            "pull access denied for nosuchimage, repository does not exist or may require 'docker "
            "login': denied: requested access to the resource is denied\n"
            + hints.of(parse("nosuchimage")),
        ),
        ("FROM alpine\nCOPY --from=0 /nope /b", "COPY failed: stat nope: file does not exist"),
        (
            "RUN --mount=type=cache,target=/x ls",
            "the --mount option requires BuildKit. Refer to https://docs.docker.com/go/buildkit/ "
            "to learn how to build images with BuildKit enabled",
        ),
    ],
)
def test_a_step_that_fails_ends_the_build(builder: Builder, text: str, message: str) -> None:
    last = builder.told(f"FROM alpine\n{text}\n")[-1]
    assert last["error"] == message
    assert last["errorDetail"]["message"] == message


def test_a_failed_command_shows_its_errors_in_red(builder: Builder) -> None:
    told = builder.told("FROM alpine\nRUN nosuchcmd\n")
    assert {"stream": "\x1b[91m/bin/sh: nosuchcmd: not found\n\x1b[0m"} in told
    assert told[-1]["errorDetail"]["code"] == 127


def test_stages_hand_files_on(builder: Builder, engine: docker.DockerClient) -> None:
    text = """
        FROM alpine AS base
        RUN echo from-base > /note
        FROM busybox
        COPY --from=base /note /kept/
        CMD ["cat", "/kept/note"]
    """
    builder.log(text, "t=two")
    assert engine.containers.run("two") == b"from-base\n"
    assert "busybox" in " ".join(tag for i in engine.images.list() for tag in i.tags)
    assert "Step 2/2" in builder.log(text, "target=base")


def test_arguments_and_environment_are_put_in(
    builder: Builder, engine: docker.DockerClient
) -> None:
    text = """
        ARG BASE=alpine
        FROM $BASE
        ARG WHO
        ARG HOW=${WHO}ly
        ENV GREETING="hello $WHO"
        WORKDIR /srv/${WHO:-nobody}
        LABEL who=$WHO
        RUN echo $GREETING $HOW > note
    """
    log = builder.log(text, "t=args&buildargs=%7B%22WHO%22:%22quick%22,%22NOT%22:%22x%22%7D")
    assert "[Warning] One or more build-args [NOT] were not consumed" in log
    assert engine.containers.run("args", ["cat", "note"]) == b"hello quick quickly\n"
    assert engine.images.get("args").labels == {"who": "quick"}
    assert engine.images.get("args").attrs["Config"]["WorkingDir"] == "/srv/quick"


def test_every_instruction_leaves_its_mark(builder: Builder, engine: docker.DockerClient) -> None:
    text = """
        FROM alpine
        ADD d/ app.py /q/
        SHELL ["/bin/ash","-c"]
        ENTRYPOINT top -b
        STOPSIGNAL 9
        ONBUILD RUN ls
        MAINTAINER me
        EXPOSE 80 443/udp
        ENV A "b c"
        LABEL "a b"=c d=e
        VOLUME ["/a","/b"]
        HEALTHCHECK --interval=5s --retries=2 CMD true
        USER 1:2
    """
    builder.log(text, "t=all")
    config = engine.images.get("all").attrs["Config"]
    assert config["Entrypoint"] == ["/bin/ash", "-c", "top -b"]
    assert config.get("Cmd") is None
    assert config["Env"][-1] == "A=b c"
    assert config["ExposedPorts"] == {"80/tcp": {}, "443/udp": {}}
    assert config["Healthcheck"] == {
        "Test": ["CMD-SHELL", "true"],
        "Interval": 5 * 10**9,
        "Retries": 2,
    }
    assert config["Labels"] == {"a b": "c", "d": "e"}
    assert (config["OnBuild"], config["StopSignal"]) == (["RUN ls"], "9")
    assert (config["User"], config["Volumes"]) == ("1:2", {"/a": {}, "/b": {}})
    said = [step["CreatedBy"] for step in engine.images.get("all").history()]
    assert "/bin/ash -c #(nop)  VOLUME [/a /b]" in said
    assert "/bin/ash -c #(nop)  SHELL [/bin/ash -c]" in said


def test_installed_commands_are_found_later(builder: Builder, engine: docker.DockerClient) -> None:
    builder.log("FROM alpine\nRUN apk add --no-cache curl && curl -V\n", "t=tool")
    assert b"(simulated)" in engine.containers.run("tool", ["curl", "-V"])
    requirements = b"streamlit==1.67.0  # pinned\n\nplotly\n"
    text = "FROM python:3.11-slim\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    log = builder.log(text, "", **{"requirements.txt": requirements})
    assert "Collecting streamlit==1.67.0" in log
    assert "Collecting plotly" in log
    failed = builder.told("FROM python:3.11-slim\nRUN pip install -r requirements.txt\n")
    text = "".join(line.get("stream", "") for line in failed)
    assert "No such file or directory: 'requirements.txt'" in text
    assert failed[-1]["errorDetail"]["code"] == 1


def test_an_app_without_its_package_does_not_start(
    builder: Builder, engine: docker.DockerClient
) -> None:
    builder.log(DEMO.replace(b"RUN pip install streamlit\n", b""), "t=bare", **{"app.py": APP})
    with pytest.raises(
        docker.errors.APIError, match='exec: "streamlit": executable file not found'
    ):
        engine.containers.run("bare", detach=True)


@pytest.mark.edition("28.5")
def test_steps_between_are_hidden_and_go_with_the_image(
    builder: Builder, engine: docker.DockerClient
) -> None:
    builder.log("FROM alpine\nRUN echo a > /a\nRUN echo b > /b\n", "t=mine")
    assert len(engine.images.list()) == 2
    assert len(engine.images.list(all=True)) == 3
    engine.images.remove("mine")
    assert [image.tags for image in engine.images.list(all=True)] == [["alpine:latest"]]


def test_a_rebuilt_tag_leaves_a_dangling_image(
    builder: Builder, engine: docker.DockerClient
) -> None:
    builder.log("FROM alpine\nCMD one\n", "t=mine")
    builder.log("FROM alpine\nCMD two\n", "t=mine")
    dangling = engine.images.list(filters={"dangling": True})
    assert [image.tags for image in dangling] == [[]]
    deleted = engine.images.prune()["ImagesDeleted"]
    assert {"Deleted": dangling[0].id} in deleted


def test_a_quiet_build_says_only_the_id(builder: Builder, engine: docker.DockerClient) -> None:
    told = builder.told("FROM alpine\nCOPY app.py /y\n", "q=1&t=quiet")
    assert told == [{"stream": f"{engine.images.get('quiet').id}\n"}]


def test_what_is_no_archive_is_refused(call: Call) -> None:
    answer = call("POST", "/build", b"not a tar" * 100)
    assert (answer.status, answer.message) == (400, "archive/tar: invalid tar header")
    assert call("POST", "/build", b"").message == "Cannot locate specified Dockerfile: Dockerfile"
    assert call("POST", "/build?version=2", b"").status == 501
    assert "DOCKER_BUILDKIT=0" in call("POST", "/session").message


FILES = {"app.py": b"1", "d/z": b"2", "d/sub/y": b"3"}


@pytest.mark.parametrize(
    ("sources", "target", "places"),
    [
        (("app.py",), "/x", {"/x"}),
        (("app.py",), "/x/", {"/x/app.py"}),
        (("d",), "/x", {"/x/z", "/x/sub/y"}),
        (("d/",), "/x/", {"/x/z", "/x/sub/y"}),
        ((".",), "/app/", {"/app/app.py", "/app/d/z", "/app/d/sub/y"}),
        (("*.py",), "/x/", {"/x/app.py"}),
        (("d/*",), "/x/", {"/x/z", "/x/y"}),
        (("app.py", "d/z"), "/x/", {"/x/app.py", "/x/z"}),
        (("app.py",), "/have", {"/have/app.py"}),
    ],
)
def test_copy_puts_files_where_the_daemon_does(
    sources: tuple[str, ...], target: str, places: set[str]
) -> None:
    system = FileSystem(EMPTY, lambda: 0.0)
    system.make_folder("/have")
    run_unsliced(copy(sources, target, run_unsliced(unpack(tar_of(FILES), UNBOUNDED)), system))
    assert {p for p in system.walk("/") if not system.is_folder(p)} == places


def test_history_says_what_kind_of_source_it_was() -> None:
    context = run_unsliced(unpack(tar_of(FILES), UNBOUNDED))
    kinds = [run_unsliced(source_kind((s,), context)) for s in ("app.py", "d", "*", "d/*")]
    assert kinds == ["file", "dir", "multi", "multi"]


def test_what_is_copied_keeps_its_mode_and_its_time(call: Call) -> None:
    text = b"FROM alpine\nCOPY start.sh /\nADD files.tar /data\nWORKDIR /w/d\n"
    body = io.BytesIO()
    with tarfile.open(fileobj=body, mode="w") as archive:
        for name, content in (
            ("Dockerfile", text),
            ("start.sh", b"#!/bin/sh\n"),
            ("files.tar", tar_of(FILES)),
        ):
            member = tarfile.TarInfo(name)
            member.size, member.mode, member.mtime, member.uid = len(content), 0o751, 1000, 7
            archive.addfile(member, io.BytesIO(content))
    told = call("POST", "/build?t=mine", body.getvalue())
    assert b"Successfully tagged" in told.body
    call("POST", "/containers/create?name=box", {"Image": "mine"})
    answer = call("GET", "/containers/box/archive?path=/start.sh")
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as archive:
        member = archive.getmember("start.sh")
        assert (member.mode, member.mtime, member.uid) == (0o751, 1000, 0)
    answer = call("GET", "/containers/box/archive?path=/data")
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as archive:
        assert "data/d/sub/y" in archive.getnames()
    assert call("GET", "/containers/box/archive?path=/w/d").status == 200


def test_copy_never_leaves_the_context() -> None:
    empty = FileSystem(EMPTY, lambda: 0.0)
    with pytest.raises(CopyFailed, match="forbidden path outside the build context"):
        run_unsliced(copy(("d/../../etc/passwd",), "/x", empty, empty))


def test_lines_are_joined_and_comments_dropped() -> None:
    steps = dockerfile.parse(
        "# syntax=docker/dockerfile:1\nfrom alpine\n\nRUN echo a && \\\n  # why\n  echo b\n"
    )
    assert [(step.name, step.line) for step in steps] == [("FROM", 2), ("RUN", 4)]
    assert steps[1].rest == "echo a &&   echo b"
    assert steps[0].text == "from alpine"


def reads_or_refuses(text: str) -> bool:
    try:
        return bool(dockerfile.parse(text))
    except ApiError as refused:
        return refused.status == 400


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    assert reads_or_refuses(text)
    assert reads_or_refuses(f"FROM alpine\n{text}")


@pytest.mark.parametrize(
    ("text", "expanded"),
    [
        ("$A-${A}", "1-1"),
        ("${B:-x}${A:-x}", "x1"),
        ("${A:+y}${B:+y}", "y"),
        (r"\$A", "$A"),
        ("$AB", ""),
    ],
)
def test_variables_are_put_in(text: str, expanded: str) -> None:
    assert expand(text, {"A": "1"}) == expanded
