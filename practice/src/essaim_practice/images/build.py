"""The classic builder: one image per step of a Dockerfile, with the daemon's messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from posixpath import join, normpath
from random import Random
from typing import Any

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.files.tars import words_of
from essaim_practice.images import build_context, dockerfile, pull, registry
from essaim_practice.images import local as images
from essaim_practice.images.build_config import Config, configure, said_of
from essaim_practice.images.build_context import CopyFailed
from essaim_practice.images.build_plan import (
    BuildFailed,
    Message,
    Options,
    grown,
    label_steps,
    played,
    scratch,
    until_target,
)
from essaim_practice.images.catalogue import digest_of
from essaim_practice.images.dockerfile import Instruction
from essaim_practice.images.reference import parse
from essaim_practice.programs.base import (
    Context,
    Files,
    StartError,
    environment,
    not_created,
    program,
    too_long,
)
from essaim_practice.store import quotas
from essaim_practice.store.clock import Clock
from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import hex_id, short
from essaim_practice.store.memory import weigh
from essaim_practice.store.objects import Image
from essaim_practice.store.store import Store
from essaim_practice.store.time_slices import run_sliced

_STEP = 0.12  # seconds that a step takes at least: its container is made and committed


@dataclass(slots=True)
class _Stage:
    """The stage under construction: its newest image and its arguments."""

    name: str
    image: Image
    arguments: dict[str, str] = field(default_factory=dict)  # those that ARG has declared


class Build:
    """One run of a Dockerfile on one engine."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        random: Random,
        engine: str,
        context: FileSystem,
        instructions: list[Instruction],
        options: Options,
    ) -> None:
        self._store = store
        self._clock = clock
        self._random = random
        self._engine = engine
        self._context = context
        self._options = options
        self._instructions = until_target(instructions, options.target)
        self._stages: list[_Stage] = []
        self._used_arguments: set[str] = set()
        self._global: dict[str, str] = {}  # arguments declared before the first FROM

    async def run(self) -> AsyncIterator[Message]:
        """The messages of the build as they come; a failure is the last one."""
        try:
            async for message in self._steps():
                yield message
        except BuildFailed as failure:
            yield failure.as_json()
        except CopyFailed as failure:
            yield BuildFailed(str(failure)).as_json()
        except ApiError as error:
            yield BuildFailed(error.message).as_json()

    async def _steps(self) -> AsyncIterator[Message]:
        steps = [*self._instructions, *label_steps(self._options.labels)]
        for number, step in enumerate(steps, 1):
            if step.name == "FROM" and self._stages:
                yield {"aux": {"ID": self._stages[-1].image.image_id}}
            yield {"stream": f"Step {number}/{len(steps)} : {step.text}"}
            yield {"stream": "\n"}
            if step.name == "FROM":
                async for message in self._from(step):
                    yield message
            elif not self._stages:
                self._declare(step, self._global, {})
            else:
                async for message in self._step(step, self._stages[-1]):
                    yield message
        image = self._stages[-1].image
        if image.image_id:
            yield {"aux": {"ID": image.image_id}}
        if unused := sorted(set(self._options.arguments) - self._used_arguments):
            listed = " ".join(unused)
            yield {"stream": f"[Warning] One or more build-args [{listed}] were not consumed\n"}
        yield {"stream": f"Successfully built {short(image.image_id)}\n"}
        for tag in self._options.tags:
            image = images.tag(self._store, image, tag)
            yield {"stream": f"Successfully tagged {tag}\n"}

    # FROM and ARG

    async def _from(self, step: Instruction) -> AsyncIterator[Message]:
        name = dockerfile.expand(step.words[0], self._global)
        if not name:
            raise BuildFailed(f"base name ({step.words[0]}) should not be blank")
        alias = step.words[2].lower() if len(step.words) == 3 else ""
        earlier = self._stage(name)
        if earlier is not None:
            image = earlier.image
        elif name == "scratch":
            image = scratch(self._engine)
        else:
            found = images.find(self._store, self._engine, name)
            if found is None or self._options.pull:
                async for message in self._pull(name):
                    yield message
            image = images.get(self._store, self._engine, name)
        self._stages.append(_Stage(alias, image))
        yield {"stream": f" ---> {short(image.image_id)}\n"}

    async def _pull(self, name: str) -> AsyncIterator[Message]:
        reference = parse(name)
        published = await registry.require(self._store, self._engine, reference)
        held = images.layers_on(self._store, self._engine)
        here = images.find(self._store, self._engine, name)
        current = here is not None and here.image_id == images.id_of(self._store, published)
        rate = registry.state(self._store).rate
        for delay, message in pull.timeline(reference, published, held, current, rate):
            if delay:
                await self._clock.sleep(delay)
            yield message
        images.add_pulled(self._store, self._engine, reference, published)

    def _stage(self, name: str) -> _Stage | None:
        if name.isdigit() and int(name) < len(self._stages):
            return self._stages[int(name)]
        return next((s for s in self._stages if s.name and s.name == name.lower()), None)

    def _declare(
        self, step: Instruction, into: dict[str, str], inherited: Mapping[str, str]
    ) -> None:
        for word in step.words:
            name, given, default = word.partition("=")
            if name in self._options.arguments:
                into[name] = self._options.arguments[name]
                self._used_arguments.add(name)
            elif given:
                into[name] = dockerfile.expand(default.strip("\"'"), into)
            elif name in inherited:
                into[name] = inherited[name]
        if too_long((), into):
            raise ApiError(400, f"argument list too long: {step.text[:80]}")

    # Every other instruction

    async def _step(self, step: Instruction, stage: _Stage) -> AsyncIterator[Message]:
        image = stage.image
        variables = {**stage.arguments, **environment(image, None)}
        if step.name == "ARG":
            self._declare(step, stage.arguments, self._global)
        if "mount" in step.flags:
            raise BuildFailed(
                "the --mount option requires BuildKit. Refer to "
                "https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit "
                "enabled"
            )
        if step.name in ("COPY", "ADD"):
            system, kind = await self._copied(step, image, variables)
            source = f"{kind}:{await run_sliced(build_context.hash_of(system))}"
            config = image.config
            change = said_of(step, config, config, variables, stage.arguments, source)
            if cached := self._cached(image, change):
                yield {"stream": " ---> Using cache\n"}
                stage.image = cached
            else:
                await self._clock.sleep(_STEP)
                stage.image = self._commit(image, change, config, system)
            yield {"stream": f" ---> {short(stage.image.image_id)}\n"}
            return
        config = configure(step, image.config, variables)
        change = said_of(step, image.config, config, variables, stage.arguments, "")
        if cached := self._cached(image, change):
            yield {"stream": " ---> Using cache\n"}
            yield {"stream": f" ---> {short(cached.image_id)}\n"}
            stage.image = cached
            return
        container = hex_id(self._random)[:12]
        yield {"stream": f" ---> Running in {container}\n"}
        await self._clock.sleep(_STEP)
        system = self._files(image)
        if step.name in ("RUN", "WORKDIR"):
            system.make_folder(str(config.get("WorkingDir") or "/"), parents=True)
        if step.name == "RUN":
            async for message in self._run(step, image, config, variables, system):
                yield message
        if self._options.remove:
            yield {"stream": f" ---> Removed intermediate container {container}\n"}
        stage.image = self._commit(image, change, config, system)
        yield {"stream": f" ---> {short(stage.image.image_id)}\n"}

    def _files(self, image: Image) -> FileSystem:
        system = FileSystem(image.files, self._clock.now)
        system.write_to(self._store.disk)
        return system

    async def _copied(
        self, step: Instruction, image: Image, variables: Mapping[str, str]
    ) -> tuple[FileSystem, str]:
        """The files after a COPY, and the kind of the source in the history: file, dir, multi."""
        words = tuple(dockerfile.expand(word, variables) for word in step.words)
        source = self._context
        if origin := step.flags.get("from"):
            source = await self._files_of(origin)
        if step.name == "ADD" and any(w.startswith(("http://", "https://")) for w in words):
            raise BuildFailed("ADD failed: the practice engine has no way to the internet")
        place = normpath(join(str(image.config.get("WorkingDir") or "/"), words[-1]))
        target = place.rstrip("/") + "/" if words[-1].endswith(("/", ".")) else place
        system = self._files(image)
        try:
            unpacking = step.name == "ADD"
            await run_sliced(build_context.copy(words[:-1], target, source, system, unpacking))
            return system, await run_sliced(build_context.source_kind(words[:-1], source))
        except CopyFailed as failure:
            if failure.bare:
                raise
            text = str(failure)
            if not origin and text.startswith("stat "):
                text = f"file not found in build context or excluded by .dockerignore: {text}"
            raise BuildFailed(f"{step.name} failed: {text}") from None
        except OSError as error:
            text = f"{error.filename}: {words_of(error)}"
            raise BuildFailed(f"{step.name} failed: {text}") from None

    async def _files_of(self, origin: str) -> FileSystem:
        """The files of a stage or an image."""
        stage = self._stage(origin)
        if stage is not None and stage is self._stages[-1]:
            text = f"invalid from flag value {origin}: refers to current build stage"
            raise BuildFailed(text)
        image = stage.image if stage else images.find(self._store, self._engine, origin)
        if image is None:
            try:
                async for _ in self._pull(origin):
                    pass
            except ApiError as error:
                text = f"invalid from flag value {origin}: {error.message}"
                raise BuildFailed(text) from None
            image = images.get(self._store, self._engine, origin)
        return self._files(image)

    async def _run(
        self,
        step: Instruction,
        image: Image,
        config: Config,
        variables: Mapping[str, str],
        system: FileSystem,
    ) -> AsyncIterator[Message]:
        shell = image.config.get("Shell") or ("/bin/sh", "-c")
        argv = list(step.words) if step.json_form else [*shell, step.rest]
        context = Context(
            image=image,
            hostname="build",
            env={"HOME": "/root", **variables},
            cwd=str(config.get("WorkingDir") or "/"),
            now=self._clock.now,
            interactive=False,
            inside=Files(system),
        )
        try:
            steps = program(argv, context).steps
        except StartError as error:
            raise BuildFailed(not_created(error)) from None
        async for message in played(steps, " ".join(argv), self._clock, self._store.memory):
            yield message

    # Images

    def _cached(self, parent: Image, change: str) -> Image | None:
        if not self._options.cache:
            return None
        held = images.on_engine(self._store, self._engine)
        if self._options.cache_from:
            held = list(self._sources())
        return next((i for i in held if i.step == change and i.parent == parent.image_id), None)

    def _sources(self) -> Iterator[Image]:
        """The images of ``cache_from``, with their parents."""
        for name in self._options.cache_from:
            image = images.find(self._store, self._engine, name)
            while image is not None:
                yield image
                image = (
                    images.find(self._store, self._engine, image.parent) if image.parent else None
                )

    def _commit(self, parent: Image, change: str, config: Config, system: FileSystem) -> Image:
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
            files=system.flatten() if system.layer() else parent.files,
            parent=parent.image_id,
            step=change,
        )
        return self._store.put(image)
