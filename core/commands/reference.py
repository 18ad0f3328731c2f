"""The names of images, spelled out as Docker does."""

from __future__ import annotations


def tagged(image: str) -> str:
    """With the tag that is meant where none is said; a digest is as good as a tag."""
    return image if ":" in image.rpartition("/")[2] else f"{image}:latest"


def canonical(image: str) -> str:
    """With its registry as well: ``docker.io/library/alpine:latest``."""
    first, slash, _ = image.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return tagged(image)
    return tagged(f"docker.io/{image}" if slash else f"docker.io/library/{image}")
