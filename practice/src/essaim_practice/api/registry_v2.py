"""The catalogue as a registry, read only, at the engine's own port.

``docker manifest inspect --insecure localhost:2375/nginx``: it has manifests and
configurations; no layer is there to be fetched.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from essaim_practice.api.routing import Request, route
from essaim_practice.images import registry
from essaim_practice.images.catalogue import Published
from essaim_practice.images.reference import parse
from essaim_practice.protocol.answers import Response
from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import rfc3339

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_CONFIG = "application/vnd.docker.container.image.v1+json"
_LAYER = "application/vnd.docker.image.rootfs.diff.tar.gzip"
_VERSION = {"Docker-Distribution-Api-Version": "registry/2.0"}
_MOST = 256  # answers that are found again by their digest

_said: dict[str, tuple[bytes, str]] = {}  # by digest: what was asked for last, and its media type


@route("GET", "/v2/")
def version(request: Request) -> Response:
    return Response({}, headers=_VERSION)


@route("HEAD", "/v2/{name:path}/manifests/{reference}")
@route("GET", "/v2/{name:path}/manifests/{reference}")
def manifest(request: Request) -> Response:
    name, tag = request.params["name"], request.params["reference"]
    if ":" in tag:
        return _by_digest(tag, "MANIFEST_UNKNOWN", "manifest unknown")
    try:
        published = registry.find(request.cluster.store, parse(f"{name}:{tag}"))
    except ApiError:
        return _refused("NAME_INVALID", "invalid repository name", 400)
    if published is None:
        return _refused("MANIFEST_UNKNOWN", "manifest unknown")
    return _answer(_keep(_manifest_of(published), _MANIFEST))


@route("HEAD", "/v2/{name:path}/blobs/{digest}")
@route("GET", "/v2/{name:path}/blobs/{digest}")
def blob(request: Request) -> Response:
    return _by_digest(request.params["digest"], "BLOB_UNKNOWN", "blob unknown to registry")


def _by_digest(digest: str, code: str, words: str) -> Response:
    return _answer(digest) if digest in _said else _refused(code, words)


def _answer(digest: str) -> Response:
    body, media = _said[digest]
    return Response(
        body, headers={**_VERSION, "Content-Type": media, "Docker-Content-Digest": digest}
    )


def _refused(code: str, words: str, status: int = 404) -> Response:
    error = {"code": code, "message": words, "detail": None}
    return Response({"errors": [error]}, status, _VERSION)


def _keep(body: bytes, media: str) -> str:
    digest = f"sha256:{sha256(body).hexdigest()}"
    _said.pop(digest, None)
    _said[digest] = body, media
    while len(_said) > _MOST:
        del _said[next(iter(_said))]
    return digest


def _config_of(published: Published) -> bytes:
    system, _, machine = (published.platform or "linux/amd64").partition("/")
    config = {
        "architecture": machine.partition("/")[0],
        "config": published.config,
        "created": rfc3339(published.created),
        "history": [],
        "os": system,
        "rootfs": {"type": "layers", "diff_ids": [each.diff_id for each in published.layers]},
    }
    return json.dumps(config, separators=(",", ":")).encode()


def _manifest_of(published: Published) -> bytes:
    config = _config_of(published)
    layers: list[dict[str, Any]] = [
        {"mediaType": _LAYER, "size": each.download, "digest": each.blob}
        for each in published.layers
    ]
    made = {
        "schemaVersion": 2,
        "mediaType": _MANIFEST,
        "config": {
            "mediaType": _CONFIG,
            "size": len(config),
            "digest": _keep(config, _CONFIG),
        },
        "layers": layers,
    }
    return json.dumps(made, indent=3).encode()
