"""Who may do what: passwords and where they come from, guessing, rights, origins."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import pytest

from core.access import FORGOTTEN_AFTER, FREE_FAILURES, LONGEST_WAIT, Access
from core.errors import NotAllowed

NOWHERE = Path("/nonexistent/secret")


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


class Look:
    changes: ClassVar[bool] = False
    reveals: ClassVar[bool] = False


class Change:
    changes: ClassVar[bool] = True
    reveals: ClassVar[bool] = False


class Reveal:
    changes: ClassVar[bool] = False
    reveals: ClassVar[bool] = True


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def access(clock: Clock) -> Access:
    return Access({"ESSAIM_PASSWORD": "prêt à tout"}, clock, NOWHERE)


# Where the password comes from


def test_password_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("from the file")
    environ = {"ESSAIM_PASSWORD": "from the variable", "ESSAIM_PASSWORD_FILE": str(file)}
    access = Access(environ, secret=file)
    assert access.password == "from the variable"
    assert not access.generated
    assert access.announcement() == ""


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_password_from_a_file_without_its_newline(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(f" spaces stay {ending}".encode())
    assert Access({"ESSAIM_PASSWORD_FILE": str(file)}, secret=NOWHERE).password == " spaces stay "


def test_password_from_the_docker_secret(tmp_path: Path) -> None:
    secret = tmp_path / "essaim_password"
    secret.write_text("from the secret\n")
    assert Access({}, secret=secret).password == "from the secret"


def test_a_password_is_made_where_there_is_none() -> None:
    first, second = Access({}, secret=NOWHERE), Access({}, secret=NOWHERE)
    assert first.generated
    assert first.password != second.password
    assert len(first.password) >= 16
    assert first.password in first.announcement()
    assert first.check(first.password)


@pytest.mark.parametrize("content", [b"", b"\n", b"  \r\n", b"\xff\xfe\xff"])
def test_an_unusable_password_file_stops_the_start(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    with pytest.raises(NotAllowed, match=r"password file|is empty"):
        Access({"ESSAIM_PASSWORD_FILE": str(file)}, secret=NOWHERE)
    with pytest.raises(NotAllowed, match=r"password file|is empty"):
        Access({}, secret=file)


def test_a_missing_password_file_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(NotAllowed, match="cannot be read"):
        Access({"ESSAIM_PASSWORD_FILE": str(tmp_path / "absent")}, secret=NOWHERE)


def test_an_empty_variable_stops_the_start() -> None:
    with pytest.raises(NotAllowed, match="ESSAIM_PASSWORD is empty"):
        Access({"ESSAIM_PASSWORD": ""}, secret=NOWHERE)


# Guessing


def test_only_the_password_passes(access: Access) -> None:
    assert access.check("prêt à tout")
    assert not access.check("prêt à tou")
    assert not access.check("")


def test_waits_grow_after_some_failures(access: Access, clock: Clock) -> None:
    waits = []
    for _ in range(FREE_FAILURES + 7):
        assert not access.check("wrong")
        waits.append(access.wait())
        clock.time += access.wait()
    assert waits == [0, 0, 1, 2, 4, 8, 16, LONGEST_WAIT, LONGEST_WAIT, LONGEST_WAIT]


def test_while_waiting_even_the_password_fails_and_nothing_is_added(
    access: Access, clock: Clock
) -> None:
    for _ in range(FREE_FAILURES):
        access.check("wrong")
    for _ in range(50):
        assert not access.check("prêt à tout")
    clock.time += 1
    assert access.wait() == 0
    assert access.check("prêt à tout")


def test_one_caller_does_not_lock_out_another(access: Access) -> None:
    for _ in range(50):
        access.check("wrong", "10.0.0.7")
    assert access.wait("10.0.0.7") > 0
    assert access.check("prêt à tout", "10.0.0.1")


def test_success_and_time_forget_failures(access: Access, clock: Clock) -> None:
    for _ in range(FREE_FAILURES - 1):
        access.check("wrong")
    assert access.check("prêt à tout")
    for _ in range(FREE_FAILURES - 1):
        access.check("wrong")
    clock.time += FORGOTTEN_AFTER
    access.check("wrong")
    assert access.wait() == 0


def test_no_failure_is_lost_between_threads(access: Access) -> None:
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: access.check("wrong"), range(200)))
    assert access.wait() == 1, "one wait: the attempts made during it do not count"


# Rights


@pytest.mark.parametrize(
    ("action", "practice", "unlocked", "allowed"),
    [
        (Look(), False, False, True),
        (Change(), False, False, False),
        (Reveal(), False, False, False),
        (Change(), False, True, True),
        (Reveal(), False, True, True),
        (Change(), True, False, True),
        (Reveal(), True, False, True),
    ],
)
def test_rights(
    access: Access,
    action: Look | Change | Reveal,
    practice: bool,
    unlocked: bool,
    allowed: bool,
) -> None:
    assert access.allows(action, practice=practice, unlocked=unlocked) is allowed
    if allowed:
        access.require(action, practice=practice, unlocked=unlocked)
    else:
        with pytest.raises(NotAllowed, match="enter the password first"):
            access.require(action, practice=practice, unlocked=unlocked)


# Origins


@pytest.mark.parametrize(
    ("origin", "host", "allowed"),
    [
        ("http://localhost:8080", "localhost:8080", True),
        ("http://LocalHost:8080", "localhost:8080", True),
        ("https://class.example", "class.example:443", True),
        ("http://class.example", "class.example:80", True),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("http://localhost:9000", "localhost:8080", False),
        ("http://evil.example", "localhost:8080", False),
        ("http://localhost:8080.evil.example", "localhost:8080", False),
        ("http://evil.example/localhost:8080", "localhost:8080", False),
        ("http://localhost:8080@evil.example", "localhost:8080", False),
        ("http://class.example:443", "class.example", False),
        ("null", "localhost:8080", False),
        ("null", "", False),
        ("", "", False),
        ("http://", "", False),
        ("http://[", "localhost:8080", False),
        ("http://[x]:y", "[x]:y", False),
        ("file://localhost:8080", "localhost:8080", False),
        ("https://proxy.example", "10.0.0.3:8080", True),
        ("http://proxy.example", "10.0.0.3:8080", False),
    ],
)
def test_a_page_of_another_origin_is_refused(origin: str, host: str, allowed: bool) -> None:
    environ = {"ESSAIM_ORIGINS": "https://proxy.example/, http://lab.example:9000"}
    access = Access(environ, secret=NOWHERE)
    assert access.origin_allowed({"origin": origin, "host": host}) is allowed


def test_a_request_without_an_origin_passes(access: Access) -> None:
    assert access.origin_allowed({"host": "localhost:8080"})
