"""Docker's tables, ages and sizes."""

from __future__ import annotations

import json
import time

import pytest

from core.cluster.engine_json import natural
from core.commands.container_views import ListContainers
from core.commands.table import ago, cut, duration, memory, seconds, size, table

MINUTE, HOUR, DAY = 60, 3600, 86400


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (-3, "Less than a second"),
        (0.9, "Less than a second"),
        (1, "1 second"),
        (59.9, "59 seconds"),
        (60, "About a minute"),
        (2 * MINUTE, "2 minutes"),
        (59.9 * MINUTE, "59 minutes"),
        (HOUR, "About an hour"),
        (1.6 * HOUR, "2 hours"),
        (47 * HOUR, "47 hours"),
        (2 * DAY, "2 days"),
        (13 * DAY, "13 days"),
        (14 * DAY, "2 weeks"),
        (59 * DAY, "8 weeks"),
        (60 * DAY, "2 months"),
        (729 * DAY, "24 months"),
        (731 * DAY, "2 years"),
    ],
)
def test_duration_in_the_words_of_docker(length: float, words: str) -> None:
    assert duration(length) == words


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0B"), (999, "999B"), (1980000, "1.98MB"), (129_400_000, "129MB"), (1.5e9, "1.5GB")],
)
def test_size(count: float, words: str) -> None:
    assert size(count) == words


def test_memory_counts_in_powers_of_two() -> None:
    assert memory(25_276_000_000) == "23.54GiB"


def test_ago_takes_the_api_timestamp_with_its_nanoseconds() -> None:
    then = time.time() - 125
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(then)) + ".123456789Z"
    assert ago(stamp) == "2 minutes ago"
    assert seconds("1970-01-01T00:01:00Z") == 60


def test_columns_are_ten_wide_and_three_apart() -> None:
    assert table(("ID", "NAME", "X"), [("a", "b" * 12, "y"), ("c", "", "")]) == (
        "ID        NAME           X\n"
        "a         bbbbbbbbbbbb   y\n"
        "c                        "
    )  # fmt: skip


def test_cut_marks_what_is_missing() -> None:
    assert cut("abcdef", 6) == "abcdef"
    assert cut("abcdefg", 6) == "abcde…"


def test_numbers_in_names_count_as_numbers() -> None:
    assert sorted(["web.10", "web.2", "db.1"], key=natural) == ["db.1", "web.2", "web.10"]


@pytest.mark.parametrize(
    ("container", "health", "in_json"),
    [
        ({"Status": "Up 2 days (unhealthy)"}, "unhealthy", None),
        ({"Status": "Up 2 days (health: starting)"}, "starting", None),
        ({"Status": "Up 2 days (Paused)"}, "", None),
        ({"Status": "Exited (1) 2 days ago"}, "", None),
        ({"Status": "Up 2 days", "Health": {"Status": "none"}}, "", ""),
        ({"Status": "Up 2 days (healthy)", "Health": {"Status": "healthy"}}, "healthy", "healthy"),
    ],
)
def test_the_health_of_a_container_in_a_list(
    container: dict[str, object], health: str, in_json: str | None
) -> None:
    whole = {"Id": "a" * 64, "Created": 0, "Names": ["/web"], "Image": "nginx", **container}
    assert ListContainers(format="{{.HealthStatus}}|").listed([whole]) == f"{health}|"
    shown = json.loads(ListContainers(format="json").listed([whole]))
    assert shown.get("HealthStatus") == in_json
