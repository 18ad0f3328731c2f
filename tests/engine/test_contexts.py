"""Where the docker command looks, and that we look there in its order."""

from __future__ import annotations

import json
import os
import re
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest
import trustme

from core.engine.contexts import Endpoint, Tls, chosen, sockets

DEFAULT = "unix:///var/run/docker.sock"

#: Environments, and where docker looks then. The current context is ``here``.
ORDER = [
    ({}, "tcp://127.0.0.1:1"),
    ({"DOCKER_CONTEXT": ""}, "tcp://127.0.0.1:1"),
    ({"DOCKER_CONTEXT": "there"}, "tcp://127.0.0.1:2"),
    ({"DOCKER_CONTEXT": "default"}, DEFAULT),
    ({"DOCKER_CONTEXT": "nameless"}, DEFAULT),
    ({"DOCKER_HOST": "tcp://127.0.0.1:3"}, "tcp://127.0.0.1:3"),
    ({"DOCKER_HOST": " tcp://127.0.0.1:3 "}, "tcp://127.0.0.1:3"),
    ({"DOCKER_HOST": "tcp://127.0.0.1:3", "DOCKER_CONTEXT": "there"}, "tcp://127.0.0.1:3"),
    ({"DOCKER_HOST": "tcp://127.0.0.1:3", "DOCKER_CONTEXT": "none"}, "tcp://127.0.0.1:3"),
    ({"DOCKER_HOST": "", "DOCKER_CONTEXT": "there"}, "tcp://127.0.0.1:2"),
    ({"DOCKER_HOST": "127.0.0.1:3"}, "tcp://127.0.0.1:3"),
    ({"DOCKER_HOST": "tcp://127.0.0.1:3/way"}, "tcp://127.0.0.1:3/way"),
    ({"DOCKER_HOST": "127.0.0.1"}, "tcp://127.0.0.1:2375"),
    ({"DOCKER_HOST": "tcp://"}, "tcp://localhost:2375"),
    ({"DOCKER_HOST": ":3"}, "tcp://localhost:3"),
    ({"DOCKER_HOST": "unix://"}, DEFAULT),
    ({"DOCKER_HOST": "unix:///nowhere.sock"}, "unix:///nowhere.sock"),
    ({"DOCKER_CONTEXT": "default", "DOCKER_TLS_VERIFY": "1"}, "tcp://localhost:2376"),
    ({"DOCKER_CONTEXT": "default", "DOCKER_TLS_VERIFY": "0"}, "tcp://localhost:2376"),
    ({"DOCKER_CONTEXT": "default", "DOCKER_TLS": "1"}, "tcp://localhost:2376"),
    ({"DOCKER_CONTEXT": "default", "DOCKER_TLS_VERIFY": ""}, DEFAULT),
    ({"DOCKER_CONTEXT": "there", "DOCKER_TLS_VERIFY": "1"}, "tcp://127.0.0.1:2"),
    ({"DOCKER_HOST": "tcp://127.0.0.1", "DOCKER_TLS_VERIFY": "1"}, "tcp://127.0.0.1:2375"),
]


def context(config: Path, name: str, meta: object) -> Path:
    """A context's folder for its meta.json, with this in it."""
    folder = config / "contexts/meta" / sha256(name.encode()).hexdigest()
    folder.mkdir(parents=True)
    text = meta if isinstance(meta, str) else json.dumps(meta)
    (folder / "meta.json").write_text(text)
    return folder


def endpoint(**target: object) -> dict[str, object]:
    return {"Name": "any", "Metadata": {}, "Endpoints": {"docker": target}}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home whose current context is ``here``; ``there`` and ``nameless`` are others."""
    config = tmp_path / ".docker"
    context(config, "here", endpoint(Host="tcp://127.0.0.1:1", SkipTLSVerify=False))
    context(config, "there", endpoint(Host="tcp://127.0.0.1:2"))
    context(config, "nameless", endpoint(SkipTLSVerify=False))
    (config / "config.json").write_text('{"currentContext": "here"}')
    trustme.CA().cert_pem.write_to_path(config / "ca.pem")
    return tmp_path


def found(target: Endpoint | None) -> str:
    return DEFAULT if target is None else target.host


@pytest.mark.parametrize(("environ", "address"), ORDER, ids=str)
def test_what_counts_more(home: Path, environ: dict[str, str], address: str) -> None:
    target = chosen(environ, home)
    assert found(target) == address
    assert target is None or target.fault is None


@pytest.mark.cli
@pytest.mark.parametrize(("environ", "address"), ORDER, ids=str)
def test_docker_counts_so_too(home: Path, environ: dict[str, str], address: str) -> None:
    said = docker(home, environ, "ps")
    match = re.search(r"Cannot connect to the Docker daemon at (\S+)\. Is", said)
    assert match, said
    assert match[1] == address


def docker(home: Path, environ: dict[str, str], *words: str) -> str:
    plain = {k: v for k, v in os.environ.items() if not k.startswith("DOCKER_")}
    done = subprocess.run(
        ["docker", *words],
        env={**plain, "HOME": str(home), **environ},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("config", ["", "{", "[]", "{}", '{"currentContext": 5}'])
def test_a_config_without_a_context_is_no_choice(home: Path, config: str) -> None:
    (home / ".docker/config.json").write_text(config)
    assert chosen({}, home) is None


def test_a_config_elsewhere(home: Path, tmp_path: Path) -> None:
    context(tmp_path / "other", "here", endpoint(Host="tcp://127.0.0.1:9"))
    environ = {"DOCKER_CONFIG": str(tmp_path / "other")}
    assert chosen(environ, home) is None
    assert found(chosen({**environ, "DOCKER_CONTEXT": "here"}, home)) == "tcp://127.0.0.1:9"


def test_without_a_home_there_is_no_choice(tmp_path: Path) -> None:
    assert chosen({}, tmp_path / "nobody") is None


@pytest.mark.parametrize(
    "host",
    [
        "foo://bar",
        "fd://",
        "tcp://:99999",
        "tcp://localhost:0",
        "tcp://localhost:port",
        "tcp://[::1",
        "tcp://localhost:1?x=1",
        "ssh://",
        "ssh://host?x=1",
        "ssh://host#x",
        "ssh://host:99999",
        "unix:///socket?x",
    ],
)
def test_what_is_no_address_is_said_to_be_none(home: Path, host: str) -> None:
    named = chosen({"DOCKER_HOST": host}, home)
    assert named is not None
    assert named.fault is not None
    context(home / ".docker", "odd", endpoint(Host=host))
    named = chosen({"DOCKER_CONTEXT": "odd"}, home)
    assert named is not None
    assert named.fault is not None


@pytest.mark.parametrize(
    "host", ["ssh://me:secret@host", "tcp://me:secret@host:1", "x://a:secret@b"]
)
def test_a_password_in_an_address_is_refused_and_not_repeated(home: Path, host: str) -> None:
    target = chosen({"DOCKER_HOST": host}, home)
    assert target is not None
    assert target.fault is not None
    assert "secret" not in repr(target)


@pytest.mark.parametrize(
    "meta",
    [
        "",
        "{bad",
        "[]",
        "{}",
        {"Endpoints": {}},
        {"Endpoints": []},
        {"Endpoints": {"kubernetes": {}}},
        {"Endpoints": {"docker": 5}},
        endpoint(Host=5),
        endpoint(Host="tcp://127.0.0.1:1", SkipTLSVerify="yes"),
        "\udcff".encode("utf-8", "surrogateescape").decode("latin-1"),
    ],
    ids=repr,
)
def test_a_context_that_cannot_be_read_is_named(home: Path, meta: object) -> None:
    folder = context(home / ".docker", "bad", meta)
    target = chosen({"DOCKER_CONTEXT": "bad"}, home)
    assert target is not None
    assert target.fault is not None
    assert str(folder / "meta.json") in str(target.fault)


def test_a_context_that_is_not_there(home: Path) -> None:
    (home / ".docker/config.json").write_text('{"currentContext": "gone"}')
    target = chosen({}, home)
    assert target is not None
    assert str(target.named) == "The current context gone"
    assert "there is no such context" in str(target.fault)


def test_a_name_leads_to_no_other_folder(home: Path) -> None:
    target = chosen({"DOCKER_CONTEXT": "../here"}, home)
    assert target is not None
    assert target.fault is not None


# TLS


def files(config: Path, name: str, *kinds: str) -> Path:
    folder = config / "contexts/tls" / sha256(name.encode()).hexdigest() / "docker"
    folder.mkdir(parents=True)
    for kind in kinds:
        (folder / f"{kind}.pem").write_text("")
    return folder


def test_a_context_may_have_a_ca_alone(home: Path) -> None:
    folder = files(home / ".docker", "here", "ca")
    target = chosen({}, home)
    assert target is not None
    assert target.tls == Tls(folder / "ca.pem")


def test_a_context_may_have_all_three(home: Path) -> None:
    folder = files(home / ".docker", "here", "ca", "cert", "key")
    target = chosen({}, home)
    assert target is not None
    assert target.tls == Tls(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")


def test_a_context_may_want_no_proof(home: Path) -> None:
    context(home / ".docker", "lax", endpoint(Host="tcp://127.0.0.1:1", SkipTLSVerify=True))
    target = chosen({"DOCKER_CONTEXT": "lax"}, home)
    assert target is not None
    assert target.tls == Tls(verify=False)


def test_a_context_without_files_has_no_tls(home: Path) -> None:
    target = chosen({}, home)
    assert target is not None
    assert target.tls is None


@pytest.mark.parametrize("host", ["unix:///a.sock", "ssh://host"])
def test_only_tcp_has_tls(home: Path, host: str) -> None:
    target = chosen({"DOCKER_HOST": host, "DOCKER_TLS_VERIFY": "1"}, home)
    assert target is not None
    assert target.tls is None


def test_the_folder_of_the_environment(home: Path) -> None:
    target = chosen({"DOCKER_HOST": "h", "DOCKER_TLS": "1", "DOCKER_CERT_PATH": "/certs"}, home)
    assert target is not None
    assert target.tls == Tls(Path("/certs/ca.pem"), verify=False)


def pems(folder: Path) -> Tls:
    authority = trustme.CA()
    issued = authority.issue_cert("client")
    tls = Tls(folder / "ca.pem", folder / "cert.pem", folder / "key.pem")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    return tls


@pytest.mark.parametrize("kind", ["ca", "cert", "key"])
def test_a_file_that_is_missing_or_no_pem_is_named(tmp_path: Path, kind: str) -> None:
    tls = pems(tmp_path)
    assert tls.fault() is None
    path = tmp_path / f"{kind}.pem"
    path.write_text("junk")
    assert str(path) in str(tls.fault())
    path.unlink()
    assert str(tls.fault()) == f"{path}: No such file or directory"
    path.mkdir()
    assert str(tls.fault()) == f"{path}: Is a directory"


def test_a_key_with_a_password_asks_nobody(tmp_path: Path) -> None:
    tls = pems(tmp_path)
    from cryptography.hazmat.primitives import serialization as pem

    key = pem.load_pem_private_key((tmp_path / "key.pem").read_bytes(), None)
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            pem.Encoding.PEM,
            pem.PrivateFormat.PKCS8,
            pem.BestAvailableEncryption(b"secret"),
        )
    )
    assert "without a password" in str(tls.fault())


# The usual sockets


def test_the_usual_sockets(tmp_path: Path) -> None:
    found = [target.host for target in sockets({"XDG_RUNTIME_DIR": "/run/user/7"}, tmp_path)]
    assert found == [
        DEFAULT,
        f"unix://{tmp_path}/.docker/run/docker.sock",
        f"unix://{tmp_path}/.colima/default/docker.sock",
        "unix:///run/user/7/docker.sock",
        "unix:///run/user/7/podman/podman.sock",
        "unix:///run/podman/podman.sock",
    ]
