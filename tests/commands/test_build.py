"""What a build sends to the engine, and what it never does."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.commands import folder as demo_folder
from core.commands.build import BuildImage
from core.commands.command import Progress
from core.errors import EngineRejected, InvalidCommand


class Builder:
    """An engine that notes the files it is sent, and answers with what it is told."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.api = self
        self.messages = messages
        self.files: dict[str, str] = {}

    def build(self, fileobj: io.BytesIO, **settings: Any) -> Iterator[dict[str, Any]]:
        with tarfile.open(fileobj=fileobj) as tar:
            for member in tar.getmembers():
                content = tar.extractfile(member)
                assert content is not None
                self.files[member.name] = content.read().decode()
        return iter(self.messages)


@pytest.fixture
def demo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "demo"
    (folder / "sub").mkdir(parents=True)
    (folder / "Dockerfile").write_text("FROM alpine\n")
    (folder / "sub" / "app.py").write_text("app")
    (tmp_path / "secret").write_text("secret")
    (folder / "link").symlink_to(tmp_path / "secret")
    (folder / "up").symlink_to(tmp_path)
    monkeypatch.setattr(demo_folder, "FOLDER", folder)
    return folder


def test_the_demo_folder_is_sent_without_its_links(demo: Path) -> None:
    engine = Builder()
    BuildImage(path=".").run(engine)
    assert engine.files == {"Dockerfile": "FROM alpine\n", "sub/app.py": "app"}
    engine = Builder()
    BuildImage(path="sub").run(engine)
    assert engine.files == {"app.py": "app"}


@pytest.mark.parametrize("path", ["..", "/", "/etc", "sub/../..", "up", "nowhere", "Dockerfile"])
def test_no_other_folder_is_read(demo: Path, path: str) -> None:
    engine = Builder()
    with pytest.raises(InvalidCommand, match="Only the demo folder"):
        BuildImage(path=path).run(engine)
    assert engine.files == {}


def test_files_in_memory_stand_in_for_the_folder(demo: Path) -> None:
    engine = Builder()
    BuildImage(path=".", files=(("Dockerfile", "FROM é\n"), ("a/b.txt", "b"))).run(engine)
    assert engine.files == {"Dockerfile": "FROM é\n", "a/b.txt": "b"}


@pytest.mark.parametrize("name", ["/etc/passwd", "../x", "a/../../x", "", "."])
def test_files_stay_beside_the_dockerfile(name: str) -> None:
    with pytest.raises(InvalidCommand, match="no name for a file"):
        BuildImage(path=".", files=((name, "x"),)).run(Builder())


def test_too_much_is_not_sent(demo: Path) -> None:
    files = (("big", "x" * (demo_folder.LIMIT + 1)),)
    with pytest.raises(InvalidCommand, match="larger than 1000 kB"):
        BuildImage(path=".", files=files).run(Builder())
    (demo / "big").write_bytes(b"x" * (demo_folder.LIMIT + 1))
    with pytest.raises(InvalidCommand, match="larger than 1000 kB"):
        BuildImage(path=".").run(Builder())


def test_the_log_and_the_progress() -> None:
    engine = Builder(
        {"stream": "Step 1/2 : FROM alpine"},
        {"stream": "\n"},
        {"status": "Downloading", "id": "abc", "progressDetail": {"current": 5, "total": 10}},
        {"stream": " ---> 123\n"},
        {"stream": "Step 2/2 : CMD x\n"},
        {"aux": {"ID": "sha256:1"}},
    )
    heard: list[Progress] = []
    log = BuildImage(path=".", files=(("Dockerfile", ""),)).run(engine, heard.append)
    assert log == "Step 1/2 : FROM alpine\n ---> 123\nStep 2/2 : CMD x"
    assert heard == [
        Progress("", "Step 1/2 : FROM alpine", 1, 2),
        Progress("abc", "Downloading", 5, 10),
        Progress("", " ---> 123", 1, 2),
        Progress("", "Step 2/2 : CMD x", 2, 2),
    ]


def test_a_refusal_inside_the_stream_is_a_refusal() -> None:
    engine = Builder({"stream": "Step 1/1 : RUN false\n"}, {"error": "non-zero code: 1\n"})
    with pytest.raises(EngineRejected) as refused:
        BuildImage(path=".", files=(("Dockerfile", ""),)).run(engine)
    assert (str(refused.value), refused.value.status) == ("non-zero code: 1", 0)
