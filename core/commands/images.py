"""docker image: the frozen templates that containers are made from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import docker

from core.cluster import references
from core.cluster.references import canonical, tagged
from core.commands import engine_messages
from core.commands.command import Command, Json, Report, each, inspected
from core.commands.engine_json import count, items, text
from core.commands.grammar import argument, arguments, switch
from core.commands.source import call, given, literal
from core.commands.table import ago, cut, short, size, table


@dataclass(frozen=True, slots=True, kw_only=True)
class ListImages(Command):
    """List the images that this engine holds."""

    verb: ClassVar[tuple[str, ...]] = ("image", "ls")

    all: bool = switch("--all", "-a")
    quiet: bool = switch("--quiet", "-q")
    repository: str = argument("REPOSITORY", optional=True)

    def _python(self) -> str:
        listing = call("client.images.list", **given(name=self.repository), all=self.all)
        return f"for image in {listing}:\n    print(image.short_id, image.tags)\n"

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        images = client.api.images(all=self.all, **given(name=self.repository)) or []
        if self.quiet:
            return "\n".join(short(image["Id"]) for image in images)
        head = ("REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE")
        return table(head, (row for image in images for row in _rows(image)))


def _rows(image: Json) -> Iterator[tuple[str, ...]]:
    """One for each tag; one for an image without any."""
    called = references.names(items(image, "RepoTags"), items(image, "RepoDigests"))
    facts = short(image["Id"]), ago(image["Created"]), size(image["Size"])
    for repository, tag in called or [("", "")]:
        yield repository or references.NONE, tag or references.NONE, *facts


@dataclass(frozen=True, slots=True, kw_only=True)
class PullImage(Command):
    """Fetch an image from its registry, layer by layer."""

    verb: ClassVar[tuple[str, ...]] = ("image", "pull")
    changes: ClassVar[bool] = True

    image: str = argument("IMAGE")

    def _python(self) -> str:
        return f"print({call('client.images.pull', self.image)}.id)\n"

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        default = "" if tagged(self.image) == self.image else "Using default tag: latest\n"
        text = engine_messages.pull(client, self.image, report)
        return f"{default}{text}\n{canonical(self.image)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagImage(Command):
    """Give an image one more name."""

    verb: ClassVar[tuple[str, ...]] = ("image", "tag")
    changes: ClassVar[bool] = True

    source: str = argument("SOURCE_IMAGE")
    target: str = argument("TARGET_IMAGE")

    def _repository(self) -> tuple[str, str]:
        repository, _, tag = tagged(self.target).rpartition(":")
        return repository, tag

    def _python(self) -> str:
        repository, tag = self._repository()
        return call("client.api.tag", self.source, repository, tag)

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        repository, tag = self._repository()
        client.api.tag(self.source, repository, tag)
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveImages(Command):
    """Take names off images, and the images away when it was their last."""

    verb: ClassVar[tuple[str, ...]] = ("image", "rm")
    changes: ClassVar[bool] = True
    destructive: ClassVar[bool] = True

    force: bool = switch("--force", "-f")
    images: tuple[str, ...] = arguments("IMAGE")

    def _python(self) -> str:
        return "\n".join(call("client.images.remove", i, force=self.force) for i in self.images)

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        def remove(name: str) -> str:
            return _deletions(client.api.remove_image(name, force=self.force))

        return each(self.images, remove)


def _deletions(gone: list[Json] | None) -> str:
    return "\n".join(f"{verb}: {name}" for item in gone or [] for verb, name in item.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneImages(Command):
    """Remove the images without a name; with --all every image that no container uses."""

    verb: ClassVar[tuple[str, ...]] = ("image", "prune")
    changes: ClassVar[bool] = True
    destructive: ClassVar[bool] = True

    all: bool = switch("--all", "-a")
    force: bool = switch("--force", "-f")  # who takes the line asks; the command itself never does

    @property
    def warning(self) -> str:
        if self.force:
            return ""
        unused = "images without at least one container associated to them"
        return f"WARNING! This will remove all {unused if self.all else 'dangling images'}."

    def _python(self) -> str:
        return call("client.images.prune", filters={"dangling": not self.all})

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        pruned = client.images.prune(filters={"dangling": not self.all}) or {}
        gone = _deletions(items(pruned, "ImagesDeleted"))
        reclaimed = f"Total reclaimed space: {size(count(pruned, 'SpaceReclaimed'), 4)}"
        return f"Deleted Images:\n{gone.lower()}\n\n{reclaimed}" if gone else reclaimed


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageHistory(Command):
    """Show the layers of an image, and the instruction that made each. ENV shows among them."""

    verb: ClassVar[tuple[str, ...]] = ("image", "history")
    reveals: ClassVar[bool] = True

    image: str = argument("IMAGE")

    def _python(self) -> str:
        return f"""\
for layer in client.images.get({literal(self.image)}).history():
    print(layer["Size"], layer["CreatedBy"])
"""

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        head = ("IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT")
        return table(
            head,
            (
                (
                    short(layer["Id"]),
                    ago(layer["Created"]),
                    cut(text(layer, "CreatedBy").replace("\t", " "), 45),
                    size(count(layer, "Size")),
                    text(layer, "Comment"),
                )
                for layer in client.api.history(self.image) or ()
            ),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectImages(Command):
    """Show all that the engine knows about images."""

    verb: ClassVar[tuple[str, ...]] = ("image", "inspect")
    reveals: ClassVar[bool] = True

    images: tuple[str, ...] = arguments("IMAGE")

    def _python(self) -> str:
        return f"""\
import json

images = [client.api.inspect_image(name) for name in {literal(list(self.images))}]
print(json.dumps(images, indent=4))
"""

    def _run(self, client: docker.DockerClient, report: Report) -> str:
        return inspected(self.images, client.api.inspect_image)
