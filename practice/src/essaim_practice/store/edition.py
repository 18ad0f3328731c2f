"""What differs between the versions of the Docker engine that are played: all of it is here.

An engine answers in the shape of the version of the API that it is asked in, too: how an older one
and how 29 shows what it is asked for is told in ``api/versions.py``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

Version = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of the Docker engine.

    newest, oldest: the versions of the API that it speaks. containerd: images lie in containerd's
    store, where an image's id is the digest of its manifest and its size counts what was pulled,
    besides what was unpacked.
    """

    name: str  # as one chooses it: 29.8
    version: str
    newest: Version
    oldest: Version
    containerd: bool
    built: str
    commit: str

    @property
    def api(self) -> str:
        return spelled(self.newest)

    @property
    def oldest_api(self) -> str:
        return spelled(self.oldest)

    def words(self, text: str, asked: str = "") -> str:
        """A refusal, which is written in 28.5's words, in those of this engine.

        asked: the image that a pull is of, where the refusal is one of a pull.
        """
        if self.containerd:
            for pattern, said in _WORDS_OF_29:
                text = pattern.sub(partial(said, asked), text)
        return text

    def no_image(self, name: str, failure: str = "") -> str:
        """Why a task has no container: its image is published nowhere, or could not be asked for.

        failure: why not, in 28.5's words for a pull; it keeps them from who asks for a task.
        """
        if not self.containerd:
            return f"No such image: {name}"
        return self.words(failure, name) if failure else _missing(name)

    @property
    def has_link_variables(self) -> bool:
        """``--link`` gives a container environment variables, too (29's release notes: no more)."""
        return self.newest < (1, 52)

    @property
    def unsaid(self) -> tuple[str, ...]:
        """What a pull does with a layer and does not tell."""
        return ("Waiting", "Verifying Checksum") if self.containerd else ()

    @property
    def driver(self) -> str:
        """Of the storage below containers."""
        return "overlayfs" if self.containerd else "overlay2"


def spelled(version: Version) -> str:
    return f"{version[0]}.{version[1]}"


def _tagged(name: str) -> str:
    return name if ":" in name.rpartition("/")[2] or "@" in name else f"{name}:latest"


def _whole(name: str) -> str:
    """``docker.io/library/nginx:latest``, as containerd calls what docker calls nginx."""
    host, slash, _ = name.partition("/")
    if not slash:
        return f"docker.io/library/{_tagged(name)}"
    own = "." in host or ":" in host or host == "localhost"
    return _tagged(name) if own else f"docker.io/{_tagged(name)}"


def _unresolved(name: str, why: str) -> str:
    return f'failed to resolve reference "{_whole(name)}": {why}'


def _head(name: str) -> str:
    repository, _, tag = _whole(name).removeprefix("docker.io/").rpartition(":")
    return f"https://registry-1.docker.io/v2/{repository}/manifests/{tag}"


_Said = Callable[[str, re.Match[str]], str]
_NO_ADDRESS = "user-specified IP address is supported on user-defined networks only"
_NO_GPU = "failed to discover GPU vendor from CDI: no known GPU vendor found"
#: Whatever 29 says otherwise, and how. The sources are a recorded 29.8 and, for a registry that
#: does not answer, containerd's ``core/remotes/docker``.
_TOLD: tuple[tuple[str, _Said], ...] = (
    (
        r"pull access denied for (\S+), repository does not exist or may require 'docker login'"
        r"(: denied: requested access to the resource is denied)?",
        lambda asked, found: _missing(asked or found[1]),
    ),
    (
        r"manifest for (\S+) not found: manifest unknown: manifest unknown",
        lambda asked, found: _missing(found[1]),
    ),
    (
        r"^received unexpected HTTP status: (503 Service Unavailable)",
        lambda asked, found: _unresolved(
            asked, f"unexpected status from HEAD request to {_head(asked)}: {found[1]}"
        ),
    ),
    (
        r'^Get "https://registry-1\.docker\.io/v2/": net/http: request canceled while waiting for '
        r"connection \(Client\.Timeout exceeded while awaiting headers\)",
        lambda asked, found: _unresolved(
            asked,
            f'failed to do request: Head "{_head(asked)}": dial tcp: lookup registry-1.docker.io: '
            "i/o timeout",
        ),
    ),
    (
        r'unable to remove repository reference "(\S+)" \(must force\)',
        lambda asked, found: f"unable to delete {_tagged(found[1])} (must be forced)",
    ),
    (
        r"(?:\* )?user specified IP address is supported on user defined networks only"
        r"(?:\n\* user specified IP address is supported only when connecting to networks with "
        r"user configured subnets)?",
        lambda asked, found: _NO_ADDRESS,
    ),
    (
        r'could not select device driver "" with capabilities: \[\[gpu\]\]',
        lambda asked, found: _NO_GPU,
    ),
)
_WORDS_OF_29 = tuple((re.compile(pattern), said) for pattern, said in _TOLD)


def _missing(name: str) -> str:
    return _unresolved(name, f"{_whole(name)}: not found")


_EDITIONS = (
    Edition(
        "28.5", "28.5.2", (1, 51), (1, 24), False, "2025-11-05T14:43:25.000000000+00:00", "89c5e8f"
    ),
    Edition(
        "29.8", "29.8.0", (1, 56), (1, 40), True, "2026-08-20T14:11:07.000000000+00:00", "unknown"
    ),
)
#: By the names that choose them.
EDITIONS = {each.name: each for each in _EDITIONS} | {"29": _EDITIONS[1]}
#: What is played where nobody chooses.
USUAL = EDITIONS["29.8"]
