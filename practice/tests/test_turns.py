"""What a request has to do with many or large files is done piece by piece: nobody waits long."""

from __future__ import annotations

import asyncio
import bz2
import gzip
import io
import lzma
import sys
import tarfile
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any

import docker
import pytest

from essaim_practice.files import tars
from essaim_practice.files.filesystem import EMPTY, FileSystem
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.images import build_context, dockerfile, image_tars
from essaim_practice.programs.base import program
from essaim_practice.programs.steps import Read
from essaim_practice.store.broadcast import Broadcast
from essaim_practice.store.errors import ApiError
from essaim_practice.store.limits import Limits
from essaim_practice.store.memory import UNBOUNDED, Reservation
from essaim_practice.store.objects import Image
from essaim_practice.store.time_slices import Sliced, run_sliced

from .playing import context, run_unsliced
from .test_build import tar_of

MANY = 2000
MOST_CALLS = 7 * MANY  # between two pieces: a folder's names are read at once
PIECE = 2**18  # bytes

FILES = {f"d/{number}": b"x" for number in range(MANY)}


def calls_of(sliced: Sliced[Any]) -> tuple[int, int]:
    """How many pieces it comes in, and how many calls the longest takes."""
    calls = worst = pieces = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += 1

    while True:
        calls = 0
        sys.setprofile(count)
        try:
            next(sliced)
        except StopIteration:
            return pieces, worst
        finally:
            sys.setprofile(None)
        pieces += 1
        worst = max(worst, calls)


def system_of(files: dict[str, bytes]) -> FileSystem:
    system = FileSystem(EMPTY, lambda: 0.0)
    run_unsliced(tars.unpack(system, "/", tar_of(files), 2**26, keep_kinds=False))
    return system


def image_of(files: dict[str, bytes]) -> Image:
    tree = system_of(files).flatten()
    none: dict[str, Any] = {}
    return Image("", "node1", "sha256:0", (), (), 0, 0.0, ("sha256:1",), (), none, "scratch", tree)


def saved() -> bytes:
    members = run_unsliced(image_tars.saved([(image_of(FILES), ("docker.io/library/a:1",))]))
    return b"".join(tars.packed(members))


@pytest.mark.parametrize(
    "sliced",
    [
        lambda: build_context.unpack(tar_of(FILES), UNBOUNDED),
        lambda: build_context.copy(("d",), "/x/", system_of(FILES), system_of({})),
        lambda: build_context.copy(("d/1*",), "/x/", system_of(FILES), system_of({})),
        lambda: build_context.hash_of(system_of(FILES)),
        lambda: build_context.source_kind(("**/1",), system_of(FILES)),
        lambda: tars.packed(tars.members(system_of(FILES), "/", "")),
        lambda: system_of(FILES).changing(),
        lambda: image_tars.saved([(image_of(FILES), ("a:1",))]),
        lambda: image_tars.loaded(saved(), "node1", "", 2**26, UNBOUNDED),
    ],
)
def test_many_files_are_many_pieces(sliced: Callable[[], Sliced[Any]]) -> None:
    pieces, worst = calls_of(sliced())
    assert pieces >= MANY
    assert worst < MOST_CALLS


@pytest.mark.parametrize("line", ["ENV A=" + "x" * 50_000, "ENV A=" + "\\x" * 25_000, "RUN a"])
def test_a_dockerfile_is_read_line_by_line(line: str) -> None:
    lines = ["FROM alpine", *[line] * 8]
    pieces, worst = calls_of(dockerfile.parsing("\n".join(lines)))
    assert pieces == len(lines)
    assert worst < 500


@pytest.mark.parametrize("line", ["ls -lR /x", "ls /x/d", "cp -r /x /y", "rm -r /x", "find /x"])
def test_a_large_folder_is_looked_at_piece_by_piece(line: str) -> None:
    here = context()
    run_unsliced(build_context.copy(("d",), "/x/d/", system_of(FILES), here.fs))

    def sliced() -> Sliced[None]:
        steps, given = program(["sh", "-c", line], here).steps, None
        with suppress(StopIteration):
            while True:
                given = b"" if isinstance(steps.send(given), Read) else None
                yield

    pieces, worst = calls_of(sliced())
    assert pieces >= MANY / 20
    assert worst < 3 * MOST_CALLS


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_a_bomb_is_opened_piece_by_piece_and_never_whole(pack: Callable[[bytes], bytes]) -> None:
    plain = tar_of({"bomb": bytes(2**23)})
    assert run_unsliced(tars.decompressed(pack(plain), 2**23, Reservation(UNBOUNDED))) == plain
    pieces, _ = calls_of(tars.decompressed(pack(plain), 2**23, Reservation(UNBOUNDED)))
    assert pieces >= 2**23 // PIECE
    sliced = tars.decompressed(pack(plain), 2**20, Reservation(UNBOUNDED))
    opened: list[bytes | None] = []
    with pytest.raises(ApiError, match="holds more than"):
        opened.extend(sliced)
    assert len(opened) <= 3 * 2**20 // PIECE


def test_what_is_sent_of_a_large_file_comes_in_pieces() -> None:
    system = system_of({"large": bytes(2**22), "small": b"x"})
    sent = list(tars.packed(tars.members(system, "/", "")))
    assert max(map(len, sent)) <= PIECE + 2 * tarfile.BLOCKSIZE
    with tarfile.open(fileobj=io.BytesIO(b"".join(sent))) as archive:
        assert [member.size for member in archive] == [0, 2**22, 1]


def test_headers_of_an_archive_have_an_end() -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        member = tarfile.TarInfo("x")
        member.pax_headers = {"comment": "x" * 2**21}
        archive.addfile(member)
    with pytest.raises(ApiError, match="invalid tar header"):
        list(tars.read(buffer.getvalue(), 2**26))


def test_what_is_there_is_found_in_a_few_calls_however_deep() -> None:
    system = FileSystem(EMPTY, lambda: 0.0)
    deep = "/a" * 1500
    system.make_folder(deep, parents=True)
    system.link("/l", deep)

    def looked() -> Sliced[None]:
        system.entry(deep)
        system.make_folder(deep, parents=True)
        yield
        system.touch(f"{deep}/f")
        yield

    assert calls_of(looked())[1] < 1000
    assert system.resolve("/l/f") == f"{deep}/f"
    assert system.resolve("/l") == deep
    assert system.resolve("/l", follow=False) == "/l"


def test_long_work_lets_others_have_their_turn() -> None:
    heard: list[int] = []

    async def run() -> None:
        done = False

        async def neighbour() -> None:
            while not done:
                heard.append(work)
                await asyncio.sleep(0)

        async def busy() -> int:
            return await run_sliced(sliced())

        work = 0

        def sliced() -> Sliced[int]:
            nonlocal work
            while len(heard) < 5:  # for ever, if nobody else is heard
                work += 1
                yield
            return work

        other = asyncio.ensure_future(neighbour())
        both = await asyncio.gather(busy(), busy())
        done = True
        await other
        assert both[0] > 0

    asyncio.run(run())
    assert len(heard) >= 5


# Those who listen and do not hear


def test_who_does_not_listen_holds_only_so_much() -> None:
    async def run() -> None:
        feed: Broadcast[int] = Broadcast()
        late, prompt = feed.subscribe(), feed.subscribe()
        for number in range(50_000):
            feed.publish(number, 1000)
            assert await anext(prompt) == number
        assert late.waiting * 1000 <= 2**20
        feed.end()
        heard = [number async for found in late.several() for number in found]
        assert heard == list(range(50_000 - len(heard), 50_000))

    asyncio.run(run())


def test_what_is_there_is_heard_together() -> None:
    async def run() -> list[list[int]]:
        feed: Broadcast[int] = Broadcast()
        listening = feed.subscribe()
        for number in range(1500):
            feed.publish(number)
        feed.end()
        return [found async for found in listening.several()]

    assert list(map(len, asyncio.run(run()))) == [1000, 500]


# Room


@pytest.mark.parametrize(
    ("limits", "step", "said"),
    [
        (Limits(images=5), "LABEL a=b", "holds at most 5 images"),
        (
            Limits(all_file_bytes=2**20),
            "RUN seq 1 70000 > /f",
            "stores at most 1048576 bytes",
        ),
    ],
)
def test_each_step_of_a_build_needs_room(limits: Limits, step: str, said: str) -> None:
    with PracticeServer.start(nodes=1, speed=50.0, bind_ports=False, limits=limits) as server:
        api = docker.APIClient(base_url=server.urls[0])
        dockerfile = "FROM alpine\n" + f"{step}\n" * 8
        told = api.build(
            fileobj=io.BytesIO(tar_of({"Dockerfile": dockerfile.encode()})),
            custom_context=True,
            decode=True,
        )
        assert said in "".join(part.get("error", "") for part in told)
        api.close()
