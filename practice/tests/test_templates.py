"""Go's templates as far as Swarm's go, and what reaches a task's container through them."""

from __future__ import annotations

import base64
import io
import sys
import tarfile
from contextlib import suppress
from types import FrameType
from typing import Any

import docker
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from essaim_practice.swarm import expansion
from essaim_practice.swarm.templates import TemplateError, expand

from .conftest import Call

WEB = expansion.context(
    ("s1", "web", {"a": "b", "c": "d"}), ("n1", "node1"), ("t1", "web.1.t1", "1")
)
FUNCTIONS = {"env": {"X": "y"}.__getitem__}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain }} text", "plain }} text"),
        ("{{.Service.Name}}-{{ .Task.Slot }}", "web-1"),
        ("a {{- .Node.Hostname -}} b", "anode1b"),
        ("{{/* nothing */}}x", "x"),
        ('{{index .Service.Labels "a"}}{{index .Service.Labels "none"}}', "b"),
        ("{{.Service.Labels.a}} {{.Service.Labels}}", "b map[a:b c:d]"),
        ("{{.Node}} {{.Task}}", "{n1 node1 {x86_64 linux}} {t1 web.1.t1 1}"),
        ('{{if eq .Task.Slot "1"}}one{{else}}more{{end}}', "one"),
        ('{{if eq .Task.Slot "2"}}x{{else if .Service.Name}}y{{else}}z{{end}}', "y"),
        ("{{range .Service.Labels}}[{{.}}]{{end}}", "[b][d]"),
        ("{{with .Service.Name}}<{{.}}>{{end}}", "<web>"),
        ('{{printf "%s-%d-%q" .Service.Name 3 "x"}}', 'web-3-"x"'),
        ('{{.Service.Name | printf "%s!"}}{{(print 1 2)}}', "web!12"),
        ('{{join "-" "a" "b"}} {{len .Service.Name}} {{not true}}', "a-b 3 false"),
        ('{{"a}}b"}} {{`raw`}}', "a}}b raw"),
        ('{{env "X"}}', "y"),
    ],
)
def test_templates_become_what_go_makes_of_them(text: str, expected: str) -> None:
    assert expand(text, WEB, FUNCTIONS) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{", "1: unclosed action"),
        ("a\n{{.Service.Name", "2: unclosed action"),
        ("{{upper .Service.Name}}", '1: function "upper" not defined'),
        (
            "{{.Foo}}",
            '1:2: executing "expansion" at <.Foo>: can\'t evaluate field Foo in type '
            "*template.Context",
        ),
        (
            "{{.Service.Nope}}",
            '1:10: executing "expansion" at <.Service.Nope>: can\'t evaluate field Nope in type '
            "struct { ID string; Name string; Labels map[string]string }",
        ),
        (
            "x\n{{.Service.Labels.zz}}",
            '2:10: executing "expansion" at <.Service.Labels.zz>: map has no entry for key "zz"',
        ),
    ],
)
def test_failures_are_in_gos_words(text: str, message: str) -> None:
    with pytest.raises(TemplateError) as caught:
        expand(text, WEB)
    assert str(caught.value) == f"template: expansion:{message}"


@given(st.lists(st.sampled_from([*list('{{}}.|()"`- $1'), "{{", "}}", "if ", "end", ".Task"])))
@example(["{{if .Task}}"] * 2000)
@example(["{{("] * 2000)
def test_any_text_is_expanded_or_refused(parts: list[str]) -> None:
    with suppress(TemplateError):
        expand("".join(parts), WEB)


@pytest.mark.parametrize(
    "text",
    [
        "{{if " + "(" * 3000 + "1" + ")" * 3000 + "}}{{end}}",
        "{{.Node.Hostname}}" * 20_000,
        "{{with 1}}" * 3000 + "{{end}}" * 3000,
    ],
)
def test_no_template_keeps_others_waiting(text: str) -> None:
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        with pytest.raises(TemplateError, match=r"expression depth exceeded|than \d+ bytes"):
            expand(text, WEB)
    finally:
        sys.setprofile(None)
    assert calls < 1_500_000


def test_the_templates_of_one_specification_share_a_length() -> None:
    pair = "A=" + "{{.Node.Hostname}}" * 1000
    assert len(expansion.expanded({"Env": [pair] * 3}, WEB)["Env"]) == 3
    with pytest.raises(TemplateError, match="longer than 65536 bytes together"):
        expansion.expanded({"Env": [pair] * 4}, WEB)


# In services


def make(call: Call, kind: str, name: str, data: str, templated: bool = False) -> str:
    body: dict[str, Any] = {"Name": name, "Data": base64.b64encode(data.encode()).decode()}
    if templated:
        body["Templating"] = {"Name": "golang"}
    return str(call("POST", f"/{kind}s/create", body).json()["ID"])


def service(call: Call, **container: Any) -> Any:
    spec = {"Image": "alpine", "Command": ["sleep", "1000"], **container}
    template = {"ContainerSpec": spec, "RestartPolicy": {"Condition": "none"}}
    body = {"Name": "web", "Labels": {"a": "b"}, "TaskTemplate": template}
    return call("POST", "/services/create", body)


def task(engine: docker.DockerClient, state: str) -> dict[str, Any]:
    while True:
        tasks = engine.api.tasks({"service": "web"})
        if tasks and tasks[0]["Status"]["State"] == state:
            found: dict[str, Any] = tasks[0]
            return found


def members(call: Call, engine: docker.DockerClient, path: str) -> dict[str, tuple[int, int, str]]:
    """Mode, owner and content of the files at a path of the task's container."""
    running = task(engine, "running")
    names = [node.attrs["ID"] for node in engine.nodes.list()]
    hosts = {node.id: node.attrs["Description"]["Hostname"] for node in engine.nodes.list()}
    assert running["NodeID"] in names
    node = int(hosts[running["NodeID"]].removeprefix("node"))
    id = running["Status"]["ContainerStatus"]["ContainerID"]
    answer = call("GET", f"/containers/{id}/archive?path={path}", node=node)
    found = {}
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is not None:
                found[member.name] = (member.mode, member.uid, content.read().decode())
    return found


def reference(kind: str, id: str, name: str, target: str, mode: int, uid: str) -> dict[str, Any]:
    file = {"Name": target, "UID": uid, "GID": "0", "Mode": mode}
    return {"File": file, f"{kind}ID": id, f"{kind}Name": name}


def test_secrets_and_configs_are_files_of_the_task(call: Call, engine: docker.DockerClient) -> None:
    secret = make(call, "secret", "sec", "s3cret")
    plain = make(call, "config", "plain", "plain\n")
    text = 'n={{.Service.Name}}.{{.Task.Slot}} x={{env "X"}} s={{secret "key"}} c={{config "c"}}'
    text = "h=[{{.Node.Hostname}}] " + text  # which the daemon does not tell payloads
    templated = make(call, "config", "templated", text, templated=True)
    answer = service(
        call,
        Env=["X={{.Service.Labels}}"],
        Hostname="{{.Service.Name}}-{{.Task.Slot}}",
        Secrets=[reference("Secret", secret, "sec", "key", 0o400, "5")],
        Configs=[
            reference("Config", plain, "plain", "c", 0o444, "0"),
            reference("Config", templated, "templated", "/etc/x/conf", 0o440, "0"),
        ],
    )
    assert answer.status == 201, answer.body
    secrets = members(call, engine, "/run/secrets")
    assert secrets == {"secrets/key": (0o400, 5, "s3cret")}
    assert members(call, engine, "/c") == {"c": (0o444, 0, "plain\n")}
    assert members(call, engine, "/etc/x/conf") == {
        "conf": (0o440, 0, "h=[] n=web.1 x=map[a:b] s=s3cret c=plain\n")
    }
    assert members(call, engine, "/etc/hostname")["hostname"][2] == "web-1\n"


def test_a_template_that_fails_keeps_its_task_from_starting(
    call: Call, engine: docker.DockerClient
) -> None:
    id = make(call, "config", "bad", "{{.Foo}}", templated=True)
    service(call, Configs=[reference("Config", id, "bad", "bad", 0o444, "0")])
    assert task(engine, "failed")["Status"]["Err"] == (
        "starting container failed: unable to get config from config store: failed to expand "
        f'templated config {id}: template: expansion:1:2: executing "expansion" at <.Foo>: can\'t '
        "evaluate field Foo in type *template.PayloadContext"
    )


@pytest.mark.parametrize(
    ("container", "message"),
    [
        (
            {"Env": ["L={{.Foo}}"]},
            'expanding env failed: expanding env "L={{.Foo}}": template: expansion:1:2: executing '
            '"expansion" at <.Foo>: can\'t evaluate field Foo in type *template.Context',
        ),
        (
            {"Env": ['L={{env "X"}}']},
            'expanding env failed: expanding env "L={{env \\"X\\"}}": template: expansion:1: '
            'function "env" not defined',
        ),
        (
            {"Hostname": "{{"},
            "expanding hostname failed: template: expansion:1: unclosed action",
        ),
        (
            {"Mounts": [{"Type": "volume", "Source": "v{{", "Target": "/d"}]},
            'expanding mounts failed: expanding mount source "v{{": template: expansion:1: '
            "unclosed action",
        ),
    ],
)
def test_a_senseless_template_is_refused_at_once(
    call: Call, container: dict[str, Any], message: str
) -> None:
    answer = service(call, **container)
    assert answer.status == 400
    assert answer.message == f"rpc error: code = InvalidArgument desc = {message}"
