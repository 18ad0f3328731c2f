"""The classic builder: one image per step of a Dockerfile, with the daemon's messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from posixpath import join, normpath
from random import Random

from essaim_practice.files.filesystem import FileSystem
from essaim_practice.files.tars import words_of
from essaim_practice.images import build_context, dockerfile
from essaim_practice.images import local as images
from essaim_practice.images.build_config import Config, configure, said_of
from essaim_practice.images.build_context import CopyFailed
from essaim_practice.images.build_images import BuildImages
from essaim_practice.images.build_plan import (
    PREDEFINED,
    BuildFailed,
    Message,
    Options,
    label_steps,
    played,
    scratch,
    until_target,
)
from essaim_practice.images.dockerfile import Instruction
from essaim_practice.images.dockerfile_words import expand
from essaim_practice.programs.base import (
    Context,
    Files,
    StartError,
    environment,
    not_created,
    program,
    too_long,
)
from essaim_practice.programs.users import check_user
from essaim_practice.store.clock import Clock
from essaim_practice.store.errors import ApiError
from essaim_practice.store.formats import hex_id, short
from essaim_practice.store.objects import Image
from essaim_practice.store.store import Store
from essaim_practice.store.time_slices import run_sliced

_NEED_BUILDKIT = ("chmod", "mount", "network", "security")
_GAPS = "[WARNING]: Empty continuation lines will become errors in a future release."
_STEP = 0.12  # seconds that a step takes at least: its container is made and committed


@dataclass(slots=True)
class _Stage:
    """The stage under construction: its newest image and its arguments."""

    name: str
    image: Image
    author: str  # MAINTAINER
    commanded: bool = False  # it has a CMD of its own
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
        self._images = BuildImages(store, clock, random, engine, options)
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
        for step in steps:
            if step.gap:
                yield {"stream": f"[WARNING]: Empty continuation line found in: {step.text}\n"}
        if any(step.gap for step in steps):
            yield {"stream": f"{_GAPS}\n"}
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
                stage = self._stages[-1]
                async for message in self._step(step, stage):
                    yield message
                yield {"stream": f" ---> {short(stage.image.image_id)}\n"}
        image = self._stages[-1].image
        if image.image_id:
            yield {"aux": {"ID": image.image_id}}
        if unused := sorted({*self._options.arguments} - self._used_arguments - PREDEFINED):
            listed = " ".join(unused)
            yield {"stream": f"[Warning] One or more build-args [{listed}] were not consumed\n"}
        yield {"stream": f"Successfully built {short(image.image_id)}\n"}
        for tag in self._options.tags:
            image = images.tag(self._store, image, tag)
            yield {"stream": f"Successfully tagged {tag}\n"}

    # FROM and ARG

    async def _from(self, step: Instruction) -> AsyncIterator[Message]:
        name = expand(step.words[0], self._global)
        if not name:
            raise BuildFailed(f"base name ({step.words[0]}) should not be blank")
        alias = step.words[2].lower() if len(step.words) == 3 else ""
        if (earlier := self._named(name)) is not None:
            image, author = earlier.image, earlier.author
        elif name == "scratch":
            image, author = scratch(self._engine), ""
        else:
            if self._images.find(name) is None or self._options.pull:
                async for message in self._images.pull(name):
                    yield message
            image = self._images.get(name)
            author = image.author
        triggers = image.config.get("OnBuild") or ()
        if triggers:
            image = replace(image, config={**image.config, "OnBuild": None})
        stage = _Stage(alias, image, author)
        self._stages.append(stage)
        async for message in self._triggered(triggers, stage):
            yield message
        yield {"stream": f" ---> {short(stage.image.image_id)}\n"}

    async def _triggered(self, triggers: Sequence[str], stage: _Stage) -> AsyncIterator[Message]:
        """What the ONBUILD instructions of a stage's image do, before the stage's own."""
        if triggers:
            many = "s" if len(triggers) > 1 else ""
            yield {"stream": f"# Executing {len(triggers)} build trigger{many}\n"}
        for trigger in triggers:
            async for message in self._step(dockerfile.instruction(1, str(trigger)), stage):
                yield message

    def _stage(self, name: str) -> _Stage | None:
        """The stage that COPY --from means, by its number or its name."""
        if name.isascii() and name.isdigit() and int(name[:9]) < len(self._stages):
            return self._stages[int(name[:9])]
        return self._named(name)

    def _named(self, name: str) -> _Stage | None:
        return next((s for s in self._stages if s.name and s.name == name.lower()), None)

    def _declare(
        self, step: Instruction, into: dict[str, str], inherited: Mapping[str, str]
    ) -> None:
        for word in step.words:
            name, given, default = word.partition("=")
            name = expand(name, into)
            if name in self._options.arguments:
                into[name] = self._options.arguments[name]
                self._used_arguments.add(name)
            elif given:
                into[name] = expand(default, into)
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
        if flag := next((f for f in _NEED_BUILDKIT if step.flags.get(f)), ""):
            raise BuildFailed(
                f"the --{flag} option requires BuildKit. Refer to "
                "https://docs.docker.com/go/buildkit/ to learn how to build images with BuildKit "
                "enabled"
            )
        if step.name == "MAINTAINER":
            stage.author = step.rest
        if step.name in ("COPY", "ADD"):
            system, kind = await self._copied(step, image, variables)
            source = f"{kind}:{await run_sliced(build_context.hash_of(system))}"
            config = image.config
            change = said_of(step, config, config, variables, stage.arguments, source)
            if cached := self._images.cached(image, change):
                yield {"stream": " ---> Using cache\n"}
                stage.image = cached
            else:
                await self._clock.sleep(_STEP)
                stage.image = self._images.commit(image, change, config, system, stage.author)
            return
        config = configure(step, image.config, variables, stage.commanded)
        stage.commanded = stage.commanded or (step.name == "CMD" and bool(step.rest))
        change = said_of(step, image.config, config, variables, stage.arguments, "")
        if cached := self._images.cached(image, change):
            yield {"stream": " ---> Using cache\n"}
            stage.image = cached
            return
        container = hex_id(self._random)[:12]
        yield {"stream": f" ---> Running in {container}\n"}
        await self._clock.sleep(_STEP)
        system = self._files(image)
        if step.name in ("RUN", "WORKDIR"):
            system.make_folder(str(config.get("WorkingDir") or "/"), parents=True)
        if step.name == "RUN":
            given = {k: v for k, v in self._options.arguments.items() if k in PREDEFINED}
            variables = {"HOSTNAME": container, **given, **variables}
            async for message in self._run(step, image, config, variables, system):
                yield message
        if self._options.remove:
            yield {"stream": f" ---> Removed intermediate container {container}\n"}
        stage.image = self._images.commit(image, change, config, system, stage.author)

    def _files(self, image: Image) -> FileSystem:
        system = FileSystem(image.files, self._clock.now)
        system.write_to(self._store.disk)
        return system

    async def _copied(
        self, step: Instruction, image: Image, variables: Mapping[str, str]
    ) -> tuple[FileSystem, str]:
        """The files after a COPY, and the kind of the source in the history: file, dir, multi."""
        plain = (word for word in step.words if not dockerfile.HEREDOC.fullmatch(word))
        words = tuple(expand(word, variables) for word in plain)
        source = self._context
        if origin := step.flags.get("from"):
            source = await self._files_of(origin)
        if step.name == "ADD" and any(w.startswith(("http://", "https://")) for w in words):
            raise BuildFailed("ADD failed: the practice engine has no way to the internet")
        place = normpath(join(str(image.config.get("WorkingDir") or "/"), words[-1]))
        target = place.rstrip("/") + "/" if words[-1].endswith(("/", ".")) else place
        system = self._files(image)
        chown = expand(step.flags.get("chown", ""), variables)
        owner = build_context.owner_of(chown, system) if chown else None
        try:
            unpacking = step.name == "ADD"
            copying = build_context.copy(words[:-1], target, source, system, unpacking, owner)
            await run_sliced(copying)
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
        image = stage.image if stage else self._images.find(origin)
        if image is None:
            try:
                async for _ in self._images.pull(origin):
                    pass
            except ApiError as error:
                text = f"invalid from flag value {origin}: {error.message}"
                raise BuildFailed(text) from None
            image = self._images.get(origin)
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
        line = (step.rest,) if step.rest else ()
        argv = list(step.words) if step.json_form else [*shell, *line]
        user = str(config.get("User") or "root")
        for path in config.get("Volumes") or ():  # what is written there is no part of the image
            volume = self._files(image)
            volume.make_folder(path, parents=True)
            system.mount(path, volume, root=path)
        context = Context(
            image=image,
            hostname=variables["HOSTNAME"],
            env={"HOME": "/root", **variables},
            cwd=str(config.get("WorkingDir") or "/"),
            now=self._clock.now,
            interactive=False,
            inside=Files(system),
            user=user,
        )
        try:
            check_user(system, user)
        except StartError as error:
            raise BuildFailed(error.message) from None
        try:
            steps = program(argv, context).steps
        except StartError as error:
            raise BuildFailed(not_created(error)) from None
        async for message in played(steps, " ".join(argv), self._clock, self._store.memory):
            yield message
