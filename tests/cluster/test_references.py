from __future__ import annotations

import pytest

from core.cluster import parse, references
from core.commands.images import ListImages
from core.presentation import tables
from tests.commands.test_nulls import ENGINES, Recorded

SHA = "sha256:" + "2acdd8" * 10


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("nginx", ("nginx", "", "")),
        ("nginx:1.27", ("nginx", "1.27", "")),
        (f"nginx@{SHA}", ("nginx", "", SHA)),
        (f"nginx:latest@{SHA}", ("nginx", "latest", SHA)),
        ("host:5000/team/app", ("host:5000/team/app", "", "")),
        ("host:5000/team/app:2", ("host:5000/team/app", "2", "")),
        (f"host:5000/app@{SHA}", ("host:5000/app", "", SHA)),
        ("<none>:<none>", ("<none>", "<none>", "")),
    ],
)
def test_a_reference_is_taken_apart(reference: str, parts: tuple[str, str, str]) -> None:
    assert references.split(reference) == parts


@pytest.mark.parametrize(
    ("tags", "digests", "rows"),
    [
        # What a service pulled: on 29, then on 28.5.
        (["nginx:latest", f"nginx:latest@{SHA}"], [f"nginx@{SHA}"], [("nginx", "latest")]),
        ([f"nginx:latest@{SHA}"], [f"nginx@{SHA}"], [("nginx", "latest")]),
        ([], [f"nginx@{SHA}"], [("nginx", "<none>")]),
        ([f"nginx@{SHA}"], [], [("nginx", "<none>")]),
        (["host:5000/b:2"], [f"host:5000/b@{SHA}"], [("host:5000/b", "2")]),
        ([], [f"host:5000/b@{SHA}"], [("host:5000/b", "<none>")]),
        # Two names, of which one was pulled by digest alone.
        (["mine:1"], [f"nginx@{SHA}"], [("mine", "1"), ("nginx", "<none>")]),
        (["<none>:<none>"], ["<none>@<none>"], [("<none>", "<none>")]),
        (None, None, [("<none>", "<none>")]),
    ],
)
def test_images_are_called_as_docker_images_calls_them(
    tags: list[str] | None, digests: list[str] | None, rows: list[tuple[str, str]]
) -> None:
    raw = {"Id": SHA, "RepoTags": tags, "RepoDigests": digests, "Created": 1, "Size": 1}
    shown = tables.images(parse.images([raw]), str)
    assert list(zip(shown["Repository"], shown["Tag"], strict=True)) == rows
    listed = ListImages().run(Recorded({"/images/json": [raw]})).splitlines()[1:]
    assert [tuple(line.split()[:2]) for line in listed] == rows


@pytest.mark.parametrize("engine", ENGINES)
def test_no_digest_is_part_of_a_name_in_what_real_engines_answer(engine: str) -> None:
    images = parse.images(ENGINES[engine]["/images/json"])
    names = {name for image in images for name in image.tags}
    assert {"nginx:latest", "alpine:latest"} <= names
    assert not any("@" in name for name in names)
    assert [image.tags for image in images].count(("nginx:latest",)) == 1
