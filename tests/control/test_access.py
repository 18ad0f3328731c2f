"""Who may do what: passwords and where they come from, guessing, rights, origins."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import ClassVar

import pytest

from core.control.access import Access
from core.control.password import FREE, LONGEST, PACE, TURN
from core.errors import NotAllowed

NOWHERE = Path("/nonexistent/secret")


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds


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
    return Access({"ESSAIM_PASSWORD": "prêt à tout"}, clock, NOWHERE, clock.sleep)


def wait_for(there: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not there():
        assert time.monotonic() < end
        time.sleep(0.01)


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
    assert not access.check("prêt à tout ")
    assert not access.check("")


def test_a_right_password_passes_at_once_whatever_others_try(access: Access, clock: Clock) -> None:
    for _ in range(200):
        assert not access.check("wrong", "10.0.0.7")
    for _ in range(18):
        before = clock.time
        assert access.check("prêt à tout", "10.0.0.7")
        assert clock.time - before <= PACE


def test_a_right_password_does_not_wait_behind_a_crowd() -> None:
    """Of guesses that were there before, it waits for the one that is looked at just then."""
    looks = threading.Semaphore(0)
    under_way = threading.Semaphore(0)

    def sleep(seconds: float) -> None:
        if seconds == PACE:
            under_way.release()
            looks.acquire()

    crowd, answers = 40, list[bool]()
    access = Access({"ESSAIM_PASSWORD": "prêt à tout"}, secret=NOWHERE, sleep=sleep)

    def ask(attempt: str) -> threading.Thread:
        thread = threading.Thread(target=lambda: answers.append(access.check(attempt)), daemon=True)
        thread.start()
        return thread

    guesses = [ask("wrong") for _ in range(crowd)]
    under_way.acquire()
    wait_for(lambda: access._password_check.waiting == crowd - 1)
    teacher = ask("prêt à tout")
    wait_for(lambda: access._password_check.waiting == crowd)
    looks.release(2)  # of the one under way, and of the next
    teacher.join(60)
    assert True in answers
    looks.release(crowd)
    for guess in guesses:
        guess.join(60)
    assert answers.count(False) == crowd


def test_wrong_ones_are_answered_slowly_from_wherever_they_come(
    access: Access, clock: Clock
) -> None:
    began = clock.time
    for number in range(103):
        assert not access.check("wrong", f"10.0.0.{number}")
    assert clock.time - began >= 100 * TURN - 1


def test_slips_of_the_finger_cost_nothing_and_are_forgotten(access: Access, clock: Clock) -> None:
    for _ in range(2):
        before = clock.time
        for _slip in range(FREE):
            assert not access.check("prêt à toot")
        assert clock.time - before < 1
        clock.time += FREE * TURN


def test_all_at_once_they_still_take_turns_and_one_waits_not_for_ever(clock: Clock) -> None:
    """Each waits by itself: the clock stands still for the others."""
    waits: list[float] = []
    access = Access({"ESSAIM_PASSWORD": "prêt à tout"}, clock, NOWHERE, waits.append)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: access.check("wrong"), range(60)))
    turns = sorted(wait for wait in waits if wait != PACE)
    assert turns[:FREE] == [0] * FREE
    assert turns[FREE : FREE + 9] == [number * TURN for number in range(1, 10)]
    assert turns[-1] == LONGEST


def test_no_number_of_guessers_learns_more_than_twenty_a_second() -> None:
    """Even those who do not wait for the answer: the looks themselves take turns."""
    at_once, most, lock = 0, 0, threading.Lock()

    def sleep(seconds: float) -> None:
        nonlocal at_once, most
        if seconds == PACE:
            with lock:
                at_once += 1
                most = max(most, at_once)
            time.sleep(0.001)
            with lock:
                at_once -= 1

    access = Access({"ESSAIM_PASSWORD": "prêt à tout"}, secret=NOWHERE, sleep=sleep)
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda _: access.check("wrong"), range(60)))
    assert most == 1


def test_a_short_password_is_remarked_upon() -> None:
    told = Access({"ESSAIM_PASSWORD": "short"}, secret=NOWHERE).announcement()
    assert "longer" in told
    assert "short" in told
    assert Access({"ESSAIM_PASSWORD": "short"}, secret=NOWHERE).check("short")


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
