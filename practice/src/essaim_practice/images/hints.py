"""What a refused pull says besides the daemon's words: that this is a simulation, what it knows."""

from __future__ import annotations

from difflib import get_close_matches

from essaim_practice.files import recipe
from essaim_practice.files.recipe import numbers
from essaim_practice.images.reference import Reference

_SHOWN = 5  # tags
_LONGEST = 60  # characters of a name that is compared
_BUILDKIT = ("moby/buildkit", "docker/buildkit", "docker/dockerfile")


def of(reference: Reference) -> str:
    """One line, in brackets."""
    return f"(simulated: {_said(reference)})"


def _said(reference: Reference) -> str:
    name = reference.repository
    if name in _BUILDKIT:
        return "BuildKit is not played: set DOCKER_BUILDKIT=0 to build"
    if known := recipe.find(name):
        whole = [tag for tag in known.tags.split() if numbers(tag)] or known.tags.split()
        newest = sorted(whole, key=numbers, reverse=True)[:_SHOWN]
        return f"of {name} the practice engine knows {', '.join(newest)} and older numbers"
    if name.startswith(("bitnami/", "bitnamilegacy/")) and recipe.find(name.partition("/")[2]):
        return f"images of Bitnami are not known: take {name.partition('/')[2]}"
    known_names = list(recipe.names())
    text = f"nothing is fetched; the practice engine knows {len(known_names)} repositories"
    near = get_close_matches(name[:_LONGEST], known_names, 1, 0.75)
    return f"{text}, {near[0]} among them" if near else f"{text}: docker search finds them"
