"""Secrets and configs: kept, shown, refused and referred to as on the real engine."""

from __future__ import annotations

import base64
import json
from typing import Any

import docker
import pytest
from docker.types import ConfigReference, SecretReference

from .conftest import Call

KINDS = [("secret", 512_000), ("config", 1_024_000)]
MANAGERS = "rpc error: code = InvalidArgument desc = "
BAD_NAME = (
    "invalid name, only 64 [a-zA-Z0-9-_.] characters allowed, "
    "and the start and end character must be [a-zA-Z0-9]"
)

both = pytest.mark.parametrize(("kind", "limit"), KINDS)


def body(name: str, data: bytes = b"hello", **more: Any) -> dict[str, Any]:
    return {"Name": name, "Data": base64.b64encode(data).decode(), **more}


def service(name: str, **container: Any) -> dict[str, Any]:
    template = {"ContainerSpec": {"Image": "nginx", **container}}
    return {"Name": name, "TaskTemplate": template, "Mode": {"Replicated": {"Replicas": 0}}}


def reference(kind: str, id: str, name: str, file: Any) -> dict[str, Any]:
    word = kind.capitalize()
    return {f"{word}s": [{f"{word}ID": id, f"{word}Name": name, "File": file}]}


@both
def test_it_is_found_by_name_and_id_and_only_a_config_tells(
    call: Call, kind: str, limit: int
) -> None:
    made = call("POST", f"/{kind}s/create", body("one", Labels={"a": "b"}))
    id = made.json()["ID"]
    assert (made.status, len(id)) == (201, 25)
    spec = {"Name": "one", "Labels": {"a": "b"}}
    for ref in (id, "one", id[:7]):
        shown = call("GET", f"/{kind}s/{ref}").json()
        assert shown["ID"] == id
        data = {"Data": "aGVsbG8="} if kind == "config" else {}
        assert shown["Spec"] == spec | data
    assert call("GET", f"/{kind}s/on").message == f"{kind} on not found"
    assert call("DELETE", f"/{kind}s/one").status == 204
    assert call("DELETE", f"/{kind}s/one").status == 404
    assert call("GET", f"/{kind}s").json() == []


@both
def test_the_list_is_filtered(call: Call, kind: str, limit: int) -> None:
    for name, labels in (("one", {"a": "b"}), ("only", {}), ("two", {})):
        call("POST", f"/{kind}s/create", body(name, Labels=labels))

    def names(filters: str) -> set[str]:
        shown = call("GET", f"/{kind}s?filters={filters}").json()
        return {each["Spec"]["Name"] for each in shown}

    assert names('{"name":["on"]}') == {"one", "only"}
    assert names('{"label":["a=b"]}') == {"one"}
    id = call("GET", f"/{kind}s/two").json()["ID"]
    assert names(json.dumps({"id": [id[:9]]}, separators=(",", ":"))) == {"two"}
    if kind == "secret":
        assert names('{"names":["one","on"]}') == {"one"}
    else:
        refused = call("GET", '/configs?filters={"names":["one"]}')
        assert refused.message == "invalid filter 'names'"


@both
def test_bad_ones_are_refused(call: Call, kind: str, limit: int) -> None:
    def refused(posted: Any) -> tuple[int, str]:
        answer = call("POST", f"/{kind}s/create", posted)
        return answer.status, answer.message.removeprefix(MANAGERS)

    size = f"{kind} data must be larger than 0 and less than {limit} bytes"
    go = f"Go struct field {kind.capitalize()}Spec"
    unmarshal = "invalid JSON: json: cannot unmarshal"
    assert refused({}) == (400, "name must be provided")
    for name in ("-a", "a.", "a b", "é", "a" * 65):
        assert refused(body(name)) == (400, BAD_NAME)
    assert refused({"Name": "a"}) == refused(body("a", b"x" * limit)) == (400, size)
    assert call("POST", f"/{kind}s/create", body("a" * 64, b"x" * (limit - 1))).status == 201
    again = f"rpc error: code = AlreadyExists desc = {kind} {'a' * 64} already exists"
    assert refused(body("a" * 64)) == (409, again)
    assert refused({"Name": 5}) == (400, f"{unmarshal} number into {go}.Name of type string")
    data = f"{unmarshal} string into {go}.Data of type []uint8: illegal base64 data at input byte 0"
    assert refused({"Name": "b", "Data": "a"}) == (400, data)
    label = f"{unmarshal} number into {go}.Labels.x of type string"
    assert refused(body("b", Labels={"x": 5})) == (400, label)


def test_a_secret_has_no_driver_here(call: Call) -> None:
    refused = call("POST", "/secrets/create", body("a", Driver={"Name": "vault"}))
    assert refused.status == 500
    assert refused.message == 'rpc error: code = Unknown desc = plugin "vault" not found'
    unnamed = call("POST", "/secrets/create", body("a", Driver={}))
    assert unnamed.message == f"{MANAGERS}secret driver must have a name"


@both
def test_only_labels_change(call: Call, kind: str, limit: int) -> None:
    call("POST", f"/{kind}s/create", body("one"))
    version = call("GET", f"/{kind}s/one").json()["Version"]["Index"]

    def update(version: object, posted: Any) -> str:
        answer = call("POST", f"/{kind}s/one/update?version={version}", posted)
        return "" if answer.status == 200 else answer.message

    only = f"{MANAGERS}only updates to Labels are allowed"
    assert update("", {"Name": "one"}) == f"invalid {kind} version"
    assert update(version, {"Name": "two"}) == only
    assert update(version, body("one", b"other")) == only
    late = "rpc error: code = Unknown desc = update out of sequence"
    assert update(version - 1, {"Name": "one"}) == late
    assert update(version, {"Name": "one", "Labels": {"x": "y"}}) == ""
    shown = call("GET", f"/{kind}s/one").json()
    assert shown["Spec"]["Labels"] == {"x": "y"}
    assert shown["Version"]["Index"] > version


@pytest.mark.parametrize("path", ["/secrets", "/configs/x"])
def test_only_a_manager_tells(call: Call, path: str) -> None:
    refused = call("GET", path, node=2)
    assert refused.status == 503
    assert refused.message.startswith("This node is not a swarm manager. Worker nodes can't")
    call("POST", "/swarm/leave", node=2)
    outside = call("GET", path, node=2)
    assert outside.status == 503
    assert outside.message.startswith('This node is not a swarm manager. Use "docker swarm init"')


@both
def test_a_service_refers_to_it_and_holds_it(call: Call, kind: str, limit: int) -> None:
    word = kind.capitalize()
    id = call("POST", f"/{kind}s/create", body("one")).json()["ID"]
    for name in ("web", "api"):
        container = reference(kind, id, "one", {"Name": "f"})
        assert call("POST", "/services/create", service(name, **container)).status == 201
    stored = call("GET", "/services/web").json()["Spec"]["TaskTemplate"]["ContainerSpec"]
    file = {"Name": "f", "UID": "", "GID": "", "Mode": 0}
    assert stored[f"{word}s"] == [{"File": file, f"{word}ID": id, f"{word}Name": "one"}]
    busy = call("DELETE", f"/{kind}s/one")
    named = busy.message.removeprefix(
        f"{MANAGERS}{kind} 'one' is in use by the following services: "
    )
    assert (busy.status, set(named.split(", "))) == (400, {"web", "api"})
    call("DELETE", "/services/api")
    alone = f"{MANAGERS}{kind} 'one' is in use by the following service: web"
    assert call("DELETE", f"/{kind}s/one").message == alone
    call("DELETE", "/services/web")
    assert call("DELETE", f"/{kind}s/one").status == 204


@both
def test_a_service_names_what_is_there(call: Call, kind: str, limit: int) -> None:
    id = call("POST", f"/{kind}s/create", body("one")).json()["ID"]
    field = f"{kind.capitalize()}s"

    def refused(*references: Any) -> str:
        answer = call("POST", "/services/create", service("web", **{field: list(references)}))
        assert answer.status == 400
        return answer.message.removeprefix(MANAGERS)

    def one(id: str, name: str, file: str) -> Any:
        return reference(kind, id, name, {"Name": file})[field][0]

    assert refused(one("nope", "x", "f")) == f"{kind} not found: x"
    assert refused(one(id, "wrong", "f")) == f"{kind} not found: wrong"
    two = (one("nope", "x", "f"), one("nope", "y", "g"))
    assert refused(*two) == f"{kind}s not found: x, y"
    assert refused(one(id, "", "f")) == f"malformed {kind} reference"
    no_name = f"malformed file {kind} reference, invalid target file name provided"
    assert refused(one(id, "one", "")) == no_name
    clash = f"{kind} references 'one' and 'one' have a conflicting target: 'f'"
    assert refused(one(id, "one", "f"), one(id, "one", "./f")) == clash
    nothing = {
        "secret": "malformed secret reference, no target provided",
        "config": "invalid Config: either File or Runtime should be set",
    }
    bare = {k: v for k, v in one(id, "one", "f").items() if k != "File"}
    assert refused(bare) == nothing[kind]
    assert "cannot unmarshal string into ServiceSpec" in refused("x")


def test_docker_py_makes_lists_and_uses_both(engine: docker.DockerClient) -> None:
    secret = engine.secrets.create(name="password", data=b"s3cret", labels={"a": "b"})
    config = engine.configs.create(name="page", data=b"<h1>hi</h1>")
    assert engine.secrets.get(secret.id).name == "password"
    assert base64.b64decode(engine.configs.get("page").attrs["Spec"]["Data"]) == b"<h1>hi</h1>"
    web = engine.services.create(
        "nginx",
        name="web",
        secrets=[SecretReference(secret.id, "password")],
        configs=[ConfigReference(config.id, "page", filename="/index.html")],
    )
    container = web.attrs["Spec"]["TaskTemplate"]["ContainerSpec"]
    assert container["Secrets"][0]["File"]["Mode"] == 0o444
    assert container["Configs"][0]["File"]["Name"] == "/index.html"
    web.remove()
    secret.remove()
    config.remove()
    assert engine.secrets.list() == engine.configs.list() == []


def test_events_tell_of_both(engine: docker.DockerClient, call: Call) -> None:
    for kind in ("secret", "config"):
        call("POST", f"/{kind}s/create", body("one"))
        version = call("GET", f"/{kind}s/one").json()["Version"]["Index"]
        call("POST", f"/{kind}s/one/update?version={version}", body("one", Labels={"a": "b"}))
        call("DELETE", f"/{kind}s/one")
    for kind in ("secret", "config"):
        stream = engine.events(since=1, decode=True, filters={kind: "one"})
        told = [next(stream) for _ in range(3)]
        stream.close()
        assert [event["Action"] for event in told] == ["create", "update", "remove"]
        for event in told:
            assert (event["Type"], event["scope"]) == (kind, "swarm")
            assert event["Actor"]["Attributes"] == {"name": "one"}


def test_a_stack_is_found_by_its_label_and_taken_down_at_once(call: Call) -> None:
    label = {"com.docker.stack.namespace": "shop"}
    network = {"Name": "shop_default", "Driver": "overlay", "Labels": label}
    target = call("POST", "/networks/create", network).json()["Id"]
    posted = service("shop_web", Labels={})
    posted |= {"Labels": label, "Mode": {"Replicated": {"Replicas": 2}}}
    posted["TaskTemplate"]["Networks"] = [{"Target": target}]
    made = call("POST", "/services/create", posted).json()["ID"]
    call("POST", "/services/create", service("other"))

    def tasks(name: str) -> list[str]:
        label = f"com.docker.stack.namespace={name}"
        filters = json.dumps({"label": [label]}, separators=(",", ":"))
        found = call("GET", f"/tasks?filters={filters}").json()
        return [task["ServiceID"] for task in found]

    assert tasks("shop") == [made, made]
    assert tasks("none") == []
    assert "is in use by service" in call("DELETE", "/networks/shop_default").message
    call("DELETE", "/services/shop_web")
    assert call("DELETE", "/networks/shop_default").status == 204
