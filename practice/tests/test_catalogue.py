"""The images that can be pulled: which tags there are, and what is in them."""

from __future__ import annotations

import json
from posixpath import dirname

import pytest

from essaim_practice.files import image_trees, known_trees, recipe
from essaim_practice.images.catalogue import Published, entries, look_up
from essaim_practice.images.reference import parse
from essaim_practice.store.file_tree import File, Folder, Link, Tree

from .playing import run_unsliced

NAMES = list(recipe.names())


def published(text: str) -> Published:
    found = look_up(parse(text))
    assert found is not None, text
    return found


def content(tree: Tree, path: str) -> str:
    entry = tree[path]
    assert isinstance(entry, File)
    return entry.data.decode()


def test_it_has_the_official_images_and_what_tutorials_pull() -> None:
    assert len(NAMES) > 135
    others = {"traefik/whoami", "portainer/portainer-ce", "dockersamples/visualizer"}
    voting = {f"dockersamples/examplevotingapp_{part}" for part in ("vote", "result", "worker")}
    assert others | voting | {"redis", "ubuntu", "mysql", "registry", "whoami"} <= set(NAMES)
    assert all(each.description for each in run_unsliced(entries()))


def test_every_tag_of_a_recipe_is_an_image() -> None:
    for name in NAMES:
        known = recipe.find(name)
        assert known is not None
        for tag in f"{known.tags} {known.older}".split():
            found = published(f"{name}:{tag}")
            assert found.size > 0, name
            assert all(layer.download > 0 for layer in found.layers), name
            json.dumps(found.config)


@pytest.mark.parametrize("name", NAMES)
def test_an_image_has_the_program_that_it_starts(name: str) -> None:
    known = recipe.find(name)
    assert known is not None
    tags = known.tags.split()
    found = published(f"{name}:{'latest' if 'latest' in tags else tags[0]}")
    tree, config = found.tree(), found.config
    assert all(isinstance(tree[dirname(path)], Folder | Link) for path in tree if path != "/")
    words = [*(config["Entrypoint"] or ()), *(config["Cmd"] or ())]
    folders = config["Env"][0].removeprefix("PATH=").split(":")
    places = [f"{folder}/{words[0]}" for folder in folders] if "/" not in words[0] else [words[0]]
    places = [config["WorkingDir"] + place[1:] if place[:2] == "./" else place for place in places]
    wholes = [f"/usr{place}" for place in places if place.split("/")[1] in ("bin", "sbin")]
    assert any(place in tree for place in places + wholes), words


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("redis:3.0.6", "redis:3.0.6"),
        ("nginx:1.25", "nginx:1.25.5"),
        ("alpine:3.18", "alpine:3.18.12"),
        ("python:3.9-slim", "python:3.9.25-slim"),
        ("python:3.8-slim-buster", "python:3.8.20-slim-buster"),
        ("mysql:5.7", "mysql:5.7.44"),
        ("ubuntu:20.04", "ubuntu:20.04"),
        ("registry:2", "registry:2.8.3"),
        ("traefik:v2.10", "traefik:v2.10.7"),
        ("traefik/whoami:v1.10", "traefik/whoami:v1.10.4"),
    ],
)
def test_an_older_number_of_the_same_shape_is_taken(text: str, name: str) -> None:
    assert published(text).name == name


@pytest.mark.parametrize(
    "text",
    [
        *("nginx:nosuch", "nginx:latset", "nginx:1.99", "nginx:9.99", "nginx:2", "redis:99"),
        *(
            "redis:3.0.99",
            "alpine:3.99",
            "alpine:1",
            "python:4",
            "ubuntu:99.04",
            "ubuntu:15.04",
            "alpine:3.0",
            "postgres:x",
        ),
        *("nginx:1.25-nosuch", "hello-world:2", "nosuch:latest", f"nginx:1.{'9' * 40}"),
    ],
)
def test_what_no_registry_has_is_refused(text: str) -> None:
    assert look_up(parse(text)) is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("nginx:latest", "nginx:1.31.4"),
        ("nginx:mainline", "nginx:1"),
        ("nginx:trixie", "nginx:latest"),
        ("redis:alpine", "redis:8-alpine3.23"),
        ("python:3.11-slim", "python:3.11.16-slim-trixie"),
        ("debian:bookworm-slim", "debian:12-slim"),
        ("ubuntu:focal", "ubuntu:20.04"),
    ],
)
def test_two_tags_of_one_image_are_one_image(one: str, other: str) -> None:
    assert published(one).digest == published(other).digest
    assert published(one).image_id == published(other).image_id
    assert published(one).tree() is published(other).tree()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("alpine:3.18", "VERSION_ID=3.18.12"),
        ("nginx:1.25-alpine", "VERSION_ID=3.24.1"),
        ("redis:8.2-bookworm", 'VERSION_ID="12"'),
        ("debian:stretch-slim", 'VERSION="9 (stretch)"'),
        ("ubuntu:22.04", "VERSION_CODENAME=jammy"),
        ("ubuntu:24.04", 'PRETTY_NAME="Ubuntu 24.04.3 LTS"'),
    ],
)
def test_an_image_says_which_release_it_has(text: str, line: str) -> None:
    tree = published(text).tree()
    entry = tree["/etc/os-release"]
    path = "/usr/lib/os-release" if isinstance(entry, Link) else "/etc/os-release"
    assert line in content(tree, path).splitlines()


@pytest.mark.parametrize("text", ["nginx:1.25", "redis:3.0.6", "alpine", "postgres:16-alpine"])
def test_a_tree_is_found_again_by_its_name(text: str) -> None:
    tree = published(text).tree()
    name = known_trees.name_of(tree)
    assert name
    assert known_trees.named(name) is tree
    assert tree.weight == 0


def test_every_image_is_found_again_by_its_lasting_tag() -> None:
    for name in recipe.names():
        known = recipe.find(name)
        assert known is not None
        for tag in (known.tags or "latest").split():
            made = image_trees.find(name, tag)
            assert made is not None
            again = image_trees.find(name, made.lasting_tag)
            assert again is not None, f"{name}:{tag} is kept as {made.lasting_tag!r}"
            assert again.version.name == made.version.name


def test_ubuntu_has_its_empty_logs() -> None:
    assert content(published("ubuntu").tree(), "/var/log/dpkg.log") == ""


def test_images_share_the_files_of_their_base() -> None:
    redis, postgres = published("redis").tree(), published("postgres").tree()
    assert redis["/usr/bin/ls"] is postgres["/usr/bin/ls"]
    assert redis.below is postgres.below is not None


def test_a_recipe_says_no_more_than_there_is() -> None:
    with pytest.raises(ValueError, match="no field colour"):
        recipe.of_table("me/app", {"colour": "red"})
    with pytest.raises(ValueError, match="windows is no base"):
        image_trees.made(recipe.of_table("me/app", {"base": "windows"}), "latest")


@pytest.mark.parametrize("name", ["nginx:1.30", "redis:alpine", "ubuntu:22.04", "mysql:5.7"])
def test_a_digest_finds_its_image(name: str) -> None:
    found = published(name)
    again = look_up(parse(f"{found.repository}@{found.digest}"))
    assert again is not None
    assert again.image_id == found.image_id
    assert look_up(parse(f"{found.repository}@sha256:{'0' * 64}")) is None


def test_the_pinned_digest_finds_its_image() -> None:
    found = published("hello-world")
    assert look_up(parse(f"hello-world@{found.digest}")) is found
