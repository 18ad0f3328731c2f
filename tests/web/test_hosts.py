"""Hosts: which names are this server's own."""

from __future__ import annotations

import pytest

from core.errors import InvalidValue
from core.web.hosts import Hosts


def hosts(**environ: str) -> Hosts:
    made = Hosts(environ, own=lambda: ["Laptop", "laptop.local", "laptop.school.example"])
    made.learn()
    return made


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LocalHost:8080",
        "localhost.:8080",
        "app.localhost",
        "127.0.0.1:8080",
        "192.168.1.10",
        "203.0.113.5:80",
        "[::1]:8080",
        "[2001:db8::7]",
        "laptop:8080",
        "LAPTOP.local",
        "laptop.school.example:443",
        None,  # no browser asks so
    ],
)
def test_addresses_and_own_names_are_answered(host: str | None) -> None:
    assert hosts().allows(host)


@pytest.mark.parametrize(
    "host",
    [
        "rebind.evil.test",
        "rebind.evil.test:8080",
        "localhost.evil.test",
        "127.0.0.1.evil.test",
        "evil.test:8080@localhost",
        "localhost@evil.test",
        "localhost/evil.test",
        "localhost evil.test",
        "localhost, evil.test",
        "127.0.0.1:8080:80",
        "[::1",
        "[laptop]",
        "laptop.evil",
        "other",
        "*",
        "",
        ":8080",
        ".",
        "é",
    ],
)
def test_every_other_name_is_refused(host: str) -> None:
    assert not hosts().allows(host)


def test_names_are_given() -> None:
    named = hosts(
        ESSAIM_HOSTS="Class.example, *.lab.example:8080 école.example",
        ESSAIM_URL="https://cours.example:8443/essaim",
        ESSAIM_ORIGINS="https://proxy.example, http://other.example:9000",
    )
    for host in (
        "class.example:8080",
        "a.lab.example",
        "a.b.lab.example",
        "xn--cole-9oa.example",
        "cours.example",
        "proxy.example",
        "other.example:9000",
    ):
        assert named.allows(host), host
    for host in ("lab.example", "a.class.example", "evillab.example", "example"):
        assert not named.allows(host), host


def test_a_star_gives_every_name_and_still_wants_one() -> None:
    every = hosts(ESSAIM_HOSTS="*")
    assert every.allows("whatever.example")
    assert not every.allows("two names")


@pytest.mark.parametrize("word", ["http://class.example", "a/b", "*.*.example", "-é" * 100, "*x"])
def test_a_name_that_is_none_stops_the_start(word: str) -> None:
    with pytest.raises(InvalidValue, match="ESSAIM_HOSTS"):
        Hosts({"ESSAIM_HOSTS": word})


def test_own_names_are_refused_until_they_are_known() -> None:
    young = Hosts({}, own=lambda: ["laptop"])
    assert not young.allows("laptop")
    young.learn()
    assert young.allows("laptop")
