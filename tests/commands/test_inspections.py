"""What inspect makes of the engine's answers: the docker command's own output for the same ones."""

from __future__ import annotations

from typing import Any

import pytest

from core.commands.inspections import Inspection
from core.commands.registry import parse
from core.commands.streams import Captured
from core.errors import EngineRejected

CONTAINER = {
    "Id": "aaf3df46bdd8",
    "Created": "2026-11-30T16:38:40.35790976Z",
    "State": {"Status": "running", "Running": True, "Pid": 1285, "ExitCode": 0},
    "Name": "/c1",
    "HostConfig": {
        "Memory": 0,
        "NanoCpus": 500000000,
        "LogConfig": {"Type": "json-file", "Config": {}},
        "PortBindings": {"80/tcp": [{"HostIp": "", "HostPort": "18999"}]},
    },
    "Config": {
        "Env": ["A=1"],
        "Cmd": ["nginx", "-g"],
        "Entrypoint": None,
        "Volumes": None,
        "Labels": {"b": "<2>", "a": "1"},
    },
    "NetworkSettings": {
        "IPAddress": "172.17.0.2",
        "Networks": {"bridge": {"Aliases": None, "DNSNames": None, "IPAddress": "172.17.0.2"}},
    },
}
VOLUME = {
    "CreatedAt": "2026-11-30T16:38:42Z",
    "Driver": "local",
    "Labels": None,
    "Name": "v2",
    "Options": {"type": "tmpfs", "device": "tmpfs"},
    "Scope": "local",
}
NETWORK = {"Name": "n1", "Id": "663dbb", "Created": "2026-11-30T16:32:49.904172544Z", "Labels": {}}
REFUSED = 'template parsing error: template: :1:2: executing "" at '


class Engine:
    """The part of docker-py's client that these commands ask."""

    api_version = "1.51"

    @property
    def api(self) -> Engine:
        return self

    def inspect_service(self, name: str, insert_defaults: bool) -> Any:
        raise EngineRejected(f"service {name} not found", 404)

    def inspect_container(self, name: str) -> Any:
        return CONTAINER

    def inspect_volume(self, name: str) -> Any:
        return VOLUME

    def inspect_network(self, name: str) -> Any:
        return NETWORK

    def inspect_config(self, name: str) -> Any:
        return {"ID": "i", "Spec": {"Name": "c", "Data": "YzE="}}


def played(line: str, form: str) -> tuple[str, str, int]:
    command = parse(["docker", *line.split(), "--format", form, "x"])
    assert isinstance(command, Inspection)
    streams = Captured()
    code = command.play(Engine(), streams)
    return streams.out.decode(), streams.error.decode(), code


@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("{{.Config.Entrypoint}} {{.Config.Volumes}} {{.State.Health}}", "[] map[] <nil>"),
        ("{{json .Config.Entrypoint}} {{json .Config.Env}}", 'null ["A=1"]'),
        ("{{json .Config.Labels}}", '{"a":"1","b":"<2>"}'),
        (
            '{{.Config.Labels.z}} [{{index .Config.Labels "z"}}] {{.Config.Labels.a}}',
            "<no value> [] 1",
        ),
        (
            "{{range .NetworkSettings.Networks}}{{len .DNSNames}} {{json .Aliases}}{{end}}",
            "0 null",
        ),
        ("{{.ID}} {{.SizeRw}} {{.HostConfig.LogConfig}}", "aaf3df46bdd8 <nil> {json-file map[]}"),
        ("{{.HostConfig.Memory}} {{.HostConfig.NanoCPUs}}", "0 500000000"),
        ("{{.HostConfig.PortBindings}}", "map[80/tcp:[{ 18999}]]"),
        ("{{.Id}} {{.HostConfig.NanoCpus}}", "aaf3df46bdd8 500000000"),
        ("{{.Id}} {{len .State.Pid}} {{.State.Pid}}", "aaf3df46bdd8 4 1285"),
        ("{{.NetworkSettings.IPAddress}}", "172.17.0.2"),
        ('{{printf "%03d" .State.ExitCode}} {{eq .State.ExitCode 0}}', "000 true"),
    ],
)
def test_a_container_is_a_struct_and_else_what_the_engine_says(form: str, printed: str) -> None:
    assert played("inspect", form) == (printed + "\n", "", 0)


@pytest.mark.parametrize(
    ("line", "form", "words"),
    [
        ("inspect", "{{.Nope}}", '<.Nope>: map has no entry for key "Nope"'),
        ("inspect", "{{.ID}}{{.Nope}}", '<.ID>: map has no entry for key "ID"'),
        (
            "volume inspect",
            "{{.Nope}}",
            "<.Nope>: can't evaluate field Nope in type volume.Volume",
        ),
        ("network inspect", "{{.Nope}}", '<.Nope>: map has no entry for key "Nope"'),
    ],
)
def test_a_field_that_there_is_not_ends_the_line(line: str, form: str, words: str) -> None:
    assert played(line, form) == ("\n", f"{REFUSED}{words}\n", 1)


def test_a_format_of_json_is_a_list() -> None:
    out = played("volume inspect", "json")[0]
    assert out == (
        '[{"CreatedAt":"2026-11-30T16:38:42Z","Driver":"local","Labels":null,"Name":"v2",'
        '"Options":{"device":"tmpfs","type":"tmpfs"},"Scope":"local"}]\n'
    )


def test_a_format_that_is_no_template_has_an_exit_code_of_its_own() -> None:
    assert played("inspect", "{{.Name") == (
        "",
        "template parsing error: template: :1: unclosed action\n",
        64,
    )


def test_what_a_config_holds_is_bytes() -> None:
    form = '{{.Spec.Data}} {{printf "%s" .Spec.Data}} {{json .Spec.Data}}'
    assert played("config inspect", form) == ('[99 49] c1 "YzE="\n', "", 0)


@pytest.mark.parametrize(("api", "before"), [("1.51", "Error: "), ("1.52", "")])
def test_a_service_that_there_is_not_is_told_as_the_engines_docker_does(
    api: str, before: str
) -> None:
    client = Engine()
    client.api_version = api
    streams = Captured()
    assert parse("docker service inspect nosuch").play(client, streams) == 1
    assert streams.out == b"[]\n"
    assert streams.error.decode() == f"{before}no such service: nosuch\n"


def test_a_time_has_the_methods_of_go() -> None:
    form = '{{.Created.Year}} {{.Created.Format "2 Jan 2006 15:04"}} {{.Created.Unix}} {{.Created}}'
    assert played("network inspect", form.replace("2 Jan", "02 Jan")) == (
        "2026 30 Nov 2026 16:32 1796056369 2026-11-30 16:32:49.904172544 +0000 UTC\n",
        "",
        0,
    )
