"""docker image: the templates that containers are made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from core.cluster.engine_json import Json, count, items, text
from core.cluster.references import NONE, canonical, names, tagged
from core.commands import engine_messages
from core.commands.command import Client, Command, Report, command, each
from core.commands.grammar import argument, arguments, switch
from core.commands.kinds import Inspection, Listing, OnEach, OneCall, Prune
from core.commands.source import Call, given, literal
from core.commands.table import ago, cut, short, size, table


@command("image ls", "images", "image list")
class ListImages(Listing):
    """List the images that this engine holds."""

    columns = (
        ("REPOSITORY", lambda row: row["Repository"] or NONE),
        ("TAG", lambda row: row["Tag"] or NONE),
        ("IMAGE ID", lambda row: short(row["Id"])),
        ("CREATED", lambda row: ago(row["Created"])),
        ("SIZE", lambda row: size(row["Size"])),
    )
    loop = ("image", "print(image.short_id, image.tags)")
    all: bool = switch("--all", "-a")
    quiet: bool = switch("--quiet", "-q")
    repository: str = argument("REPOSITORY", optional=True)

    def _call(self) -> Call:
        return Call("client.images.list", **given(name=self.repository), all=self.all)

    def _found(self, client: Client) -> Iterator[Json]:
        """One row for each tag; one for an image without any."""
        for image in client.api.images(all=self.all, **given(name=self.repository)) or ():
            called = names(items(image, "RepoTags"), items(image, "RepoDigests"))
            for repository, tag in called or [("", "")]:
                yield image | {"Repository": repository, "Tag": tag}

    def _id(self, thing: Json) -> str:
        return short(thing["Id"])


@command("image pull", "pull", changes=True)
class PullImage(Command):
    """Fetch an image from its registry, layer by layer."""

    image: str = argument("IMAGE")

    def _python(self) -> str:
        return f"print({Call('client.images.pull', self.image)}.id)\n"

    def _run(self, client: Client, report: Report) -> str:
        default = "" if tagged(self.image) == self.image else "Using default tag: latest\n"
        layers = engine_messages.pull(client, self.image, report)
        return f"{default}{layers}\n{canonical(self.image)}"


@command("image tag", "tag", changes=True)
class TagImage(OneCall):
    """Give an image one more name."""

    source: str = argument("SOURCE_IMAGE")
    target: str = argument("TARGET_IMAGE")

    def _call(self) -> Call:
        repository, _, tag = tagged(self.target).rpartition(":")
        return Call("client.api.tag", self.source, repository, tag)

    def _said(self, client: Client, answer: Any) -> str:
        return ""


@command("image history", "history", reveals=True)
class ImageHistory(Command):
    """Show the layers of an image, and the instruction that made each. ENV shows among them."""

    image: str = argument("IMAGE")

    def _python(self) -> str:
        return f"""\
for layer in client.images.get({literal(self.image)}).history():
    print(layer["Size"], layer["CreatedBy"])
"""

    def _run(self, client: Client, report: Report) -> str:
        rows = (
            (
                short(layer["Id"]),
                ago(layer["Created"]),
                cut(text(layer, "CreatedBy").replace("\t", " "), 45),
                size(count(layer, "Size")),
                text(layer, "Comment"),
            )
            for layer in client.api.history(self.image) or ()
        )
        return table(("IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"), rows)


@command("image inspect", reveals=True)
class InspectImages(Inspection):
    """Show all that the engine knows about images."""

    method = "api.inspect_image"
    images: tuple[str, ...] = arguments("IMAGE")


@command("image rm", "rmi", "image remove", changes=True, destructive=True)
class RemoveImages(OnEach):
    """Take names off images, and the images away when it was their last."""

    method = "images.remove"
    force: bool = switch("--force", "-f")
    images: tuple[str, ...] = arguments("IMAGE")

    def _run(self, client: Client, report: Report) -> str:
        def remove(name: str) -> str:
            return "\n".join(_deletions(client.api.remove_image(name, force=self.force)))

        return each(self.images, remove)


@command("image prune", changes=True, destructive=True)
class PruneImages(Prune):
    """Remove the images without a name; with --all every image that no container uses."""

    things = "Images"
    all: bool = switch("--all", "-a")
    force: bool = switch("--force", "-f")

    def _doomed(self) -> str:
        unused = "images without at least one container associated to them"
        return unused if self.all else "dangling images"

    def _call(self) -> Call:
        return Call("client.images.prune", filters={"dangling": not self.all})

    def _deleted(self, pruned: Json) -> Iterable[str]:
        return map(str.lower, _deletions(items(pruned, "ImagesDeleted")))


def _deletions(gone: list[Json] | None) -> Iterator[str]:
    """Lines such as ``Untagged: nginx:latest`` and ``Deleted: sha256:…``."""
    return (f"{verb}: {name}" for item in gone or () for verb, name in item.items())
