"""Images as containerd's store holds them: manifests and layers, compressed and unpacked."""

from __future__ import annotations

from typing import Any

from essaim_practice.store.objects import Image
from essaim_practice.store.store import Store

_MANIFEST = 270  # bytes of one without its layers, and of each layer in it
_LAYER = 136
_PACKED = 0.4  # what gzip leaves of a file system, about
_DESCRIBED = 1500  # bytes of a configuration


def manifest(image: Image) -> dict[str, Any]:
    """The descriptor of what the image's id is the digest of."""
    return {
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "digest": image.image_id,
        "size": _MANIFEST + _LAYER * len(image.layers),
    }


def content_size(store: Store, image: Image) -> int:
    """Bytes of its compressed layers, its configuration and its manifest; an estimate if built."""
    built, at = 0, image
    while not at.content:  # down to what was pulled, where it was built upon that
        below = store.get(Image, f"{at.engine}/{at.parent}") if at.parent else None
        if below is None:
            return round((built + at.size) * _PACKED) + _DESCRIBED
        built += at.size - below.size
        at = below
    return at.content + round(built * _PACKED)
