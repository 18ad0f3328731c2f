"""The names of images, taken apart as Docker does: repository, tag, digest."""

from __future__ import annotations

from collections.abc import Iterable

#: How Docker writes the part of a name that there is not.
NONE = "<none>"


def split(reference: str) -> tuple[str, str, str]:
    """``host:5000/app:1@sha256:…`` to repository, tag, digest; '' for an absent part."""
    name, _, digest = reference.partition("@")
    repository, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:  # the colon of a registry's port
        return name, "", digest
    return repository, tag, digest


def names(tags: Iterable[str], digests: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """What an image is called, as ``docker images`` lists it: (repository, tag), once each.

    tags, digests: RepoTags and RepoDigests. Engine 29 has what a service pulled among the tags,
    with its digest; 28.5 has it among the digests alone, and docker says it has no tag: '' here.
    """
    split_up = [split(reference) for reference in tags]
    tagged = dict.fromkeys((name, tag) for name, tag, _ in split_up if tag and tag != NONE)
    known = {name for name, _ in tagged}
    pulled = [name for name, tag, _ in [*split_up, *map(split, digests)] if not tag]
    bare = dict.fromkeys((name, "") for name in pulled if name not in (*known, NONE))
    return (*tagged, *bare)


def tagged(image: str) -> str:
    """With the tag that is meant where none is said; a digest is as good as a tag."""
    return image if ":" in image.rpartition("/")[2] else f"{image}:latest"


def canonical(image: str) -> str:
    """With its registry as well: ``docker.io/library/alpine:latest``."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return tagged(image)
    return tagged(f"docker.io/{image}" if slash else f"docker.io/library/{image}")


def without_digest(image: str) -> str:
    """The name without the digest that the Swarm has added."""
    return image.partition("@")[0]


def of_container(image: str) -> str:
    """The image of a container: its name, or its short id if another image has that name now."""
    id = image.removeprefix("sha256:")
    return without_digest(image) if id == image else id[:12]
