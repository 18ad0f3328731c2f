"""The progress of a pull, layer by layer, as the daemon reports it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from essaim_practice.images.catalogue import Layer, Published
from essaim_practice.images.reference import Reference
from essaim_practice.store.formats import human_size

TICK = 0.1  # seconds between two reports of progress
_DOWNLOADS = 3  # layers that come down at once
_LEAST = 16_000  # bytes that a report tells of: from a slow registry, they come less often
_EXTRACTION = 4_000_000  # compressed bytes per tick; layers are extracted one by one, in order
_ROUND_TRIP = 0.4  # seconds to ask the registry for a manifest

Message = dict[str, Any]


@dataclass(slots=True)
class _Progress:
    layer: Layer
    received: int = 0
    extracted: int = 0
    started: bool = False
    complete: bool = False

    @property
    def downloaded(self) -> bool:
        return self.received >= self.layer.download

    def message(self, status: str, current: int | None = None) -> Message:
        detail: Message = {}
        message = {"status": status, "progressDetail": detail, "id": self.layer.blob[7:19]}
        if current is not None:
            total = self.layer.download
            detail |= {"current": current, "total": total}
            filled = 50 * current // total
            bar = "=" * filled + ">" * (filled < 50)
            message["progress"] = f"[{bar:50}]  {human_size(current)}/{human_size(total)}"
        return message


def timeline(
    reference: Reference,
    published: Published,
    layers_held: Collection[str],
    up_to_date: bool,
    rate: float,
    unsaid: Collection[str] = (),
) -> Iterator[tuple[float, Message]]:
    """The messages of a pull, each after so many seconds.

    layers_held: the diff ids of the layers that the engine has already.
    rate: bytes per second that the registry gives, all layers together.
    up_to_date: the engine has this very image.
    unsaid: states of a layer that the engine tells nobody, see Edition.
    """
    yield (
        _ROUND_TRIP,
        {"status": f"Pulling from {reference.path}", "id": reference.tag or reference.digest},
    )
    name = f"{reference.repository}:{reference.tag}" if reference.tag else reference.name
    if not up_to_date:
        waited = 0.0
        for delay, message in _layers(published.layers, layers_held, rate):
            waited += delay
            if message["status"] not in unsaid:
                yield waited, message
                waited = 0.0
    yield 0.0, {"status": f"Digest: {published.digest}"}
    status = "Image is up to date" if up_to_date else "Downloaded newer image"
    yield 0.05, {"status": f"Status: {status} for {name}"}


def duration(published: Published, layers_held: Collection[str], rate: float) -> float:
    """Seconds that the pull of an image takes, at so many bytes per second."""
    return _duration(published.layers, frozenset(layers_held), rate)


@lru_cache(maxsize=256)  # a service's many tasks ask for the same pull on each node
def _duration(layers: tuple[Layer, ...], held: frozenset[str], rate: float) -> float:
    return _ROUND_TRIP + sum(delay for delay, _ in _layers(layers, held, rate))


def _layers(
    layers: tuple[Layer, ...], held: Collection[str], rate: float
) -> Iterator[tuple[float, Message]]:
    tick = max(TICK, _LEAST / rate)
    coming: list[_Progress] = []
    for layer in layers:
        progress = _Progress(layer)
        if layer.diff_id in held:
            yield 0.0, progress.message("Already exists")
        else:
            coming.append(progress)
            yield 0.0, progress.message("Pulling fs layer")
    for progress in coming[_DOWNLOADS:]:
        yield 0.0, progress.message("Waiting")
    while not all(progress.complete for progress in coming):
        pause = TICK if all(progress.downloaded for progress in coming) else tick
        messages = [*_download(coming, round(rate * tick)), *_extract(coming)]
        for number, message in enumerate(messages):
            yield (0.0 if number else pause), message


def _download(coming: list[_Progress], amount: int) -> Iterator[Message]:
    active = [progress for progress in coming if not progress.downloaded][:_DOWNLOADS]
    for progress in active:
        size = progress.layer.download
        progress.received = min(size, progress.received + amount // len(active))
        yield progress.message("Downloading", progress.received)
        if progress.downloaded:
            yield progress.message("Verifying Checksum")
            yield progress.message("Download complete")


def _extract(coming: list[_Progress]) -> Iterator[Message]:
    first = next((progress for progress in coming if not progress.complete), None)
    if first is None or not first.downloaded:
        return
    size = first.layer.download
    first.extracted = min(size, first.extracted + _EXTRACTION)
    yield first.message("Extracting", first.extracted)
    if first.extracted >= size:
        first.complete = True
        yield first.message("Pull complete")
