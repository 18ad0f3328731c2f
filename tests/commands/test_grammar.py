"""From the declared fields to the docker line and back."""

from __future__ import annotations

import ast
import re
from dataclasses import MISSING, fields
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.commands import (
    attachments,
    grammar,
    quantities,
    service_flags,
    service_logs,
    service_ports,
    swarm,
    swarm_settings,
    values,
)
from core.commands import container_flags as flags
from core.commands.build import TAGGED
from core.commands.command import Command
from core.commands.containers import StopContainers
from core.commands.execs import ExecContainer, StartContainers
from core.commands.grammar import Part
from core.commands.images import ListImages
from core.commands.nodes import UpdateNode
from core.commands.ports import PORT
from core.commands.registry import ALIASES, COMMANDS, parse
from core.commands.runs import RunContainer
from core.commands.service_logs import ServiceLogs
from core.commands.services import CreateService, ScaleServices, UpdateService
from core.commands.swarm import JoinSwarm
from core.errors import InvalidCommand

#: What a word of a line can hold: a byte of zero ends it.
KEYS = st.text(st.characters(exclude_characters="=\0", exclude_categories=["Cs"]), min_size=1)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
PAIRS = st.builds("{}={}".format, KEYS, TEXTS)


def _is_label(text: str) -> bool:
    return not any(sign.isspace() for sign in text.partition("=")[0])


WORDS: dict[values.Value, st.SearchStrategy[Any]] = {
    values.TEXT: TEXTS,
    values.SECRET: TEXTS,
    values.NUMBER: st.integers(0, 10**6),
    values.TAIL: st.one_of(st.just("all"), st.integers(0, 500).map(str)),
    values.DURATION: st.sampled_from(["10s", "1m30s", "500ms", "0.5h"]),
    values.LABEL: PAIRS,
    values.ENV: PAIRS,
    values.MARK: PAIRS.map(lambda text: f"a{text}".replace(" ", "")).filter(_is_label),
    values.FILTER: PAIRS,
    values.MAP: st.one_of(PAIRS, KEYS),
    values.VARIABLE: st.one_of(PAIRS, KEYS),
    TAGGED: st.sampled_from(["app", "me/app:1", "localhost:5000/app"]),
    values.STRINGS: st.sampled_from(["", "a", "10.0.0.0/8,fd00::/8", '"a,b"', "a\rb"]),
    values.INTEGER: st.integers(-(10**6), 10**6),
    values.BYTES: st.sampled_from(["512m", "1.5g", "100", "2KiB"]),
    values.SWAP: st.sampled_from(["-1", "512m"]),
    values.REPLICAS: st.tuples(KEYS, st.integers(0, 500)),
    quantities.UINT: st.integers(0, 10**6),
    flags.MOUNT: st.sampled_from(["type=volume,source=v,target=/v", "type=tmpfs,target=/t"]),
    flags.LIST: TEXTS,
    flags.ATTACH: st.sampled_from(["stdin", "stdout", "stderr"]),
    flags.RULE: st.just("c 1:3 rwm"),
    flags.LINK: st.sampled_from(["db", "db:database"]),
    flags.SEARCH: st.just("example.com"),
    flags.SYSCTL: st.just("net.ipv4.ip_forward=1"),
    flags.GPUS: st.sampled_from(["all", "2"]),
    flags.HOST: st.sampled_from(["db:10.0.0.5"]),
    flags.ADDRESS: st.sampled_from(["10.0.0.5", "::1"]),
    flags.BPS: st.just("/dev/sda:1mb"),
    flags.IOPS: st.just("/dev/sda:100"),
    flags.WEIGHT: st.just("/dev/sda:200"),
    quantities.FLOAT: st.sampled_from([0.0, 0.25, 2.0]),
    quantities.CPUS: st.sampled_from(["0.5", "2", ".25"]),
    quantities.SPAN: st.sampled_from(["10s", "-1s", "1h30m", "0"]),
    quantities.POSITIVE: st.sampled_from(["10s", "1m"]),
    attachments.MOUNT: st.sampled_from(["source=a,target=/b", "type=tmpfs,target=/t"]),
    attachments.NETWORK: st.sampled_from(["n", "name=n,alias=a"]),
    attachments.SECRET: st.sampled_from(["s", "source=s,target=t,mode=0400"]),
    attachments.CONFIG: st.sampled_from(["c", "source=c,target=/c"]),
    attachments.PREFERENCE: st.sampled_from(["spread=node.labels.a"]),
    attachments.RESOURCE: st.sampled_from(["SSD=1", "SSD=a", "=", "a=b=c"]),
    attachments.ULIMIT: st.sampled_from(["nofile=1:2", "core=0", "nproc=64:-1"]),
    attachments.CREDENTIAL_SPEC: st.sampled_from(["", "file://x", "config://c"]),
    attachments.HOST: st.sampled_from(["a:1.2.3.4", "b:::1"]),
    attachments.ADDRESS: st.sampled_from(["1.2.3.4", "::1"]),
    service_flags.WORDS: st.sampled_from(["", "sh -c 'a b'"]),
    service_flags.VARIABLE: st.one_of(PAIRS, KEYS),
    service_ports.PORT: st.sampled_from(["80", "80-81:90-91/udp", "published=1,target=2"]),
    service_logs.LAST: st.one_of(st.just("all"), st.integers(0, 500).map(str)),
    service_logs.SINCE: st.sampled_from(["10m", "2026-11-30", "1700000000"]),
    swarm.POOL: st.sampled_from(["10.0.0.0/8"]),
    swarm_settings.AUTHORITY: st.sampled_from(["protocol=cfssl,url=https://x"]),
    PORT: st.sampled_from(
        ["80", "8080:80", "53:53/udp", "127.0.0.1:80:80", "published=8080,target=80,mode=host"]
    ),
}


def held(part: Part, default: Any) -> st.SearchStrategy[Any]:
    if part.kind == "switch":
        return st.booleans() if default is not None else st.sampled_from([None, False, True])
    word = WORDS.get(part.value, st.sampled_from(part.value.name.split("|")))
    if part.many:
        return st.lists(word, min_size=0 if part.optional else 1, max_size=3).map(tuple)
    return word if default is MISSING else st.one_of(st.just(default), word)


def commands(kind: type[Command]) -> st.SearchStrategy[Any]:
    """Commands of a kind with any values in their fields that make sense together."""
    defaults = {f.name: f.default for f in fields(kind)}  # type: ignore[arg-type]
    parts = grammar.parts(kind).items()

    def made(chosen: dict[str, Any]) -> Command | None:
        try:
            return kind(**chosen)
        except InvalidCommand:
            return None

    chosen = st.fixed_dictionaries({name: held(part, defaults[name]) for name, part in parts})
    return chosen.map(made).filter(bool)


each_kind = pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: " ".join(kind.verb))
EXAMPLES = settings(max_examples=40, suppress_health_check=[HealthCheck.filter_too_much])


@each_kind
@EXAMPLES
@given(st.data())
def test_the_line_reads_back_as_the_same_command(kind: type[Command], data: st.DataObject) -> None:
    command = data.draw(commands(kind))
    assert parse(command.argv()) == command
    assert parse(command.line()) == command


@each_kind
@EXAMPLES
@given(st.data())
def test_every_python_text_is_python(kind: type[Command], data: st.DataObject) -> None:
    text = data.draw(commands(kind)).python()
    ast.parse(text)
    assert "client = docker.from_env()" in text
    by_hand = any(f"client.api.{verb}(" in text for verb in ("get", "post", "put", "delete"))
    assert not by_hand or "docker-py" in text  # it says that docker-py has no such call
    assert not re.search(r"client\.api\._", text)  # and uses nothing of its inside


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("docker service scale web=15", ScaleServices(replicas=(("web", 15),))),
        ("docker service create -p80:80 --name=web nginx:latest",
         CreateService(publish=("80:80",), name="web", image="nginx:latest")),
        ("docker service create --replicas 3 alpine ping -c 1 a",
         CreateService(replicas=3, image="alpine", args=("ping", "-c", "1", "a"))),
        ("docker run -dp 8080:8080 --name x my-streamlit-app",
         RunContainer(detach=True, publish=("8080:8080",), name="x", image="my-streamlit-app")),
        ("docker run -dit alpine sh",
         RunContainer(detach=True, interactive=True, tty=True, image="alpine", command=("sh",))),
        ("docker run -it alpine sh",
         RunContainer(interactive=True, tty=True, image="alpine", command=("sh",))),
        ("docker exec -it web sh -c 'ls -l'",
         ExecContainer(
             interactive=True, tty=True, container="web", command=("sh", "-c", "ls -l"))),
        ("docker start -ai web",
         StartContainers(attach=True, interactive=True, containers=("web",))),
        ('docker container run alpine echo "hello from alpine"',
         RunContainer(image="alpine", command=("echo", "hello from alpine"))),
        ("docker service update --force=true web", UpdateService(force=True, service="web")),
        ("docker service update web --force=false", UpdateService(service="web")),
        ("docker node update --availability drain node2",
         UpdateNode(availability="drain", node="node2")),
        ("docker stop -t 0 a b", StopContainers(timeout=0, containers=("a", "b"))),
        ("docker service logs -tn 5 web", ServiceLogs(timestamps=True, tail="5", service="web")),
        ("docker images", ListImages()),
        ("docker image ls -- -odd", ListImages(repository="-odd")),
    ],
)  # fmt: skip
def test_ways_to_write_it(line: str, command: Command) -> None:
    assert parse(line) == command


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "starts with docker"),
        ("ls -l", "starts with docker"),
        ('docker run alpine echo "hello', "never closed"),
        ("docker", "one more word"),
        ("docker service", "one more word"),
        ("docker service scal web=3", "Did you mean docker service scale?"),
        ("docker service --help", "one more word: create, inspect"),
        ("docker frobnicate", "There is no docker frobnicate here"),
        ("docker service scale web", "SERVICE=REPLICAS"),
        ("docker service scale web=many", "not a whole number"),
        ("docker service scale", "wants SERVICE=REPLICAS"),
        ("docker service create --name", "--name wants a value"),
        ("docker service create --nam web nginx", "Did you mean --name?"),
        ("docker service create -p http:80 nginx", "no port"),
        ("docker service create -p 80:99999 nginx", "no port"),
        ("docker service create --mode global --replicas 2 nginx", "replicated-job mode"),
        ("docker service update --force=maybe web", "--force takes no value"),
        ("docker service rollback web db", "no place for 'db'"),
        ("docker run -e =PASSWORD alpine", "KEY=VALUE"),
        ("docker service update --update-delay 10 web", "no duration"),
        ("docker exec web", "wants COMMAND"),
        ("docker start -i one two", "multiple containers"),
        ("docker service logs --tail some web", "not a whole number"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(line: str, words: str) -> None:
    with pytest.raises(InvalidCommand) as refusal:
        parse(line)
    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "line", ["docker run -it alpine", "docker exec -it web sh", "docker start -i web"]
)
def test_what_wants_a_keyboard_is_no_mere_run(line: str) -> None:
    command = parse(line)
    assert command.at_keyboard
    with pytest.raises(InvalidCommand, match="no keyboard"):
        command.run(None)


def test_help_shows_the_usage() -> None:
    with pytest.raises(InvalidCommand) as refusal:
        parse("docker service scale --help")
    assert str(refusal.value).splitlines() == [
        "docker service scale [OPTIONS] SERVICE=REPLICAS...",
        "  -d, --detach",
    ]


def test_secrets_are_masked_in_line_and_python() -> None:
    create = CreateService(image="db", name="db", env=("USER=anne", "PASSWORD=s3cr=t"))
    join = JoinSwarm(token="SWMTKN-1-abc", address="192.0.2.1:2377")
    for command, hidden in ((create, ("anne", "s3cr=t")), (join, ("SWMTKN-1-abc",))):
        told = command.masked()
        assert all(word in command.line() and word in command.python() for word in hidden)
        assert not any(word in told.line() or word in told.python() for word in hidden)
        assert grammar.secrets(command) == list(hidden)
    assert "PASSWORD=•••" in create.masked().line()


def test_every_class_of_command_is_registered_once() -> None:
    def concrete(kind: type[Any]) -> set[type[Any]]:
        below = {c for sub in kind.__subclasses__() for c in concrete(sub)}
        return below or {kind}

    # A slotted dataclass leaves its unslotted draft behind among the subclasses, under one name.
    # Other tests make commands of their own.
    ours = {
        kind
        for kind in concrete(Command)
        if kind.__module__.startswith("core.") and hasattr(kind, "verb")
    }
    names = {kind.__name__ for kind in ours}
    assert names == {kind.__name__ for kind in COMMANDS}
    assert len({kind.verb for kind in COMMANDS}) == len(COMMANDS)
    assert all(kind.__dictoffset__ == 0 for kind in COMMANDS)  # slotted, all the way up


def test_aliases_lead_to_commands() -> None:
    verbs = {kind.verb for kind in COMMANDS}
    assert set(ALIASES.values()) <= verbs
    assert not set(ALIASES) & verbs
