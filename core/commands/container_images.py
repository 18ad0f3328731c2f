"""docker container commit and export: a container's files as an image, or as an archive."""

from __future__ import annotations

import os
import posixpath
from typing import Any

from core.cluster.references import reference
from core.commands.command import Client, Command, Report, command
from core.commands.grammar import argument, option, options, switch
from core.commands.kinds import OneCall
from core.commands.source import Call, given, literal
from core.commands.streams import Streams
from core.commands.values import CHANGE
from core.errors import DockerRefused, InvalidCommand
from core.i18n import later as _


@command("container commit", "commit", changes=True)
class CommitContainer(OneCall):
    """Make an image of a container's files as they are now."""

    author: str = option("-a", "--author")
    change: tuple[str, ...] = options("-c", "--change", value=CHANGE)
    message: str = option("-m", "--message")
    pause: bool | None = switch("-p", "--pause", default=None)
    no_pause: bool | None = switch("--no-pause", default=None)
    container: str = argument("CONTAINER")
    image: str = argument("REPOSITORY[:TAG]", optional=True)

    def _call(self) -> Call:
        """Raises DockerRefused for a name that no image can have, or flags that contradict."""
        if self.pause is not None and self.no_pause is not None:
            why = "--no-pause and --pause cannot be used together"
            raise DockerRefused(f"conflicting options: {why}")
        named: dict[str, str] = {}
        if self.image:
            try:
                read = reference(self.image)
            except ValueError as error:
                raise DockerRefused(str(error)) from None
            named = {"repository": read.familiar, "tag": read.tag or "latest"}
        pauses = self.pause is not False and not self.no_pause
        more = given(
            author=self.author,
            message=self.message,
            pause=None if pauses else False,
            changes=list(self.change),
        )
        return Call("client.api.commit", self.container, **named, **more)

    def _python(self) -> str:
        return f'print({self._call()}["Id"])\n'

    def _said(self, client: Client, answer: Any) -> str:
        return str(answer["Id"])


@command("container export", "export", reveals=True)
class ExportContainer(Command):
    """Pack all files of a container into one archive. It reveals: files hold passwords."""

    output: str = option("-o", "--output")
    container: str = argument("CONTAINER")

    def _python(self) -> str:
        chunks = f"for chunk in {Call('client.api.export', self.container)}:"
        if not self.output:
            return f"import sys\n\n{chunks}\n    sys.stdout.buffer.write(chunk)\n"
        opened = f'open({literal(self.output)}, "wb")'
        return f"with {opened} as file:\n    {chunks}\n        file.write(chunk)\n"

    def _run(self, client: Client, report: Report) -> str:
        raise InvalidCommand(_("There are no files here to copy: type it into a terminal."))

    def _play(self, client: Client, streams: Streams) -> int:
        if not self.output and streams.out_is_terminal:
            words = "cowardly refusing to save to a terminal. Use the -o flag or redirect"
            raise DockerRefused(words)
        if self.output:
            check_output(streams, self.output, "failed to export container: ")
        chunks = client.api.export(self.container)
        if not self.output:
            for chunk in chunks:
                streams.write(chunk)
            return 0
        try:
            streams.folder.write(self.output, chunks)
        except OSError as error:
            why = os.strerror(error.errno or 2).lower()
            raise DockerRefused(f"open {self.output}: {why}") from None
        return 0


def check_output(streams: Streams, path: str, before: str) -> None:
    """Raise DockerRefused where a file cannot be written. before: begins the sentence."""
    folder = posixpath.dirname(path)
    if folder and not streams.folder.is_folder(folder):
        why = f"stat {folder}: no such file or directory"
        raise DockerRefused(f"{before}invalid output path: {why}")
