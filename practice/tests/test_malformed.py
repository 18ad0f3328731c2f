"""What no sane client sends: every refusal has Docker's shape, none is a bug of ours or a hang."""

from __future__ import annotations

import base64
import gzip
import http.client
import io
import json
import logging
import re
import socket
import tarfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import essaim_practice.api.routes  # noqa: F401  (fills the table of routes)
from essaim_practice.api import routing
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.protocol import bodies, shapes

from .conftest import Answer
from .test_server import talk

#: Refusals for which the daemon itself says 500: what was asked is well formed.
OWN_500 = re.compile(
    r"rpc error: code = Unknown desc = |Bad parameters: you must choose at least one stream"
    r"|Invalid \S+ filter: |network .* not found|Container \S+ is not paused",
    re.DOTALL,
)
#: Answered by whatever listens behind a published port, in its own words.
FOREIGN = "/_practice/"
ROUTES = [(r.method, r.pattern) for r in routing.ROUTES if not r.pattern.startswith(FOREIGN)]
limited = settings(
    derandomize=True,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


class Engine:
    """One practice engine for the whole file; a Swarm of its own for each would be slow."""

    def __init__(self) -> None:
        self.server = PracticeServer.start(speed=50.0, seed=1, bind_ports=False)
        self.port = int(self.server.urls[0].rpartition(":")[2])

    def ask(self, method: str, path: str, body: Any = None) -> Answer:
        """Send, and read the whole answer of one that ends, or the first bytes of a stream."""
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request(method, path, data)
            response = connection.getresponse()
            endless = response.status < 300 and "Content-Length" not in response.headers
            return Answer(response.status, response.headers, b"" if endless else response.read())
        finally:
            connection.close()

    def refuses(self, method: str, path: str, body: Any = None) -> Answer:
        """Ask, expecting a refusal by the client's fault."""
        answer = self.ask(method, path, body)
        assert 400 <= answer.status < 500, (method, path, answer.status, answer.body)
        assert list(answer.json()) == ["message"]
        return answer

    def bears(self, method: str, path: str, body: Any = None) -> Answer:
        """Ask, expecting any answer but a bug's: also one that makes the best of it."""
        answer = self.ask(method, path, body)
        if answer.status >= 400 and method != "HEAD":
            said = list(answer.json())  # a registry says it otherwise
            assert said == ["message"] or (said == ["errors"] and path.startswith("/v2/")), (
                method,
                path,
                answer.body,
            )
        if answer.status >= 500:
            daemons = answer.status in (501, 503) or OWN_500.search(answer.message)
            assert daemons, (method, path, answer.status, answer.body)
        return answer


@pytest.fixture(scope="module")
def shared() -> Iterator[Engine]:
    engine = Engine()
    for image in ("alpine", "nginx"):
        address = f"/images/create?fromImage={image}&tag=latest"
        connection = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=10)
        connection.request("POST", address)
        connection.getresponse().read()
        connection.close()
    yield engine
    engine.server.stop()


@pytest.fixture
def engine(shared: Engine, caplog: pytest.LogCaptureFixture) -> Iterator[Engine]:
    with caplog.at_level(logging.ERROR):
        yield shared
        assert shared.ask("GET", "/_ping").body == b"OK"
        assert [record.getMessage() for record in caplog.get_records("call")] == []


def address(pattern: str, name: str = "nothing") -> str:
    return re.sub(r"\{\w+(:path)?\}", name, pattern)


def container(**fields: Any) -> dict[str, Any]:
    return {"Image": "alpine", "Cmd": ["true"], **fields}


def service(**fields: Any) -> dict[str, Any]:
    return {"Name": "s", "TaskTemplate": {"ContainerSpec": {"Image": "alpine"}}, **fields}


def network(**pool: str) -> dict[str, Any]:
    return {"Name": "n", "IPAM": {"Config": [pool]}}


NO_JSON = [b"{", b"nope", b'{"a"', b"[]", b"3", b'"text"', b'{"a": NaN}', b"{} {}", b"\xff\xfe"]
NO_JSON += [b"[" * 5000, b'{"a":' * 5000, b'{"a": ' + b"9" * 5000 + b"}", b"\xef\xbb\xbf{}"]
POSTS = {
    "/containers/create": bodies.CONTAINER,
    "/services/create": bodies.SERVICE,
    "/services/nothing/update?version=1": bodies.SERVICE,
    "/nodes/node1/update?version=1": bodies.NODE,
    "/secrets/create": bodies.SECRET,
    "/secrets/nothing/update?version=1": bodies.SECRET,
    "/configs/create": bodies.CONFIG,
    "/configs/nothing/update?version=1": bodies.CONFIG,
    "/swarm/init": bodies.INIT,
    "/swarm/join": bodies.JOIN,
    "/swarm/update?version=1": bodies.SWARM,
    "/networks/create": bodies.NETWORK,
    "/networks/bridge/connect": bodies.ATTACHMENT,
    "/networks/bridge/disconnect": bodies.ATTACHMENT,
    "/volumes/create": bodies.VOLUME,
    "/auth": bodies.AUTH,
}


@pytest.mark.parametrize("path", POSTS)
def test_a_body_that_is_no_object_is_refused(engine: Engine, path: str) -> None:
    for body in NO_JSON:
        message = engine.refuses("POST", path, body).message
        assert message.startswith("invalid JSON: ") or message == "unexpected content after JSON"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "unexpected EOF"),
        ('{"Name":"a"} x', "unexpected content after JSON"),
        ('{"Name":"a",}', "invalid character '}' looking for beginning of object key string"),
        ("{'Name':1}", r"invalid character '\'' looking for beginning of object key string"),
        ('{"Name":tru}', "invalid character '}' in literal true (expecting 'e')"),
        ('{"Name":x}', "invalid character 'x' looking for beginning of value"),
        ('{"a":1 "b":2}', "invalid character '\"' after object key:value pair"),
        ('{"a":[1 2]}', "invalid character '2' after array element"),
        ('{"a" 1}', "invalid character '1' after object key"),
    ],
)
def test_what_is_no_json_is_refused_in_gos_words(text: str, words: str) -> None:
    with pytest.raises(shapes.Mismatch) as refused:
        shapes.parse(text)
    assert str(refused.value) == words


def wrong(shape: shapes.Shape) -> Iterator[Any]:
    """For each field in a shape, a value that has all but this field right."""
    if isinstance(shape, shapes.Struct):
        yield from (3, "text", [], True)
        for name, inner in shape.fields.items():
            yield from ({name: value} for value in wrong(inner))
    elif isinstance(shape, shapes.List):
        yield from (3, "text", {}, *([value] for value in wrong(shape.items)))
    elif isinstance(shape, shapes.Map):
        yield from (3, "text", [], *({"a": value} for value in wrong(shape.values)))
    elif isinstance(shape, shapes.Words):
        yield from (3, {}, [3])
    elif shape == "string":
        yield from (3, [], {}, True)
    elif shape == shapes.BYTES:
        yield from (3, "!", "YQ", {}, True, ["a"], [256], [-1])
    elif shape == "bool":
        yield from (3, "true", [])
    else:
        yield from ("3", [], {}, True, 10**400, *(() if shape == "float64" else (1.5, -(2**64))))


def test_every_known_field_wants_its_own_type() -> None:
    for shape in POSTS.values():
        for value in wrong(shape):
            with pytest.raises(shapes.Mismatch, match=r"^json: cannot unmarshal "):
                shapes.fit(value, shape)


@pytest.mark.parametrize("path", POSTS)
def test_a_wrong_field_is_refused_over_http(engine: Engine, path: str) -> None:
    for value in list(wrong(POSTS[path]))[::7]:
        assert "cannot unmarshal" in engine.refuses("POST", path, value).message


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("/containers/create", {"Image": 3}, "number into Go struct field CreateRequest.Image"),
        ("/containers/create", container(StopTimeout=1.5), "number 1.5 into Go struct field"),
        ("/services/create", {"Name": 3}, "ServiceSpec.Name of type string"),
        (
            "/services/create",
            service(Mode={"Replicated": {"Replicas": -1}}),
            "number -1 into Go struct field ServiceSpec.Mode.Replicated.Replicas of type uint64",
        ),
        ("/nodes/node1/update?version=1", {"Labels": []}, "array into Go struct field NodeSpec"),
        ("/volumes/create", {"DriverOpts": {"a": 3}}, "CreateOptions.DriverOpts.a of type string"),
        ("/services/create", service(Mode={"Replicated": {"Replicas": 2**63}}), "at most 20000"),
        ("/services/create", service(EndpointSpec={"Ports": [{"TargetPort": 2**20}]}), "larger"),
        ("/services/create", {}, "mismatched Runtime and *Spec fields"),
        ("/services/create", service(Name=""), None),
        ("/containers/create", container(ExposedPorts={"abc": {}}), 'specification: "abc"'),
        ("/containers/create", container(HostConfig={"PortBindings": {"x": None}}), '"x"'),
        (
            "/containers/create",
            container(HostConfig={"PortBindings": {"80/tcp": [{"HostPort": "9-8"}]}}),
            'invalid port specification: "9-8"',
        ),
        ("/containers/create", container(Healthcheck={"Interval": -1}), "less than 1ms"),
        ("/containers/create", container(Healthcheck={"Retries": -1}), "be negative"),
        ("/networks/create", {}, "name is empty"),
        ("/networks/create", network(Subnet="abc"), "invalid CIDR block notation"),
        ("/networks/create", network(Subnet="10.9.0.1/24"), "0/24"),
        ("/networks/create", network(Subnet="10.9.0.1/32"), "room"),
        ("/networks/create", network(Subnet="10.9.0.0/24", Gateway="x"), "invalid gateway x"),
        ("/swarm/join", {}, None),
        ("/configs/create", {"Data": [300]}, "number 300 into ConfigSpec.Data.0 of type uint8"),
        ("/secrets/create", {"Templating": {"name": 3}}, "SecretSpec.Templating.name of type"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    engine: Engine, path: str, body: Any, words: str | None
) -> None:
    answer = engine.bears("POST", path, body)
    if words is not None:
        assert answer.status == 400
        assert words in answer.message


MOUNT = {"Target": "/a"}

#: What a real engine refuses of a container when it is made, and its words.
NO_HOST_CONFIG: list[tuple[dict[str, Any], str]] = [
    ({"CpuPeriod": 5}, "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s"),
    ({"CpuQuota": 5}, "CPU cfs quota can not be less than 1ms (i.e. 1000)"),
    ({"MemorySwappiness": 101}, "Invalid value: 101, valid memory swappiness range is 0-100"),
    ({"CpusetMems": "9"}, "Requested memory nodes are not available - requested 9, available: 0"),
    ({"CpusetMems": "x"}, "Invalid value x for cpuset mems: invalid format: x"),
    ({"BlkioWeight": 5}, "Range of blkio weight is from 10 to 1000"),
    ({"IOMaximumIOps": 5}, "QoS maximum IOPs configuration is not supported on linux"),
    ({"UTSMode": "q"}, "invalid UTS mode: q"),
    ({"CgroupnsMode": "q"}, "invalid cgroup namespace mode: q"),
    ({"PidMode": "container:none"}, "No such container: none"),
    ({"IpcMode": "container:none"}, "No such container: none"),
    ({"Tmpfs": {"/": ""}}, "invalid specification: destination can't be '/'"),
    ({"ExtraHosts": ["bad"]}, 'bad format for add-host: "bad"'),
    ({"ExtraHosts": ["a:b"]}, 'invalid IP address in add-host: "b"'),
    ({"Annotations": {"": "x"}}, "the empty string is not permitted as an annotation key"),
    ({"SecurityOpt": ["bad"]}, 'invalid --security-opt 1: "bad"'),
    ({"SecurityOpt": ["a=b"]}, 'invalid --security-opt 2: "a=b"'),
    ({"StorageOpt": {"size": "9G"}}, "supported only for overlay over xfs with 'pquota'"),
    ({"Links": ["a:b:c"]}, "bad format for links: a:b:c"),
    ({"Links": [""]}, "empty string specified for links"),
    ({"NetworkMode": "container:"}, "invalid network mode: invalid container format"),
    ({"LogConfig": {"Type": "gelf"}}, "gelf-address is a required parameter"),
    ({"LogConfig": {"Config": {"mode": "q"}}}, "logger: logging mode not supported: q"),
    ({"LogConfig": {"Config": {"max-buffer-size": "x"}}}, "only supported with 'mode=non-"),
    ({"LogConfig": {"Type": "local", "Config": {"a": "b"}}}, "unknown log opt 'a' for log driver"),
    ({"Mounts": [{}]}, 'invalid mount config for type "": field Target must not be empty'),
    (
        {"Mounts": [{"Type": "volume", "Source": "v7", "BindOptions": {}, **MOUNT}]},
        'BindOptions must not be specified on mount type "volume"',
    ),
    (
        {"Mounts": [{"Type": "volume", "VolumeOptions": {"Subpath": "../x"}, **MOUNT}]},
        "subpath must be a relative path within the volume",
    ),
]

#: What it finds out only at the start, and its words then.
NO_START: list[tuple[dict[str, Any], str]] = [
    ({"Dns": ["bad"]}, 'bad nameserver address bad: ParseAddr("bad"): unable to parse IP'),
    ({"Ulimits": [{"Name": "nofile", "Soft": 10, "Hard": 5}]}, "error setting rlimit type 7: inva"),
    ({"Ulimits": [{"Name": "nope", "Soft": 1, "Hard": 5}]}, "wrong rlimit value: RLIMIT_NOPE"),
    ({"Tmpfs": {"/a": "nope"}}, 'invalid tmpfs option "nope"'),
    ({"Tmpfs": {"/a": "size=x"}}, 'error mounting "tmpfs" to rootfs at "/a"'),
    ({"Mounts": [{"Type": "tmpfs", "TmpfsOptions": {"SizeBytes": -1}, **MOUNT}]}, "data=size=-1"),
    ({"Sysctls": {"a": "b"}}, 'sysctl "a" is not in a separate kernel namespace'),
    ({"CpuShares": 1}, "the minimum allowed cpu-shares is 2"),
    ({"DeviceCgroupRules": ["bad"]}, "invalid device cgroup rule format: 'bad'"),
    ({"BlkioDeviceReadBps": [{"Path": "/nope", "Rate": 5}]}, "stat /nope: no such file"),
    ({"LogConfig": {"Config": {"max-file": "0"}}}, "max-file cannot be less than 1"),
    ({"LogConfig": {"Config": {"max-size": "x"}}}, "logging driver: invalid size: 'x'"),
    ({"LogConfig": {"Config": {"compress": "true"}}}, "compress cannot be true when max-file is"),
]


@pytest.mark.parametrize(("host", "words"), NO_HOST_CONFIG)
def test_what_a_machine_cannot_give_is_refused(
    engine: Engine, host: dict[str, Any], words: str
) -> None:
    refused = engine.refuses("POST", "/containers/create", container(HostConfig=host))
    assert (refused.status, words in refused.message) == (400, True), refused.message


@pytest.mark.parametrize(("host", "words"), NO_START)
def test_what_only_the_start_finds_out_is_said_then(
    engine: Engine, host: dict[str, Any], words: str
) -> None:
    made = engine.bears("POST", "/containers/create", container(HostConfig=host))
    assert made.status == 201
    name = made.json()["Id"]
    failed = engine.ask("POST", f"/containers/{name}/start")
    assert words in failed.message
    engine.bears("DELETE", f"/containers/{name}")


@pytest.mark.parametrize(
    ("config", "status", "words"),
    [
        ({"Image": "UPPER"}, 400, "repository name (library/UPPER) must be lowercase"),
        ({"Image": "a b"}, 400, "invalid reference format"),
        ({"Image": "a" * 300}, 400, "repository name must not be more than 255 characters"),
        ({"StopSignal": "q"}, 400, "invalid signal: q"),
        ({"MacAddress": "q"}, 400, "invalid config for network bridge: invalid MAC address q"),
        ({"HostConfig": {"Binds": ["vol:/a"], "VolumeDriver": "nope"}}, 404, 'plugin "nope" not'),
        ({"HostConfig": {"Mounts": [{"Type": "image", **MOUNT}]}}, 501, "mounts of images"),
    ],
)
def test_a_container_that_cannot_be_is_refused(
    engine: Engine, config: dict[str, Any], status: int, words: str
) -> None:
    refused = engine.ask("POST", "/v1.51/containers/create", container(**config))
    assert (refused.status, words in refused.message) == (status, True), refused.message


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ({"MacAddress": "02:42"}, "invalid MAC address 02:42"),
        ({"Aliases": ["a"]}, "network-scoped alias is supported only for containers in user"),
        ({"IPAMConfig": {"IPv6Address": "q"}}, "* invalid IPv6 address: q"),
        ({"IPAMConfig": {"IPv4Address": "::1"}}, "* invalid IPv4 address: ::1"),
        ({"IPAMConfig": {"LinkLocalIPs": ["q"]}}, "invalid link-local IP address: q"),
    ],
)
def test_a_place_that_a_network_cannot_give_is_refused(
    engine: Engine, place: dict[str, Any], words: str
) -> None:
    asked = container(NetworkingConfig={"EndpointsConfig": {"bridge": place}})
    assert words in engine.refuses("POST", "/containers/create", asked).message


X9 = {"Name": "x9"}
POOL = {"Subnet": "10.9.0.0/24"}


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/networks/create", {**X9, "IPAM": {"Driver": "nope"}}, 404, 'plugin "nope" not found'),
        ("/networks/create", network(**POOL, IPRange="10.8.0.0/24"), 400, "doesn't contain ip-ra"),
        ("/networks/create", network(**POOL, IPRange="q"), 400, "invalid ip-range q: invalid CI"),
        ("/networks/create", network(Gateway="10.8.0.1"), 400, "invalid subnet : invalid CIDR"),
        (
            "/networks/create",
            {**X9, "IPAM": {"Config": [{**POOL, "AuxiliaryAddresses": {"a": "q"}}]}},
            400,
            "invalid auxiliary address a: invalid address",
        ),
        ("/networks/create", {**X9, "EnableIPv4": False}, 400, "IPv4 or IPv6 must be enabled"),
        (
            "/networks/create",
            {**X9, "Options": {"com.docker.network.driver.mtu": "q"}},
            400,
            "failed to parse com.docker.network.driver.mtu value: q",
        ),
        ("/networks/create", {**X9, "ConfigFrom": {"Network": "no"}}, 404, '"no" does not exist'),
        ("/networks/create", {**X9, "ConfigOnly": True}, 501, "configuration networks"),
        ("/networks/create", {**X9, "Ingress": True}, 403, "can only be global scope network"),
        (
            "/networks/create",
            {**X9, "Driver": "macvlan", "Options": {"parent": "q"}},
            400,
            "invalid subinterface vlan name q",
        ),
        ("/networks/bridge/connect", {}, 400, 'invalid name or ID supplied: ""'),
        ("/volumes/create", {**X9, "DriverOpts": {"type": "nfs"}}, 400, 'option: "device"'),
        ("/volumes/create", {**X9, "DriverOpts": {"device": "/x"}}, 400, 'option: "type"'),
        ("/volumes/create", {**X9, "DriverOpts": {"size": "q"}}, 400, "invalid size: 'q'"),
        ("/volumes/create", {"Name": "x" * 300}, 400, "file name too long"),
        ("/volumes/create", {**X9, "ClusterVolumeSpec": {}}, 501, "cluster volumes"),
        ("/images/alpine/tag?repo=a&tag=%20", None, 400, "invalid tag format"),
        (f"/images/alpine/tag?repo={'a' * 64}", None, 400, "64-byte hexadecimal strings"),
        ("/images/create?fromImage=alpine&platform=q", None, 400, '"q": unknown operating system'),
        ("/images/create?fromImage=alpine&platform=windows", None, 404, "no matching manifest for"),
        ("/containers/create?platform=q", container(), 400, '"q": unknown operating system'),
        ("/containers/create?platform=linux/arm64", container(), 404, "does not match the specifi"),
        ("/containers/nothing/start?checkpoint=a", None, 400, "only supported in experimental"),
        ("/commit", {}, 400, 'invalid name or ID supplied: ""'),
        ("/build/prune?filters=q", None, 400, "invalid filter"),
    ],
)
def test_what_cannot_be_made_is_refused(
    engine: Engine, path: str, body: Any, status: int, words: str
) -> None:
    answer = engine.ask("POST", path, body)
    assert (answer.status, words in answer.message) == (status, True), answer.message


def test_names_fit_in_any_case_and_null_is_absent() -> None:
    fitted = shapes.fit(
        {"IMAGE": "a", "Cmd": "true", "Env": None, "Nope": 1, "Labels": {"x": None}},
        bodies.CONTAINER,
    )
    assert fitted == {"Image": "a", "Cmd": ["true"], "Labels": {"x": ""}}
    lists = {"EndpointSpec": {"Ports": [None]}}
    assert shapes.fit(lists, bodies.SERVICE) == {"EndpointSpec": {"Ports": [{}]}}


QUERIES = ["limit=abc", "t=abc", "t=1e400", "tail=%C2%B2", "since=xyz", "since=nan", "until=inf"]
QUERIES += ["version=abc", "version=%C2%B2", f"version={'9' * 5000}", "h=x&w=y", "h=-1&w=1e9"]
QUERIES += [f"filters={quote(text)}" for text in ("x", "3", "[]", '{"name":3}', '{"name":[3]}')]
QUERIES += [f"filters={quote(text)}" for text in ('{"nope":["a"]}', '{"dangling":[]}', '{"a":NaN}')]
QUERIES += [f"filters={quote('[' * 3000)}", "filters=%7B%22%5Cud800%22%3A%5B%22a%22%5D%7D"]
QUERIES += ["since=0001-01-01T00:00:00%2B23:00", "since=9999999999999999999s", "%zz=%ff&&=&;"]
QUERIES += ["condition=x", "signal=x", "name=%ff%00", "stdout=1&tail=abc", "stdout=1&since=x"]


@pytest.mark.parametrize(("method", "pattern"), ROUTES)
def test_no_query_and_no_name_breaks_a_route(engine: Engine, method: str, pattern: str) -> None:
    if pattern in ("/swarm/leave", "/containers/prune", "/images/prune"):
        pytest.skip("it would change the Swarm that the other tests ask")
    for name in ("nothing", "%zz", "%00", "%ff%fe", "a%2f..%2fb", "%ED%A0%80", "x" * 3000):
        engine.bears(method, address(pattern, name), b"{}" if method == "POST" else None)
    for query in QUERIES:
        engine.bears(method, f"{address(pattern)}?{query}", b"" if method == "POST" else None)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/containers/json?limit=abc"),
        ("GET", "/containers/json?filters=abc"),
        ("GET", "/tasks?filters=3"),
        ("GET", "/services?filters=%5B%5D"),
        ("GET", "/services?filters=%7B%22mode%22%3A3%7D"),
        ("GET", "/volumes?filters=3"),
        ("GET", "/events?since=xyz"),
        ("GET", "/events?since=nan"),
        ("POST", "/containers/awake/stop?t=abc"),
        ("POST", "/containers/awake/kill?signal=abc"),
        ("GET", "/containers/awake/logs?stdout=1&since=abc"),
        ("POST", "/containers/awake/wait?condition=abc"),
        ("GET", "/v999999999999/info"),
        ("GET", "/v" + "1" * 5000 + "/info"),
        ("BREW", "/info"),
        ("GET", "/" + "%" * 100),
    ],
)
def test_a_query_of_no_meaning_is_refused(engine: Engine, method: str, path: str) -> None:
    if "/awake/" in path:
        body = container(Cmd=["sleep", "infinity"])
        assert engine.ask("POST", "/containers/create?name=awake", body).status in (201, 409)
        assert engine.ask("POST", "/containers/awake/start").status in (204, 304)
    engine.refuses(method, path)


def tar(name: str = "Dockerfile", text: bytes = b"FROM alpine\n") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(text)
        archive.addfile(member, io.BytesIO(text))
    return out.getvalue()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"\0" * 100,
        tar()[:700].replace(b"FROM", b"\xff\0\1\2"),
        tar()[:300],
        gzip.compress(tar(), mtime=0)[:-30],
        gzip.compress(tar(), mtime=0)[:20] + b"\xff" * 40,
        b"BZh9" + b"\xff" * 40,
        b"\xfd7zXZ\0" + b"\xff" * 40,
        tar("../../etc/passwd"),
        tar(text=b""),
        tar(text=b"\xff\0\xfe NOPE"),
        tar(text=b"FROM\nRUN ["),
    ],
)
def test_a_context_that_is_none_is_refused(engine: Engine, body: bytes) -> None:
    engine.refuses("POST", "/build", body)


def test_build_arguments_that_are_no_words_are_refused(engine: Engine) -> None:
    for text in ("%7B%22a%22%3A3%7D", "nope", "[]"):
        for name in ("buildargs", "labels"):
            engine.refuses("POST", f"/build?{name}={text}", tar())


HEALTH = ("--retries=x CMD a", "--retries=-1 CMD a", "--interval=x CMD a", "--timeout=1e9s CMD a")


@pytest.mark.parametrize("change", [*HEALTH, "--start-period=\u00b2s CMD a", "CMD", "NONE x", ""])
def test_a_healthcheck_that_cannot_be_is_refused(engine: Engine, change: str) -> None:
    engine.ask("POST", "/containers/create?name=kept", container())
    engine.bears("POST", f"/commit?container=kept&changes={quote('HEALTHCHECK ' + change)}")
    text = f"FROM alpine\nHEALTHCHECK {change}\n".encode()
    engine.bears("POST", "/build", tar(text=text))


@pytest.mark.parametrize("change", HEALTH)
def test_a_healthcheck_of_no_numbers_is_refused(engine: Engine, change: str) -> None:
    engine.ask("POST", "/containers/create?name=kept", container())
    engine.refuses("POST", f"/commit?container=kept&changes={quote('HEALTHCHECK ' + change)}")


def test_a_body_that_is_too_long_is_not_read(engine: Engine) -> None:
    long = b'{"Image": "' + b"a" * shapes.MAX_JSON + b'"}'
    assert engine.refuses("POST", "/containers/create", long).status == 413
    head = b"POST /build HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n"
    assert talk(engine.server, head).startswith(b"HTTP/1.1 413 ")


HEAD = b"POST /volumes/create HTTP/1.1\r\nHost: a\r\n"
HIJACK = b"POST /containers/%s HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        b"\0\1\2\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  /info HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /info HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 400_000 + b"\r\n\r\n",
        b"GET /info HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 60_000 + b"\r\n",
        b"GET /info?" + b"x" * 400_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        HEAD + b"Content-Length: -1\r\n\r\n",
        HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
        HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        HEAD + b"Transfer-Encoding: gzip\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n-1\r\n{}\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}XX",
        HIJACK % b"nothing/attach" + b"\r\n\xff\0garbage",
        HIJACK % b"nothing/exec" + b"\r\n" + b"\xff" * 1000,
    ],
)
def test_what_is_no_request_is_refused(engine: Engine, sent: bytes) -> None:
    status = int(talk(engine.server, sent).split(b" ", 2)[1])
    assert 400 <= status < 500 or status == 501


@pytest.mark.parametrize("cut", [10, len(HEAD), len(HEAD) + 40])
def test_a_request_that_stops_in_the_middle_ends(engine: Engine, cut: int) -> None:
    whole = HEAD + b"Transfer-Encoding: chunked\r\n\r\n9\r\n{"
    assert b" 500 " not in talk(engine.server, whole[:cut])


def test_garbage_after_a_hijack_harms_nobody(engine: Engine) -> None:
    body = container(Cmd=["sh"], OpenStdin=True, StdinOnce=True, AttachStdin=True)
    assert engine.bears("POST", "/containers/create?name=open", body).status == 201
    engine.bears("POST", "/containers/open/start")
    head = HIJACK % b"open/attach?stream=1&stdin=1&stdout=1" + b"\r\n"
    with socket.create_connection(("127.0.0.1", engine.port), timeout=5) as connection:
        connection.sendall(head + b"\xff\0\x01" * 5000)
        assert connection.recv(100).startswith(b"HTTP/1.1 101 UPGRADED")
    engine.bears("DELETE", "/containers/open?force=1")


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


def filled(shape: shapes.Shape) -> st.SearchStrategy[Any]:
    """Values that fit a shape, though no sense is in them."""
    if isinstance(shape, shapes.Struct):
        known = {name: filled(inner) for name, inner in shape.fields.items()}
        return (
            st.sets(st.sampled_from(sorted(known)), max_size=6).flatmap(
                lambda names: st.fixed_dictionaries({name: known[name] for name in sorted(names)})
            )
            if known
            else st.just({})
        )
    if isinstance(shape, shapes.List):
        return st.lists(filled(shape.items) | st.none(), max_size=2)
    if isinstance(shape, shapes.Map):
        return st.dictionaries(st.text(max_size=5), filled(shape.values) | st.none(), max_size=2)
    if isinstance(shape, shapes.Words):
        return st.text(max_size=5) | st.lists(st.text(max_size=5), max_size=2)
    if shape == "bool":
        return st.booleans()
    if shape == shapes.BYTES:
        return st.binary(max_size=8).map(lambda data: base64.b64encode(data).decode())
    if shape in ("string", "float64"):
        return st.text(max_size=8) if shape == "string" else st.floats(-1e300, 1e300)
    return st.integers(0, 2**15) | st.sampled_from([0, 2**16 - 1, 2**31])


@limited
@given(path=st.sampled_from(sorted(POSTS)), body=anything)
def test_any_json_gets_an_answer(engine: Engine, path: str, body: Any) -> None:
    engine.bears("POST", path, body)


@limited
@given(data=st.data())
@pytest.mark.parametrize("path", ["/containers/create", "/services/create", "/networks/create"])
def test_what_fits_and_has_no_sense_gets_an_answer(
    engine: Engine, path: str, data: st.DataObject
) -> None:
    body = data.draw(filled(POSTS[path]))
    if path == "/containers/create":
        body = container(**{**body, "Image": "alpine"})
    made = engine.bears("POST", path, body)
    if made.status == 201 and path == "/containers/create":
        name = made.json()["Id"]
        for method, rest in (("GET", "/json"), ("POST", "/start"), ("DELETE", "?force=1")):
            engine.ask(method, f"/containers/{name}{rest}")
    if made.status == 201 and path == "/services/create":
        engine.bears("GET", f"/services/{made.json()['ID']}?insertDefaults=true")
        engine.bears("DELETE", f"/services/{made.json()['ID']}")
    if path == "/networks/create" and made.status == 201:
        engine.bears("DELETE", f"/networks/{made.json()['Id']}")
