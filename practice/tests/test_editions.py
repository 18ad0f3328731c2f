"""The versions of the Docker engine that are played: what each is, and how one is chosen."""

from __future__ import annotations

import pytest

from essaim_practice import Settings
from essaim_practice.hosting.server import PracticeServer

from .conftest import Call


@pytest.mark.parametrize(
    ("path", "version", "newest", "oldest", "driver"),
    [
        pytest.param(
            "/info", "28.5.2", "1.51", "1.24", "overlay2", marks=pytest.mark.edition("28.5")
        ),
        pytest.param(
            "/info", "29.8.0", "1.56", "1.40", "overlayfs", marks=pytest.mark.edition("29.8")
        ),
    ],
)
def test_an_engine_says_which_one_it_is(
    call: Call, path: str, version: str, newest: str, oldest: str, driver: str
) -> None:
    answer = call("GET", path)
    assert answer.headers["Server"] == f"Docker/{version} (linux)"
    assert answer.headers["Api-Version"] == newest
    assert (answer.json()["ServerVersion"], answer.json()["Driver"]) == (version, driver)
    told = call("GET", "/version").json()
    assert (told["Version"], told["ApiVersion"], told["MinAPIVersion"]) == (version, newest, oldest)
    nodes = call("GET", "/nodes").json()
    assert {n["Description"]["Engine"]["EngineVersion"] for n in nodes} == {version}


@pytest.mark.parametrize(
    ("newest", "beyond", "oldest", "below"),
    [
        pytest.param("1.51", "1.52", "1.24", "1.23", marks=pytest.mark.edition("28.5")),
        pytest.param("1.56", "1.57", "1.40", "1.39", marks=pytest.mark.edition("29.8")),
    ],
)
def test_a_client_too_old_or_too_new_is_refused_in_the_engines_words(
    call: Call, newest: str, beyond: str, oldest: str, below: str
) -> None:
    for spoken in (newest, oldest):
        assert call("GET", f"/v{spoken}/info").status == 200
    old = call("GET", f"/v{below}/info")
    assert (old.status, old.body.decode().strip()) == (
        400,
        f"client version {below} is too old. Minimum supported API version is {oldest}, "
        "please upgrade your client to a newer version",
    )
    new = call("GET", f"/v{beyond}/info")
    assert (new.status, new.message) == (
        400,
        f"client version {beyond} is too new. Maximum supported API version is {newest}",
    )


def test_29_alone_names_the_newest_29() -> None:
    with PracticeServer.from_settings(Settings(nodes=1, engine="29", bind_ports=False)) as server:
        assert server.client.version()["Version"] == "29.8.0"
