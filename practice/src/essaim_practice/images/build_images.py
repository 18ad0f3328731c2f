"""The images of a build: those that it begins with, and those that its steps make."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from random import Random
from typing import Any

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.images import local as images
from essaim_practice.images import pull, registry
from essaim_practice.images.build_config import Config
from essaim_practice.images.build_plan import Message, Options, grown
from essaim_practice.images.catalogue import digest_of
from essaim_practice.images.reference import parse
from essaim_practice.store import quotas
from essaim_practice.store.clock import Clock
from essaim_practice.store.memory import weigh
from essaim_practice.store.objects import Image
from essaim_practice.store.store import Store


class BuildImages:
    """Finds and makes the images of one build."""

    def __init__(
        self, store: Store, clock: Clock, random: Random, engine: str, options: Options
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._engine = engine
        self._options = options

    def find(self, name: str) -> Image | None:
        return images.find(self._store, self._engine, name)

    def get(self, name: str) -> Image:
        """Raises ApiError 404 for an image that is not here."""
        return images.get(self._store, self._engine, name)

    async def pull(self, name: str) -> AsyncIterator[Message]:
        """The messages of a pull as they come. Raises ApiError for what no registry has."""
        reference = parse(name)
        published = await registry.require(self._store, self._engine, reference)
        held = images.layers_on(self._store, self._engine)
        here = self.find(name)
        current = here is not None and here.image_id == images.id_of(self._store, published)
        rate = registry.state(self._store).rate
        for delay, message in pull.timeline(
            reference, published, held, current, rate, self._store.edition.unsaid
        ):
            if delay:
                await self._clock.sleep(delay)
            yield message
        images.add_pulled(self._store, self._engine, reference, published)

    # Those of its steps

    def cached(self, parent: Image, change: str) -> Image | None:
        if not self._options.cache:
            return None
        held = images.on_engine(self._store, self._engine)
        if self._options.cache_from:
            held = list(self._sources())
        return next((i for i in held if i.step == change and i.parent == parent.image_id), None)

    def _sources(self) -> Iterator[Image]:
        """The images of ``cache_from``, with their parents."""
        for name in self._options.cache_from:
            image = self.find(name)
            while image is not None:
                yield image
                image = self.find(image.parent) if image.parent else None

    def commit(
        self, parent: Image, change: str, config: Config, system: FileSystem, author: str
    ) -> Image:
        size = grown(system)
        quotas.require_image(self._store, system.weight)
        self._store.memory.require(weigh(change) + (config is not parent.config and weigh(config)))
        now = self._clock.now()
        image_id = digest_of(f"{parent.image_id} {change} {now} {self._random.random()}")
        made: dict[str, Any] = {
            "Comment": "",
            "Created": int(now),
            "CreatedBy": change,
            "Id": image_id,
            "Size": size,
            "Tags": None,
        }
        image = Image(
            id=f"{self._engine}/{image_id}",
            engine=self._engine,
            image_id=image_id,
            tags=(),
            digests=(),
            size=parent.size + size,
            created=now,
            layers=parent.layers + (digest_of(f"layer {image_id}"),) * bool(system.changes()),
            history=(made, *parent.history),
            config=config,
            behaviour=parent.behaviour,
            base=parent.base,
            platform=parent.platform,
            files=system.flatten() if system.layer() else parent.files,
            parent=parent.image_id,
            step=change,
            author=author,
        )
        return self._store.put(image)
