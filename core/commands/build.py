"""docker build: make an image from a Dockerfile and the files beside it.

Whoever builds an image can read all of its files from it. So from a page only three things can be
built: files that come with the command, where they were typed, folders of the demo folder, and the
folder of a practice machine. In a machine's terminal the files are the machine's.
"""

from __future__ import annotations

import dataclasses
import errno
import gzip
import io
import json
from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from core.cluster.references import reference
from core.commands import build_context, engine_messages
from core.commands.api import Request
from core.commands.attachments import ULIMIT, ulimit
from core.commands.command import Client, Command, Report, command
from core.commands.folder import check_size, read_all
from core.commands.grammar import argument, option, options, switch
from core.commands.machine_folder import MachineFolder
from core.commands.source import Call, given
from core.commands.streams import Captured, Streams
from core.commands.table import size
from core.commands.values import (
    BYTES,
    INTEGER,
    MARK,
    STRINGS,
    SWAP,
    VARIABLE,
    Value,
    listed,
    pairs,
)
from core.commands.values import size as bytes_of
from core.errors import DockerRefused, InvalidCommand, InvalidValue
from core.i18n import later as _

#: Bytes of a machine's folder that the dashboard itself builds: it holds them in memory.
MOST_HERE = 20_000_000
DEPRECATED = """\
DEPRECATED: The legacy builder is deprecated and will be removed in a future release.
            BuildKit is currently disabled; enable it by removing the DOCKER_BUILDKIT=0
            environment-variable.
"""


def _tag(word: str) -> str:
    try:
        reference(word)
    except ValueError as error:
        raise InvalidValue(_("{word!r} is no name for an image"), str(error), word=word) from error
    return word


TAGGED = Value("image", read=_tag)


@command("image build", "build", "builder build", changes=True)
class BuildImage(Command):
    """Build an image.

    files: names and texts that stand in for the folder at PATH. here: the folder of the practice
    machine where the line is typed. They are no part of the docker line, so two builds that differ
    in them alone are equal.
    """

    written = ("build",)

    tag: tuple[str, ...] = options("-t", "--tag", value=TAGGED)
    dockerfile: str = option("-f", "--file")
    add_host: tuple[str, ...] = options("--add-host")
    build_arg: tuple[str, ...] = options("--build-arg", value=VARIABLE)
    cache_from: tuple[str, ...] = options("--cache-from", value=STRINGS)
    cgroup_parent: str = option("--cgroup-parent")
    compress: bool = switch("--compress")
    cpu_period: int = option("--cpu-period", value=INTEGER, default=0)
    cpu_quota: int = option("--cpu-quota", value=INTEGER, default=0)
    cpu_shares: int = option("-c", "--cpu-shares", value=INTEGER, default=0)
    cpuset_cpus: str = option("--cpuset-cpus")
    cpuset_mems: str = option("--cpuset-mems")
    disable_content_trust: bool = switch("--disable-content-trust", default=True)
    force_rm: bool = switch("--force-rm")
    iidfile: str = option("--iidfile")
    isolation: str = option("--isolation")
    label: tuple[str, ...] = options("--label", value=MARK)
    memory: str = option("-m", "--memory", value=BYTES)
    memory_swap: str = option("--memory-swap", value=SWAP)
    network: str = option("--network", default="default")
    no_cache: bool = switch("--no-cache")
    platform: str = option("--platform")
    pull: bool = switch("--pull")
    quiet: bool = switch("-q", "--quiet")
    rm: bool = switch("--rm", default=True)
    security_opt: tuple[str, ...] = options("--security-opt", value=STRINGS)
    shm_size: str = option("--shm-size", value=BYTES)
    squash: bool = switch("--squash")
    target: str = option("--target")
    ulimit: tuple[str, ...] = options("--ulimit", value=ULIMIT)
    path: str = argument("PATH")
    files: tuple[tuple[str, str], ...] = dataclasses.field(default=(), compare=False, repr=False)
    here: str = dataclasses.field(default="", compare=False, repr=False)

    def _settings(self) -> dict[str, object]:
        """The keywords of docker-py, of which some parameters of the API have none."""
        limits = given(
            memory=self.memory and bytes_of(self.memory),
            memswap=self.memory_swap and _swap(self.memory_swap),
            cpushares=self.cpu_shares or None,
            cpusetcpus=self.cpuset_cpus,
        )
        named = given(
            tag=self.tag[0] if self.tag else "",
            dockerfile=self.dockerfile,
            buildargs=self._build_args({}),
            cache_from=listed(self.cache_from),
            container_limits=limits,
            extra_hosts=pairs(text.replace(":", "=", 1) for text in self.add_host),
            isolation=self.isolation,
            labels=pairs(self.label),
            network_mode=self.network.removeprefix("default"),
            platform=self.platform,
            shmsize=self.shm_size and bytes_of(self.shm_size),
            target=self.target,
        )
        switches = {"forcerm": self.force_rm, "pull": self.pull, "squash": self.squash}
        named |= {name: True for name, said in switches.items() if said}
        return named | {"nocache": self.no_cache, "rm": self.rm}

    def _build_args(self, environment: Any) -> dict[str, str | None]:
        """A name alone takes its value from the environment."""
        found: dict[str, str | None] = {}
        for text in self.build_arg:
            name, equals, value = text.partition("=")
            found[name] = value if equals else environment.get(name)
        return found

    def _asked(self, dockerfile: str, environment: Any) -> dict[str, object]:
        """The parameters of the API (moby/client, image_build.go)."""
        json_given = {
            "buildargs": self._build_args(environment),
            "labels": pairs(self.label),
            "cachefrom": listed(self.cache_from),
            "ulimits": [ulimit(text) for text in self.ulimit],
        }
        numbers = {
            "memory": bytes_of(self.memory) if self.memory else 0,
            "memswap": _swap(self.memory_swap) if self.memory_swap else 0,
            "shmsize": bytes_of(self.shm_size) if self.shm_size else 0,
            "cpuperiod": self.cpu_period, "cpuquota": self.cpu_quota, "cpushares": self.cpu_shares,
            "rm": int(self.rm), "forcerm": int(self.force_rm), "nocache": int(self.no_cache),
            "pull": int(self.pull), "q": int(self.quiet), "squash": int(self.squash),
        }  # fmt: skip
        texts = given(
            t=list(self.tag), dockerfile=dockerfile, remote="", target=self.target,
            extrahosts=list(self.add_host), securityopt=listed(self.security_opt),
            cpusetcpus=self.cpuset_cpus, cpusetmems=self.cpuset_mems, platform=self.platform,
            cgroupparent=self.cgroup_parent, isolation=self.isolation, networkmode=self.network,
        )  # fmt: skip
        return {
            **texts,
            **{name: number for name, number in numbers.items() if number or name == "rm"},
            **{name: json.dumps(held) for name, held in json_given.items() if held},
            "version": "1",
        }

    def _python(self) -> str:
        build = Call("client.images.build", path=self.path, **self._settings())
        more = "".join(f"image.tag({json.dumps(tag)})\n" for tag in self.tag[1:])
        return (
            f"image, log = {build}\nfor entry in log:\n"
            f'    print(entry.get("stream", ""), end="")\n{more}'
        )

    def _run(self, client: Client, report: Report) -> str:
        context = self._context(client)
        settings = self._settings() | given(dockerfile=context.dockerfile)
        messages = client.api.build(
            fileobj=io.BytesIO(context.tar), custom_context=True, decode=True, **settings
        )
        log = engine_messages.build(messages, report)
        for tag in self.tag[1:]:
            client.api.tag(self.tag[0], tag)
        return log

    def _context(self, client: Client) -> build_context.Context:
        if self.here:
            typed = Captured()
            typed.folder = MachineFolder(lambda: client, self.here, MOST_HERE)
            typed.environment = {"PWD": self.here}
            try:
                return build_context.of(typed, self.path, self.dockerfile)
            except OSError as error:
                if error.errno == errno.EFBIG:
                    check_size(MOST_HERE + 1, MOST_HERE)
                raise
        files = _typed(self.files) if self.files else read_all(self.path)
        check_size(sum(map(len, files.values())))
        return build_context.Context(build_context.packed(files), self.dockerfile)

    def _play(self, client: Client, streams: Streams) -> int:
        if is_classic(streams):
            streams.warn(DEPRECATED)
        context = build_context.of(streams, self.path, self.dockerfile)
        tar = gzip.compress(context.tar) if self.compress else context.tar
        sent = f"Sending build context to Docker daemon {size(len(tar), 4):>8}\r\r\n".encode()
        log = Captured() if self.quiet else streams
        log.write(sent)
        ids: list[str] = []
        headers = {"Content-Type": "application/x-tar", "X-Registry-Config": "e30="}
        asked = self._asked(context.dockerfile, streams.environment)
        messages = Request("post", "/build", asked, headers=headers, data=tar).messages(client)
        try:
            engine_messages.show(messages, log, heard=lambda aux: ids.append(aux.get("ID", "")))
        except Exception:
            if isinstance(log, Captured):
                streams.write_error(bytes(log.out))
            raise
        if isinstance(log, Captured):
            streams.write(bytes(log.out).removeprefix(sent))
            ids = ids or [log.out.removeprefix(sent).decode().strip()]
        if self.iidfile:
            if not ids:
                why = f"Server did not provide an image ID. Cannot write {self.iidfile}"
                raise DockerRefused(why)
            streams.folder.write(self.iidfile, [ids[-1].encode()])
        return 0


def builds(words: Sequence[str]) -> bool:
    """Whether the words after ``docker`` are about builds: docker warns before it reads more."""
    return words[0] in ("build", "builder") or tuple(words[:2]) == ("image", "build")


def is_classic(streams: Streams) -> bool:
    """Whether the shell's environment asks for the builder of old."""
    return streams.environment.get("DOCKER_BUILDKIT") in ("0", "false")


def _swap(word: str) -> int:
    return -1 if word == "-1" else bytes_of(word)


def _typed(files: tuple[tuple[str, str], ...]) -> dict[str, bytes]:
    for name, _text in files:
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts or not place.name:
            sentence = _("{name!r} is no name for a file beside the Dockerfile.")
            raise InvalidCommand(sentence, name=name)
    return {name: text.encode() for name, text in files}
