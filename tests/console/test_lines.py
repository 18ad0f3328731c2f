"""What is typed into the console: it makes a command, gets help, or one clear sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.commands import grammar
from core.commands.execs import ExecContainer
from core.commands.nodes import ListNodes
from core.commands.registry import ALIASES, COMMANDS
from core.commands.runs import RunContainer
from core.commands.service_views import ListServices
from core.commands.services import ScaleServices
from core.console.lines import Line, read
from core.i18n import translation


def same(text: str) -> str:
    return text


def one(typed: str) -> Line:
    (request,) = read(typed, same)
    return request


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("docker service scale web=15", ScaleServices(replicas=(("web", 15),))),
        ("service scale web=15", ScaleServices(replicas=(("web", 15),))),
        ("  docker   node ls  # who is there", ListNodes()),
        ("$ docker node ls", ListNodes()),
        ("sudo docker node ls", ListNodes()),
        ("docker service ls \\\n  -q", ListServices(quiet=True)),
        ('run alpine echo "a # b && c; d > e"',
         RunContainer(image="alpine", command=("echo", "a # b && c; d > e"))),
        ("docker exec web sh -c 'echo $HOME > x'",
         ExecContainer(container="web", command=("sh", "-c", "echo $HOME > x"))),
        ("docker run alpine echo a#b", RunContainer(image="alpine", command=("echo", "a#b"))),
        ("docker run alpine ls --help", RunContainer(image="alpine", command=("ls", "--help"))),
    ],
)  # fmt: skip
def test_ways_to_type_it(typed: str, command: object) -> None:
    assert one(typed) == Line(one(typed).line, "command", command)  # type: ignore[arg-type]


def test_several_lines_and_what_hangs_on_what() -> None:
    typed = "# lab 3\n\ndocker node ls && docker service ls; docker ps\r\ndocker images # all\n"
    assert [(r.line, r.after_success) for r in read(typed, same)] == [
        ("docker node ls", False),
        ("docker service ls", True),
        ("docker ps", False),
        ("docker images", False),
    ]


@pytest.mark.parametrize("typed", ["", "  ", "# only a remark", "\n\n", ";;", "&&"])
def test_nothing_asks_for_nothing(typed: str) -> None:
    assert list(read(typed, same)) == []


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("docker service scal web=3", "Did you mean docker service scale?"),
        ("servise ls", "Did you mean service?"),
        ("dokcer ps", "Did you mean docker?"),
        ("docker service scale web", "SERVICE=REPLICAS, as in web=15"),
        ("docker compose up", "docker compose is Docker's, but this console does not have it"),
        ("ls -l", "docker exec NAME ls"),
        ("docker ps | grep web", "no shell, | does nothing here"),
        ("docker run alpine echo hi > hello.txt", "sh -c 'ls > …'"),
        ("docker rm $(docker ps -q)", "$( stands for nothing here"),
        ("docker rm `docker ps -q`", "` stands for nothing here"),
        ("docker run alpine echo $HOME", "$ stands for nothing here"),
        ('docker run alpine echo "$HOME"', "between single quotes"),
        ("docker run nginx &", "docker run -d goes on by itself"),
        ('docker run alpine echo "hello', "never closed"),
    ],
)
def test_what_is_wrong_and_what_to_write_instead(typed: str, words: str) -> None:
    refused = one(typed)
    assert refused.kind == "refused"
    assert words in refused.text


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("help", "docker service scale"),
        ("?", "docker service scale"),
        ("docker", "docker service scale"),
        ("docker --help", "docker service scale"),
        ("docker service", "docker service scale"),
        ("service --help", "docker service scale"),
        ("docker help swarm init", "--advertise-addr string"),
        ("docker service scale --help", "SERVICE=REPLICAS..."),
        ("run --help", "docker run [OPTIONS] IMAGE [COMMAND...]"),
    ],
)
def test_help(typed: str, words: str) -> None:
    asked = one(typed)
    assert asked.kind == "help"
    assert words in asked.text


def test_help_speaks_french() -> None:
    french = translation("fr").gettext
    (asked,) = read("docker service --help", french)
    assert "Change le nombre de réplicas de services." in asked.text
    assert "Tab complète" in asked.text


def test_it_can_be_cleared() -> None:
    assert one("clear").kind == "clear"


def malformed() -> list[str]:
    """Each verb, wronged in each of several ways."""
    lines = [
        '"',
        "'",
        "docker '",
        "docker service scale 'web=3",
        "--help me",
        "-",
        "=",
        "docker ''",
    ]
    for command in COMMANDS:
        line = f"docker {' '.join(command.verb)}"
        lines += [
            f"{line}x y",
            f"{line} --frobnicate",
            f'{line} "',
            f"{line} > file",
            f"{line} | wc",
        ]
        places = [p for p in grammar.parts(command).values() if p.kind in ("argument", "rest")]
        if not all(part.optional for part in places):
            lines.append(line)  # what it is about is missing
        elif not any(part.many for part in places):
            lines.append(f"{line} one two three")
        lines += [f"{line} {part.names[0]}" for part in grammar.parts(command).values()
                  if part.kind == "option"]  # fmt: skip
    return lines


def test_more_than_two_hundred_malformed_lines_get_a_clear_sentence_each() -> None:
    lines = malformed()
    assert len(set(lines)) > 200
    for line in lines:
        refused = one(line)
        assert refused.kind == "refused", line
        assert 10 < len(refused.text) < 250, line
        assert "\n" not in refused.text
        assert refused.text.rstrip("0123456789.:/*")[-1:].isalpha() or refused.text[-1] in ".?!)", (
            line
        )
        assert "Error" not in refused.text, line


@given(st.text(st.sampled_from("dockerservi sclweb=15-\"'#&;|$\\\n\t`<>(){}é"), max_size=60))
def test_whatever_is_typed_is_answered(typed: str) -> None:
    for request in read(typed, same):
        assert request.kind in ("command", "help", "refused", "clear")
        assert (request.kind == "command") == (request.command is not None)
        if request.kind == "refused":
            assert request.text
            assert "\n" not in request.text


def test_the_sentences_speak_french() -> None:
    french = translation("fr").gettext
    for typed in (
        *("ls", "docker compose up", "docker ps | wc", "docker ps &", "docker rm $X", "zzz"),
        *("servise ls", "docker service scal", "docker ps --al", "docker ps -z", "docker rm '"),
        *(
            "docker rm",
            "docker ps x",
            "docker service create -p x nginx",
            "docker service scale web=x",
        ),
        *("docker zzzzzz", "docker service zz --x", "docker run --name", "docker rm --force=x y"),
    ):
        (request,) = read(typed, french)
        assert request.text != one(typed).text


def test_no_habit_is_a_docker_word() -> None:
    """What is docker's is never sent away as a shell's."""
    firsts = {verb[0] for verb in (*ALIASES, *(c.verb for c in COMMANDS))}
    for word in firsts:
        assert "line for a shell" not in one(word).text


def test_a_line_may_name_another_machine() -> None:
    for typed in ("docker -H node2 node ls", "-H node2 node ls", "docker --host node2 node ls"):
        (request,) = read(typed, same)
        assert (request.kind, request.host) == ("command", "node2")
        assert request.command == ListNodes()
    (request,) = read("docker node ls", same)
    assert request.host == ""
