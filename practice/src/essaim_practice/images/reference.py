"""Image references: ``nginx``, ``nginx:1.29``, ``me/app@sha256:…``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from essaim_practice.store.errors import ApiError

_NAME = re.compile(
    r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*"
)
_HOST = re.compile(r"(?:[a-zA-Z0-9.-]+\.[a-zA-Z0-9.-]+|localhost|[a-zA-Z0-9.-]+:[0-9]+)")
TAG = re.compile(r"[\w][\w.-]{0,127}")
_LONGEST = 255  # characters of a repository's name
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Reference:
    """An image's name in the short form that Docker shows."""

    repository: str  # nginx, me/app, registry.example:5000/app
    tag: str  # "" when only a digest was given
    digest: str = ""  # sha256:…, or ""

    @property
    def name(self) -> str:
        """``nginx:latest``; the digest instead where there is no tag."""
        return f"{self.repository}:{self.tag}" if self.tag else f"{self.repository}@{self.digest}"

    @property
    def path(self) -> str:
        """The path of the repository on Docker Hub: ``library/nginx``."""
        return self.repository if "/" in self.repository else f"library/{self.repository}"

    @property
    def place(self) -> str:
        """The repository with its registry: ``docker.io/library/nginx``."""
        host, slash, _ = self.repository.partition("/")
        return self.repository if slash and _HOST.fullmatch(host) else f"docker.io/{self.path}"


@lru_cache(maxsize=256)
def parse(text: str) -> Reference:
    """Parse a reference; without tag and digest it is ``latest``. Raises ApiError 400."""
    name, _, digest = text.partition("@")
    if "@" in text and not _DIGEST.fullmatch(digest):
        raise ApiError(400, "invalid reference format")
    tag = ""
    last = name.rsplit("/", 1)[-1]
    if ":" in last:
        name, _, tag = name.rpartition(":")
        if not TAG.fullmatch(tag):
            raise ApiError(400, "invalid reference format")
    host, slash, rest = name.partition("/")
    if slash and _HOST.fullmatch(host):
        hub = host in ("docker.io", "index.docker.io")
        path, host = rest, "" if hub else f"{host}/"
        if hub:
            path = path.removeprefix("library/")
    else:
        path, host = name.removeprefix("library/"), ""
    if len(host + path) > _LONGEST:
        raise ApiError(400, f"repository name must not be more than {_LONGEST} characters")
    if not _NAME.fullmatch(path):
        if path and _NAME.fullmatch(path.lower()):
            shown = path if "/" in path or host else f"library/{path}"
            message = f"invalid reference format: repository name ({shown}) must be lowercase"
            raise ApiError(400, message)
        raise ApiError(400, "invalid reference format")
    return Reference(host + path, tag or ("" if digest else "latest"), digest)
