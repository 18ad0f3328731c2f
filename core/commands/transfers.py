"""docker image: between this engine, registries and archives."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress

from core.cluster.references import Reference
from core.commands import engine_messages, folder
from core.commands.api import NO_LOGIN, Request, path
from core.commands.command import Client, Command, Report, command
from core.commands.grammar import argument, arguments, option, options, switch
from core.commands.image_tree import API_OF_29, speaks
from core.commands.images import named, platform_of
from core.commands.source import Call, Code, given
from core.commands.streams import Streams
from core.commands.values import CHANGE, STRINGS, listed
from core.errors import DockerRefused, InvalidCommand
from core.i18n import later as _

_PIECE = 1 << 16  # bytes of an archive that are written at once


def _whole(word: str, all: bool, quiet: bool) -> tuple[Reference, str]:
    """A name with its tag, and what docker says of it first. Raises DockerRefused."""
    name = named(word)
    if all and not name.is_name_only:
        raise DockerRefused("tag can't be used with --all-tags/-a")
    if all or not name.is_name_only:
        return name, ""
    name = Reference(name.domain, name.path, "latest")
    return name, "" if quiet else "Using default tag: latest"


@command("image pull", "pull", changes=True)
class PullImage(Command):
    """Fetch an image from its registry, layer by layer."""

    all_tags: bool = switch("--all-tags", "-a")
    disable_content_trust: bool = switch("--disable-content-trust", default=True)
    platform: str = option("--platform")
    quiet: bool = switch("--quiet", "-q")
    image: str = argument("IMAGE")

    def _more(self) -> dict[str, object]:
        return given(platform=self.platform, all_tags=self.all_tags)

    def _python(self) -> str:
        pull = Call("client.images.pull", self.image, **self._more())
        return f"print({pull})\n" if self.all_tags else f"print({pull}.id)\n"

    def _run(self, client: Client, report: Report) -> str:
        name, first = _whole(self.image, self.all_tags, self.quiet)
        layers = engine_messages.pull(client, self.image, report, **self._more())
        shown = (str(name),) if self.quiet else (first, layers, str(name))
        return "\n".join(filter(None, shown))

    def _play(self, client: Client, streams: Streams) -> int:
        name, first = _whole(self.image, self.all_tags, self.quiet)
        streams.print(first)
        asked = given(tag="" if self.all_tags else name.digest or name.tag, platform=self.platform)
        asked["fromImage"] = name.familiar
        pull = Request("post", "/images/create", asked, headers=NO_LOGIN)
        if self.quiet:
            engine_messages.swallow(pull.messages(client))
        else:
            engine_messages.show(pull.messages(client), streams, terse=speaks(client, API_OF_29))
        streams.print(str(name))
        return 0


#: Python that tells what the engine says while it goes on, and raises where it says an error.
_TOLD = """\
for line in {lines}:
    if "error" in line:
        raise docker.errors.APIError(line["error"])
    print(line.get("status", ""))
"""


@command("image push", "push", changes=True)
class PushImage(Command):
    """Send an image to its registry, as who is not logged in: no login is kept here."""

    all_tags: bool = switch("--all-tags", "-a")
    disable_content_trust: bool = switch("--disable-content-trust", default=True)
    platform: str = option("--platform")
    quiet: bool = switch("--quiet", "-q")
    image: str = argument("IMAGE")

    def _request(self) -> Request:
        name = _whole(self.image, self.all_tags, self.quiet)[0]
        asked = given(tag=name.tag) | platform_of(self.platform)
        at = path("/images/{}/push", name.familiar)
        return Request("post", at, asked, headers=NO_LOGIN)

    def _python(self) -> str:
        if self.platform:
            first, lines = self._request().text(stream=True), "map(json.loads, answer.iter_lines())"
            return f"import json\n\n{first}\n{_TOLD.format(lines=lines)}"
        name = _whole(self.image, self.all_tags, self.quiet)[0]
        push = Call(
            "client.api.push", name.familiar, **given(tag=name.tag), stream=True, decode=True
        )
        return _TOLD.format(lines=push)

    def _run(self, client: Client, report: Report) -> str:
        name, first = _whole(self.image, self.all_tags, self.quiet)
        layers = engine_messages.layers(self._request().messages(client), report)
        return str(name) if self.quiet else "\n".join(filter(None, (first, layers)))

    def _play(self, client: Client, streams: Streams) -> int:
        name, first = _whole(self.image, self.all_tags, self.quiet)
        streams.print(first)
        messages = self._request().messages(client)
        if self.quiet:
            engine_messages.swallow(messages)
            streams.print(str(name))
        else:
            engine_messages.show(messages, streams, terse=speaks(client, API_OF_29))
        return 0


@command("image save", "save", reveals=True)
class SaveImages(Command):
    """Write images with all their layers into a tar archive."""

    output: str = option("--output", "-o")
    platform: tuple[str, ...] = options("--platform", value=STRINGS)
    images: tuple[str, ...] = arguments("IMAGE")

    def _request(self) -> Request:
        chosen = [platform_of(word)["platform"] for word in listed(self.platform) if word]
        return Request("get", "/images/get", {"names": list(self.images), **given(platform=chosen)})

    def _python(self) -> str:
        try:
            request = self._request()
        except DockerRefused:
            request = Request("get", "/images/get", {"names": list(self.images)})
        write = "for piece in answer.iter_content(65536):\n        tar.write(piece)"
        if not self.output:
            return request.text(f"import sys\n\nwith sys.stdout.buffer as tar:\n    {write}", True)
        opened = f'open({json.dumps(self.output)}, "wb")'
        return request.text(f"with {opened} as tar:\n    {write}", True)

    def _run(self, client: Client, report: Report) -> str:
        raise InvalidCommand(_("An archive needs a machine to lie on: save it in its terminal."))

    def _play(self, client: Client, streams: Streams) -> int:
        if not self.output and streams.out_is_terminal:
            raise DockerRefused(
                "cowardly refusing to save to a terminal. Use the -o flag or redirect"
            )
        if self.output:
            place = self.output.rpartition("/")[0]
            if place and not streams.folder.is_folder(place):
                why = f"stat {place}: no such file or directory"
                raise DockerRefused(f"failed to save image: invalid output path: {why}")
        with self._request().on(client, stream=True) as answer:
            pieces: Iterator[bytes] = answer.iter_content(_PIECE)
            if self.output:
                streams.folder.write(self.output, pieces)
            else:
                for piece in pieces:
                    streams.write(piece)
        return 0


@command("image load", "load", changes=True)
class LoadImages(Command):
    """Take images out of a tar archive that docker save has written."""

    input: str = option("--input", "-i")
    platform: tuple[str, ...] = options("--platform", value=STRINGS)
    quiet: bool = switch("--quiet", "-q")

    def _request(self, tar: bytes | None, quiet: bool) -> Request:
        chosen = [platform_of(word)["platform"] for word in listed(self.platform) if word]
        return Request(
            "post",
            "/images/load",
            {"quiet": int(quiet), **given(platform=chosen)},
            headers={"Content-Type": "application/x-tar"},
            data=tar,
            text_of_data="tar",
        )

    def _python(self) -> str:
        first = _read(self.input) if self.input else "import sys\n\ntar = sys.stdin.buffer\n"
        with suppress(DockerRefused):
            if self.platform:
                return f"{first}{self._request(None, True).text('print(answer.text)')}"
        return f"{first}for image in client.images.load(tar):\n    print(image.tags)\n"

    def _run(self, client: Client, report: Report) -> str:
        if not self.input:
            raise DockerRefused("requested load from stdin, but stdin is empty")
        loaded = self._request(folder.read(self.input), True).messages(client)
        return "".join(text for text in engine_messages.texts(loaded)).rstrip("\n")

    def _play(self, client: Client, streams: Streams) -> int:
        if not self.input and streams.in_is_terminal:
            raise DockerRefused("requested load from stdin, but stdin is empty")
        tar = _opened(streams, self.input) if self.input else streams.read()
        quiet = self.quiet or not streams.out_is_terminal
        engine_messages.show(self._request(tar, quiet).messages(client), streams)
        return 0


def _read(file: str) -> str:
    """Python that reads an archive."""
    return f"from pathlib import Path\n\ntar = Path({json.dumps(file)}).read_bytes()\n"


def _opened(streams: Streams, place: str) -> bytes:
    """A file of the machine. Raises DockerRefused in the words of Go."""
    try:
        return streams.folder.read(place)
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise DockerRefused(f"open {place}: {why}") from error


@command("image import", "import", changes=True)
class ImportImage(Command):
    """Make an image of one layer from an archive of files."""

    change: tuple[str, ...] = options("--change", "-c", value=CHANGE)
    message: str = option("--message", "-m")
    platform: str = option("--platform")
    file: str = argument("file|URL|-")
    names: tuple[str, ...] = arguments("REPOSITORY[:TAG]", optional=True)

    def _request(self, tar: bytes | None = None) -> Request:
        """Raises DockerRefused."""
        asked: dict[str, object] = given(
            message=self.message, changes=list(self.change), platform=self.platform
        )
        if self.names:  # docker overlooks all but the first
            named(self.names[0])
            asked["repo"] = self.names[0]
        asked["fromSrc"] = self.file if self._is_url else "-"
        named_tar = "" if self._is_url else "tar"
        return Request("post", "/images/create", asked, data=tar, text_of_data=named_tar)

    @property
    def _is_url(self) -> bool:
        return self.file.startswith(("http://", "https://"))

    def _python(self) -> str:
        request = self._request()
        stdin = "import sys\n\n" if self.file == "-" else ""
        if not (self.message or self.platform):
            source = Code("sys.stdin.buffer") if stdin else self.file
            named = given(
                repository=self.names[0] if self.names else "",
                changes=list(self.change),
            )
            return f"{stdin}print({Call('client.api.import_image', source, **named)})\n"
        text = request.text("print(answer.text)")
        if self._is_url:
            return text
        if stdin:
            return f"{stdin}tar = sys.stdin.buffer\n{text}"
        return f"{_read(self.file)}{text}"

    def _run(self, client: Client, report: Report) -> str:
        if self.file == "-":
            raise InvalidCommand(_("There is nobody to type the archive for -: name a file."))
        tar = None if self._is_url else folder.read(self.file)
        imported = self._request(tar).messages(client)
        return "".join(engine_messages.texts(imported)).rstrip("\n")

    def _play(self, client: Client, streams: Streams) -> int:
        tar = None
        if self.file == "-":
            tar = streams.read()
        elif not self._is_url:
            tar = _opened(streams, self.file)
        engine_messages.show(self._request(tar).messages(client), streams)
        return 0
