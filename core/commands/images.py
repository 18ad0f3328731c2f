"""docker image: the templates that containers are made from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from core.cluster.engine_json import Json, items
from core.cluster.references import NONE, Reference, names, reference, tagged
from core.commands import image_tree
from core.commands.api import Request, path, platform
from core.commands.command import Client, Report, command, each, spoken
from core.commands.grammar import argument, arguments, option, options, switch
from core.commands.inspections import Inspection
from core.commands.kinds import OnEach, OneCall, Prune
from core.commands.listing import Column, Listing
from core.commands.source import Call, given
from core.commands.streams import Streams
from core.commands.table import ago, moment, short, size
from core.commands.values import FILTER, STRINGS, filters, listed
from core.errors import DockerRefused, EngineRejected


def named(word: str) -> Reference:
    """A typed name, taken apart. Raises DockerRefused."""
    try:
        return reference(word)
    except ValueError as error:
        raise DockerRefused(str(error)) from error


def platform_of(word: str) -> dict[str, str]:
    """The parameter of the API for a typed platform; none for none. Raises DockerRefused."""
    try:
        return {"platform": platform(word)} if word else {}
    except ValueError as error:
        raise DockerRefused(f"invalid platform: {error}") from error


def _is_id(word: str) -> bool:
    digits = word.removeprefix("sha256:")
    return len(digits) == 64 and set(digits) <= set("0123456789abcdef")


#: Words that a learner means as a command of images, after ``docker images``.
_NO_NAMES = (
    "build", "history", "import", "inspect", "list", "load", "ls", "prune", "pull", "push", "rm",
    "save",
)  # fmt: skip


def _amount(number: int, digits: int = 4) -> str:
    return "N/A" if number == -1 else size(number, digits)


IMAGE_COLUMNS = (
    Column("Containers", "CONTAINERS", lambda row: _count(row)),
    Column("CreatedAt", "CREATED AT", lambda row: moment(row["Created"])),
    Column("CreatedSince", "CREATED", lambda row: ago(row["Created"])),
    Column("Digest", "DIGEST", lambda row: row["Digest"]),
    Column("ID", "IMAGE ID", lambda row: short(row["Id"]), lambda row: row["Id"]),
    Column("Repository", "REPOSITORY", lambda row: row["Repository"] or NONE),
    Column("SharedSize", "SHARED SIZE", lambda row: _amount(row.get("SharedSize", -1))),
    Column("Size", "SIZE", lambda row: size(row["Size"])),
    Column("Tag", "TAG", lambda row: row["Tag"] or NONE),
    Column("UniqueSize", "UNIQUE SIZE", lambda row: _unique(row)),
)


def _count(row: Json) -> str:
    number = row.get("Containers", -1)
    return "N/A" if number == -1 else str(number)


def _unique(row: Json) -> str:
    shared = row.get("SharedSize", -1)
    return "N/A" if shared == -1 else size(row["Size"] - shared, 4)


@command("image ls", "images", "image list")
class ListImages(Listing):
    """List the images that this engine holds.

    The docker command 29 has another table; it is shown where the engine is a 29, too, because only
    such an engine knows what stands in it.
    """

    columns = IMAGE_COLUMNS
    shown = ("Repository", "Tag", "ID", "CreatedSince", "Size")
    kind = "*formatter.imageContext"
    loop = ("image", "print(image.short_id, image.tags)")
    all: bool = switch("--all", "-a")
    digests: bool = switch("--digests")
    filter: tuple[str, ...] = options("--filter", "-f", value=FILTER)
    format: str = option("--format")
    no_trunc: bool = switch("--no-trunc")
    quiet: bool = switch("--quiet", "-q")
    tree: bool = switch("--tree")
    repository: str = argument("REPOSITORY[:TAG]", optional=True)

    def _asked(self) -> dict[str, object]:
        """The keywords of docker-py: a name, or filters that have it among others."""
        chosen = filters(self.filter)
        if "reference" in chosen and self.repository:
            chosen["reference"].append(self.repository)
            return {"filters": chosen}
        return given(name=self.repository, filters=chosen)

    def _call(self) -> Call:
        return Call("client.images.list", **self._asked(), all=self.all)

    def _shown(self) -> tuple[str, ...]:
        return (*self.shown[:2], "Digest", *self.shown[2:]) if self.digests else self.shown

    def _run(self, client: Client, report: Report) -> str:
        return self._text(client, 0)

    def _play(self, client: Client, streams: Streams) -> int:
        text = self._text(client, streams.size[1] if streams.out_is_terminal else 0)
        streams.print(text)
        if self.repository in _NO_NAMES and "\n" not in text:
            streams.warn(
                f'\nNo images found matching "{self.repository}": did you mean '
                f'"docker image {self.repository}"?'
            )
        return 0

    def _text(self, client: Client, width: int) -> str:
        """width: of the terminal; 0 for none."""
        old = {"quiet": self.quiet, "no-trunc": self.no_trunc, "show-digest": self.digests}
        old["format"] = bool(self.format)
        if self.tree and any(old.values()):
            flag = next(flag for flag, said in old.items() if said)
            raise DockerRefused(f"--{flag} is not yet supported with --tree")
        new = image_tree.API_OF_29 if not self.tree else image_tree.FIRST_API
        if any(old.values()) or not image_tree.speaks(client, new):
            if self.tree:
                image_tree.want_api(client, new, "--tree")
            return self.listed(self._found(client))
        chosen = filters(self.filter)
        if self.repository:
            chosen.setdefault("reference", []).append(self.repository)
        whole = self.all or "dangling" in chosen
        found = image_tree.listed(client, self.all, chosen)
        return image_tree.table(found, self.tree, whole, width)

    def _found(self, client: Client) -> Iterator[Json]:
        """One row for each tag; one for an image without any."""
        with_digests = self.digests or "{{.Digest}}" in self.format
        for image in client.api.images(all=self.all, **self._asked()) or ():
            digests: dict[str, list[str]] = {}
            for name in items(image, "RepoDigests"):
                digests.setdefault(name.partition("@")[0], []).append(name.partition("@")[2])
            called = names(items(image, "RepoTags"), items(image, "RepoDigests"))
            for repository, tag in called or [("", "")]:
                of_it = digests.get(repository) if with_digests else None
                for digest in of_it or [NONE]:
                    yield image | {"Repository": repository, "Tag": tag, "Digest": digest}


@command("image tag", "tag", changes=True)
class TagImage(OneCall):
    """Give an image one more name."""

    source: str = argument("SOURCE_IMAGE")
    target: str = argument("TARGET_IMAGE")

    def _call(self) -> Call:
        repository, _, tag = tagged(self.target).rpartition(":")
        return Call("client.api.tag", self.source, repository, tag)

    def _run(self, client: Client, report: Report) -> str:
        name = self.source
        try:
            if not _is_id(name):
                reference(name)
            name = self.target
            digest = reference(name).digest
        except ValueError as error:
            why = f'Error parsing reference: "{name}" is not a valid repository/tag: {error}'
            raise DockerRefused(why) from error
        if digest:
            raise DockerRefused("refusing to create a tag with a digest reference")
        return OneCall._run(self, client, report)

    def _said(self, client: Client, answer: Any) -> str:
        return ""


@command("image inspect", reveals=True)
class InspectImages(Inspection):
    """Show all that the engine knows about images."""

    struct = "image.InspectResponse"
    format: str = option("--format", "-f")
    platform: str = option("--platform")
    images: tuple[str, ...] = arguments("IMAGE")

    def _call(self, name: str) -> Call:
        return Call("client.api.inspect_image", name)

    def _request(self, name: str) -> Request:
        return Request("get", path("/images/{}/json", name), platform_of(self.platform))

    def _look(self, client: Client, name: str) -> tuple[str, Json]:
        if not self.platform:
            return Inspection._look(self, client, name)
        return self.struct, self._request(name).json(client)

    def _python(self) -> str:
        if not self.platform:
            return Inspection._python(self)
        return "\n".join(self._request(name).text("print(answer.json())") for name in self.images)


@command("image rm", "rmi", "image remove", changes=True, destructive=True)
class RemoveImages(OnEach):
    """Take names off images, and the images away when it was their last."""

    method = "images.remove"
    force: bool = switch("--force", "-f")
    no_prune: bool = switch("--no-prune")
    platform: tuple[str, ...] = options("--platform", value=STRINGS)
    images: tuple[str, ...] = arguments("IMAGE")

    def _call(self, name: str) -> Call:
        return Call("client.images.remove", name, force=self.force, **given(noprune=self.no_prune))

    def _request(self, name: str) -> Request:
        chosen: dict[str, object] = given(force=int(self.force), noprune=int(self.no_prune))
        try:
            chosen["platforms"] = [platform(word) for word in listed(self.platform)]
        except ValueError as error:
            raise DockerRefused(str(error)) from error
        return Request("delete", path("/images/{}", name), chosen)

    def _python(self) -> str:
        if not self.platform:
            return OnEach._python(self)
        return "\n".join(self._request(name).text() for name in self.images)

    def _run(self, client: Client, report: Report) -> str:
        def remove(name: str) -> str:
            if self.platform:
                gone = self._request(name).json(client)
            else:
                chosen = {"noprune": True} if self.no_prune else {}
                gone = client.api.remove_image(name, force=self.force, **chosen)
            return "\n".join(_deletions(gone))

        return each(self.images, remove)

    def _play(self, client: Client, streams: Streams) -> int:
        """With --force an image that is not there is no failure."""
        try:
            streams.print(self._run(client, lambda progress: None))
        except EngineRejected as error:
            if not self.force or error.status != 404:
                raise
            streams.print(error.printed)
            streams.warn(spoken(error))
        return 0


@command("image prune", changes=True, destructive=True)
class PruneImages(Prune):
    """Remove the images without a name; with --all every image that no container uses."""

    things = "Images"
    all: bool = switch("--all", "-a")
    filter: tuple[str, ...] = options("--filter", value=FILTER)
    force: bool = switch("--force", "-f")

    def _doomed(self) -> str:
        unused = "images without at least one container associated to them"
        return unused if self.all else "dangling images"

    def _call(self) -> Call:
        chosen = filters(self.filter) | {"dangling": not self.all}
        return Call("client.images.prune", filters=chosen)

    def _deleted(self, pruned: Json) -> Iterable[str]:
        return map(str.lower, _deletions(items(pruned, "ImagesDeleted")))


def _deletions(gone: list[Json] | None) -> Iterator[str]:
    """Lines such as ``Untagged: nginx:latest`` and ``Deleted: sha256:…``."""
    return (f"{verb}: {name}" for item in gone or () for verb, name in item.items())
