"""docker build: make an image from a Dockerfile and the files beside it.

Whoever builds an image can read all of its files from it. So only two things can be built: files
that come with the command, from the page where they were typed, and folders of the demo folder.
"""

from __future__ import annotations

import dataclasses
import io
import tarfile
from pathlib import PurePosixPath

from core.commands import engine_messages
from core.commands.command import Client, Command, Report, command
from core.commands.folder import check_size, read_all
from core.commands.grammar import argument, option, switch
from core.commands.source import Call, given
from core.errors import InvalidCommand
from core.i18n import later as _


@command("build", "image build", changes=True)
class BuildImage(Command):
    """Build an image.

    files: names and texts that stand in for the folder at PATH. They are no part of the docker
    line, so two builds that differ in them alone are equal.
    """

    tag: str = option("-t", "--tag")
    dockerfile: str = option("-f", "--file")
    no_cache: bool = switch("--no-cache")
    path: str = argument("PATH")
    files: tuple[tuple[str, str], ...] = dataclasses.field(default=(), compare=False, repr=False)

    def _settings(self) -> dict[str, object]:
        named = given(tag=self.tag, dockerfile=self.dockerfile)
        return named | {"nocache": self.no_cache, "rm": True}

    def _python(self) -> str:
        build = Call("client.images.build", path=self.path, **self._settings())
        return (
            f'image, log = {build}\nfor entry in log:\n    print(entry.get("stream", ""), end="")\n'
        )

    def _run(self, client: Client, report: Report) -> str:
        context = _typed(self.files) if self.files else read_all(self.path)
        messages = client.api.build(
            fileobj=_tar(context), custom_context=True, decode=True, **self._settings()
        )
        return engine_messages.build(messages, report)


def _typed(files: tuple[tuple[str, str], ...]) -> dict[str, bytes]:
    for name, _text in files:
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts or not place.name:
            sentence = _("{name!r} is no name for a file beside the Dockerfile.")
            raise InvalidCommand(sentence, name=name)
    return {name: text.encode() for name, text in files}


def _tar(files: dict[str, bytes]) -> io.BytesIO:
    check_size(sum(map(len, files.values())))
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(content))
    archive.seek(0)
    return archive
