"""The names of images, taken apart as Docker does: repository, tag, digest."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

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
    first, slash, rest = image.partition("/")
    if slash and first in ("docker.io", "index.docker.io"):
        return tagged(f"docker.io/{rest}" if "/" in rest else f"docker.io/library/{rest}")
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


@dataclass(frozen=True, slots=True)
class Reference:
    """A name as a registry takes it: ``docker.io``, ``library/alpine``, ``latest``, a digest."""

    domain: str
    path: str
    tag: str = ""
    digest: str = ""

    @property
    def familiar(self) -> str:
        """The repository as people write it: ``alpine``, ``me/app``, ``host:5000/app``."""
        if self.domain != "docker.io":
            return f"{self.domain}/{self.path}"
        return self.path.removeprefix("library/")

    @property
    def is_name_only(self) -> bool:
        return not (self.tag or self.digest)

    def __str__(self) -> str:
        tag, digest = self.tag and f":{self.tag}", self.digest and f"@{self.digest}"
        return f"{self.domain}/{self.path}{tag}{digest}"


_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_DOMAIN = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?")
_PATH = re.compile(rf"{_PART}(?:/{_PART})*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")
_LONGEST = 1000  # characters: of no name that an engine takes, and short for a regular expression
_BAD = "invalid reference format"


def reference(word: str) -> Reference:
    """A typed name, taken apart; no tag is added. Raises ValueError in docker's own words.

    The rules are those of distribution/reference, ParseNormalizedNamed.
    """
    if re.fullmatch(r"[a-f0-9]{64}", word):
        raise ValueError(
            f"invalid repository name ({word}), cannot specify 64-byte hexadecimal strings"
        )
    domain, slash, rest = word.partition("/")
    if not slash or not (
        set(".:") & set(domain) or domain in ("localhost", "") or domain != domain.lower()
    ):
        domain, rest = "docker.io", word
    domain = "docker.io" if domain == "index.docker.io" else domain
    if domain == "docker.io" and "/" not in rest:
        rest = f"library/{rest}"
    name = rest.partition(":")[0]
    if name != name.lower():
        raise ValueError(f"{_BAD}: repository name ({name}) must be lowercase")
    name, at, digest = rest.partition("@")
    path, colon, tag = name.partition(":")
    right = (
        len(word) <= _LONGEST
        and _DOMAIN.fullmatch(domain)
        and _PATH.fullmatch(path)
        and (not colon or _TAG.fullmatch(tag))
        and (not at or _DIGEST.fullmatch(digest))
    )
    if not right:
        raise ValueError(_BAD)
    if len(path) > 255:
        raise ValueError("repository name must not be more than 255 characters")
    return Reference(domain, path, tag, digest)
