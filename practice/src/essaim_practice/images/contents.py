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
    if image.content:
        return image.content
    parent = store.get(Image, f"{image.engine}/{image.parent}") if image.parent else None
    own = image.size - (parent.size if parent else 0)
    return round(own * _PACKED) + (content_size(store, parent) if parent else _DESCRIBED)
