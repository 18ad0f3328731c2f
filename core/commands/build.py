"""docker build: make an image from a Dockerfile and the files beside it.

The PATH of the line is a folder of the machine that the dashboard runs on, and whoever builds an
image can read all of it from the image. So only two things can be built: files that come with the
command, from the page where they were typed, and the folders below ``FOLDER``.
"""

from __future__ import annotations

import dataclasses
import io
import tarfile
from pathlib import Path, PurePosixPath

from core.commands import engine_messages
from core.commands.command import Client, Command, Report, command
from core.commands.grammar import argument, option, switch
from core.commands.source import Call, given
from core.errors import InvalidCommand
from core.i18n import later as _

#: Where ``.`` is: the course's demo app.
FOLDER = Path(__file__).parents[2] / "demo"
#: The most that goes to the engine in one build, in bytes.
LIMIT = 1_000_000


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

    def _python(self) -> str:
        build = Call(
            "client.images.build",
            path=self.path,
            **given(tag=self.tag, dockerfile=self.dockerfile),
            nocache=self.no_cache,
            rm=True,
        )
        return (
            f'image, log = {build}\nfor entry in log:\n    print(entry.get("stream", ""), end="")\n'
        )

    def _run(self, client: Client, report: Report) -> str:
        context = _typed(self.files) if self.files else _folder(self.path)
        messages = client.api.build(
            fileobj=_tar(context),
            custom_context=True,
            **given(tag=self.tag, dockerfile=self.dockerfile),
            nocache=self.no_cache,
            rm=True,
            decode=True,
        )
        return engine_messages.build(messages, report)


def _typed(files: tuple[tuple[str, str], ...]) -> dict[str, bytes]:
    for name, _text in files:
        place = PurePosixPath(name)
        if place.is_absolute() or ".." in place.parts or not place.name:
            sentence = _("{name!r} is no name for a file beside the Dockerfile.")
            raise InvalidCommand(sentence, name=name)
    return {name: text.encode() for name, text in files}


def _folder(path: str) -> dict[str, bytes]:
    """The files of a folder at or below FOLDER. Links are left out: they may lead elsewhere."""
    root = FOLDER.resolve()
    folder = (root / path).resolve()
    if not folder.is_relative_to(root) or not folder.is_dir():
        sentence = _(
            "Only the demo folder can be built here: write . or a folder in it, not {path!r}."
        )
        raise InvalidCommand(sentence, path=path)
    found: dict[str, bytes] = {}
    left = LIMIT
    for file in sorted(folder.rglob("*")):
        if file.is_file() and not file.is_symlink() and file.resolve().is_relative_to(root):
            left -= file.stat().st_size
            _within(left)
            found[file.relative_to(folder).as_posix()] = file.read_bytes()
    return found


def _tar(files: dict[str, bytes]) -> io.BytesIO:
    _within(LIMIT - sum(map(len, files.values())))
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(content))
    archive.seek(0)
    return archive


def _within(left: int) -> None:
    if left < 0:
        sentence = _("The files to build from are larger than {size} kB in all.")
        raise InvalidCommand(sentence, size=LIMIT // 1000)
