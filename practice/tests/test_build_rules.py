"""The rules of a Dockerfile: options, words, ONBUILD, users, volumes, as the real 28.5 has them."""

from __future__ import annotations

import docker
import pytest

from essaim_practice.images import dockerfile, healthcheck
from essaim_practice.images.dockerfile_words import expand
from essaim_practice.store.errors import ApiError

from .conftest import Call
from .test_build import Builder

pytestmark = pytest.mark.edition("28.5")


@pytest.fixture
def builder(call: Call, engine: docker.DockerClient) -> Builder:
    engine.images.pull("alpine")
    return Builder(call)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("COPY --foo x /x", "unknown flag: --foo (did you mean from?)"),
        ("COPY --from x /x", "missing a value on flag: --from"),
        ("COPY --from=a --from=b x /x", "duplicate flag specified: --from"),
        ("RUN --foo true", "unknown flag: --foo"),
        ("WORKDIR --foo /x", "unknown flag: --foo"),
        ("HEALTHCHECK --foo=1 CMD true", "unknown flag: --foo"),
        ("HEALTHCHECK --interval=x CMD true", 'time: invalid duration "x"'),
        ("HEALTHCHECK --interval=5 CMD true", 'time: missing unit in duration "5"'),
        (
            "HEALTHCHECK --retries=x CMD true",
            'strconv.ParseInt: parsing "x": invalid syntax',
        ),
        ("HEALTHCHECK", "HEALTHCHECK requires at least one argument"),
        ("ONBUILD", "ONBUILD requires at least one argument"),
        ("ONBUILD ONBUILD RUN x", "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"),
        ("ONBUILD FROM x", "FROM isn't allowed as an ONBUILD trigger"),
        ("ONBUILD MAINTAINER x", "MAINTAINER isn't allowed as an ONBUILD trigger"),
        ("SHELL /bin/sh -c", "SHELL requires the arguments to be in JSON form"),
        (
            "COPY",
            "COPY requires at least two arguments, but only one was provided. Destination could "
            "not be determined",
        ),
    ],
)
def test_a_line_is_refused_by_its_number(line: str, problem: str) -> None:
    with pytest.raises(ApiError) as refused:
        dockerfile.parse(f"FROM alpine\n{line}\n")
    assert refused.value.message == f"dockerfile parse error on line 2: {problem}"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("'$A'", "$A"),
        ('"$A b"', "1 b"),
        (r'"\$A\"\b"', r"$A\"\b".replace('\\"', '"')),
        (r"a\ b", "a b"),
        ("${A-x}${N-y}${E-z}${E:-w}", "1yw"),
        ("${N:-${A}2}", "12"),
        ("${P#a*.}/${P##a*.}/${P%.*}/${P%%.*}", "b.c/c/a.b/a"),
        ("$", "$"),
        ("$A$B", "1"),
    ],
)
def test_words_lose_their_quotes_and_get_values(text: str, meant: str) -> None:
    assert expand(text, {"A": "1", "E": "", "P": "a.b.c"}) == meant


@pytest.mark.parametrize("text", ["'a", '"a', "${A", "${}", "${N:?none}", "${A:-" * 200])
def test_what_has_no_end_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="failed to process"):
        expand(text, {"A": "1"})


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({}, "&{[NONE] 0s 0s 0s 0s 0}"),
        ({"interval": "1h30m", "retries": "3"}, "&{[NONE] 1h30m0s 0s 0s 0s 3}"),
        ({"timeout": "500ms", "start-interval": "90s"}, "&{[NONE] 0s 500ms 0s 1m30s 0}"),
    ],
)
def test_a_health_check_is_told_in_gos_words(flags: dict[str, str], said: str) -> None:
    assert healthcheck.said({"Test": ["NONE"], **healthcheck.times(flags)}) == said


def test_lines_are_joined_by_what_a_directive_says() -> None:
    steps = dockerfile.parse("# escape=`\nFROM alpine\nRUN echo a `\n  b\n")
    assert steps[1].rest == "echo a   b"


def test_documents_within_are_passed_over() -> None:
    text = "FROM alpine\nRUN <<EOF\necho hi\nEOF\nCOPY <<-'X' a /b\nq\n\tX\nRUN echo\n"
    assert [step.text for step in dockerfile.parse(text)] == [
        "FROM alpine",
        "RUN <<EOF",
        "COPY <<-'X' a /b",
        "RUN echo",
    ]
    with pytest.raises(ApiError, match="unterminated heredoc"):
        dockerfile.parse("FROM alpine\nRUN <<EOF\necho hi\n")


def test_triggers_of_a_parent_run_and_are_not_inherited(
    builder: Builder, engine: docker.DockerClient
) -> None:
    parent = "FROM alpine\nONBUILD RUN echo hi > /hi\nONBUILD ENV A=b\nONBUILD COPY app.py /app\n"
    builder.log(parent, "t=parent")
    assert len(engine.images.get("parent").attrs["Config"]["OnBuild"]) == 3
    log = builder.log("FROM parent\nRUN cat /hi && ls /app\n", "t=child")
    begun = log.splitlines()[:2]
    assert begun == ["Step 1/2 : FROM parent", "# Executing 3 build triggers"]
    assert "\nhi\n/app\n" in log
    again = builder.log("FROM parent\nRUN cat /hi && ls /app\n", "t=child")
    assert again.splitlines()[2:5] == [" ---> Using cache"] * 3
    config = engine.images.get("child").attrs["Config"]
    assert config.get("OnBuild") is None
    assert "A=b" in config["Env"]
    grandchild = builder.log("FROM child\n", "t=grandchild")
    assert "Executing" not in grandchild
    builder.log("FROM alpine\nONBUILD RUN true\n", "t=one")
    assert "# Executing 1 build trigger\n" in builder.log("FROM one\n")
    builder.log("FROM alpine\nONBUILD COPY nosuch /\n", "t=none")
    told = builder.told("FROM none\n")
    assert told[-1]["error"].startswith("COPY failed: file not found in build context")


def test_what_is_copied_has_the_owner_that_is_named(builder: Builder) -> None:
    log = builder.log(
        "FROM alpine\nCOPY --chown=1:2 app.py /x/\nCOPY --chown=7 d /d\n"
        "RUN stat -c '%n %u %g' /x/app.py /d /d/z\n"
    )
    assert "/x/app.py 1 2\n/d 7 7\n/d/z 7 7\n" in log
    for owner, what in (
        ("nosuch", "uid for user nosuch: no such user: nosuch"),
        ("root:nosuch", "gid for group nosuch: no such group: nosuch"),
    ):
        told = builder.told(f"FROM alpine\nCOPY --chown={owner} app.py /x\n")
        said = "unable to convert uid/gid chown string to host mapping: can't find"
        assert told[-1]["error"] == f"{said} {what}"
    told = builder.told("FROM alpine\nCOPY --chmod=755 app.py /x\n")
    assert told[-1]["error"].startswith("the --chmod option requires BuildKit.")


def test_commands_run_as_the_user_and_leave_volumes_alone(builder: Builder) -> None:
    log = builder.log(
        "FROM alpine\nVOLUME /data\nRUN echo x > /data/x; ls /data\nRUN ls -A /data | wc -l\n"
        "USER 1000:1000\nRUN id -u; echo $HOSTNAME | wc -c\n"
    )
    assert "\nx\n" in log
    assert "\n0\n" in log
    assert "\n1000\n13\n" in log
    told = builder.told("FROM alpine\nUSER nosuch\nRUN id\n")
    assert told[-1]["error"] == "unable to find user nosuch: no matching entries in passwd file"


def test_arguments_may_have_no_value_and_proxies_need_no_arg(builder: Builder) -> None:
    log = builder.log("FROM alpine\nARG V\nENV V=${V:-1.0}\nRUN echo v$V\n")
    assert "\nv1.0\n" in log
    several = 'FROM alpine\nARG a b=2 c="x y"\nRUN echo "$a|$b|$c|$HTTP_PROXY"\n'
    query = "buildargs=" + '{"a":"1","HTTP_PROXY":"http://p","nosuch":"1"}'
    log = builder.log(several, query)
    assert "\n1|2|x y|http://p\n" in log
    assert "[Warning] One or more build-args [nosuch] were not consumed\n" in log


def test_ports_and_signals_are_checked(builder: Builder, engine: docker.DockerClient) -> None:
    for line, words in (
        ("EXPOSE 80/foo", "Invalid proto: foo"),
        ("EXPOSE 99999", "Invalid containerPort: 99999"),
        ("EXPOSE abc", "Invalid containerPort: abc"),
        ("STOPSIGNAL foo", "invalid signal: foo"),
    ):
        assert builder.told(f"FROM alpine\n{line}\n")[-1]["error"] == words
    builder.log("FROM alpine\nEXPOSE 8000-8002\nEXPOSE $NOPE\nMAINTAINER me <a@b>\n", "t=ports")
    shown = engine.images.get("ports").attrs
    assert list(shown["Config"]["ExposedPorts"]) == ["8000/tcp", "8001/tcp", "8002/tcp"]
    assert shown["Author"] == "me <a@b>"


def test_a_command_before_the_entrypoint_stays(
    builder: Builder, engine: docker.DockerClient
) -> None:
    builder.log('FROM alpine\nCMD ["a"]\nENTRYPOINT ["e"]\n', "t=both")
    builder.log('FROM both\nENTRYPOINT ["f"]\n', "t=child")
    assert engine.images.get("both").attrs["Config"]["Cmd"] == ["a"]
    assert engine.images.get("child").attrs["Config"].get("Cmd") is None


def test_a_gap_in_a_line_is_warned_of(builder: Builder) -> None:
    log = builder.log("FROM alpine\nRUN echo a \\\n\n && echo b\n")
    assert log.splitlines()[:2] == [
        "[WARNING]: Empty continuation line found in: RUN echo a  && echo b",
        "[WARNING]: Empty continuation lines will become errors in a future release.",
    ]


def test_each_label_of_the_command_is_a_step(builder: Builder, engine: docker.DockerClient) -> None:
    log = builder.log("FROM alpine\n", "t=l&labels=" + '{"b":"2","a":"1"}')
    steps = [line for line in log.splitlines() if line.startswith("Step ")]
    assert steps[1:] == ["Step 2/3 : LABEL a=1", "Step 3/3 : LABEL b=2"]
    assert engine.images.get("l").labels == {"a": "1", "b": "2"}


def test_an_unknown_platform_is_refused(builder: Builder) -> None:
    answer = builder.answer("FROM alpine\n", "platform=foo")
    words = '"foo": unknown operating system or architecture: invalid argument'
    assert (answer.status, answer.message) == (400, words)


def test_the_file_that_is_empty_is_named(builder: Builder) -> None:
    answer = builder.answer("FROM alpine\n", "dockerfile=Empty", Empty=b"")
    assert answer.message == "the Dockerfile (Empty) cannot be empty"
