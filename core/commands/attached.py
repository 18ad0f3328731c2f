"""A program's standard streams over one connection of the engine: attach, exec, logs."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext, suppress
from typing import Any

import requests

from core.commands.command import Client
from core.commands.streams import Streams
from core.threads.supervised import SupervisedThread

READ = 65536  # bytes
_HEAD = 8  # bytes before each frame: stream, three zeros, length
DETACH_KEYS = "ctrl-p,ctrl-q"
_CONTROL = "@abcdefghijklmnopqrstuvwxyz[\\]^_"


def frames(chunks: Iterable[bytes], tty: bool) -> Iterator[tuple[int, bytes]]:
    """The pieces of an output, each with the number of its stream: 1 or 2.

    tty: then there are no frames, and all is one stream.
    """
    held = b""
    for data in chunks:
        if tty:
            yield 1, data
            continue
        held += data
        while len(held) >= _HEAD:
            end = _HEAD + int.from_bytes(held[4:_HEAD], "big")
            if len(held) < end:
                break
            yield held[0], held[_HEAD:end]
            held = held[end:]


def printed(pieces: Iterable[tuple[int, bytes]], streams: Streams) -> None:
    """Print pieces as they come, each on its stream."""
    for stream, data in pieces:
        (streams.write_error if stream == 2 else streams.write)(data)


class Attached:
    """An open connection. raw: docker-py's socket; tty: whether the program has a terminal."""

    def __init__(self, raw: Any, tty: bool) -> None:
        self._raw = raw  # kept: without it, the connection would be closed
        self._socket: socket.socket = getattr(raw, "_sock", raw)
        self._early = early(raw, self._socket)
        self._socket.settimeout(None)
        self._tty = tty

    def pieces(self) -> Iterator[tuple[int, bytes]]:
        """What the program prints, to its end."""
        return frames(self._chunks(), self._tty)

    def _chunks(self) -> Iterator[bytes]:
        if self._early:
            yield self._early
        with suppress(OSError):
            while data := self._socket.recv(READ):
                yield data

    def send(self, data: bytes) -> None:
        """Type this. A program that has ended hears nothing."""
        with suppress(OSError):
            self._socket.sendall(data)

    def end(self) -> None:
        """The end of the input."""
        with suppress(OSError):
            # Of the plain socket: TLS would close the reading half too.
            socket.socket.shutdown(self._socket, socket.SHUT_WR)

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            self._raw.close()
        if response := getattr(self._raw, "_response", None):
            with suppress(OSError, ValueError):
                response.close()
        with suppress(OSError):
            self._socket.close()


def early(raw: Any, plain: socket.socket) -> bytes:
    """Bytes of the stream that docker-py read together with the answer's head, and left there."""
    response = getattr(raw, "_response", None)
    if response is None:
        return b""
    plain.setblocking(False)
    with suppress(OSError, AttributeError):
        return bytes(response.raw._fp.fp.peek(READ))
    return b""


class _Keys:
    """Looks for the keys that let go of a terminal among those typed."""

    def __init__(self, keys: str) -> None:
        self._keys = b"".join(map(_key, (keys or DETACH_KEYS).split(",")))
        self._held = b""

    def take(self, data: bytes) -> tuple[bytes, bool]:
        """What is for the program, and whether the keys were typed."""
        sent = b""
        for number in data:
            self._held += bytes([number])
            while self._held and not self._keys.startswith(self._held):
                sent, self._held = sent + self._held[:1], self._held[1:]
            if self._held and self._held == self._keys:
                return sent, True
        return sent, False


def _key(word: str) -> bytes:
    control = word.removeprefix("ctrl-")
    if control != word and control in _CONTROL and control:
        return bytes([_CONTROL.index(control)])
    return word.encode()


def converse(
    attached: Attached,
    streams: Streams,
    *,
    typed: bool,
    tty: bool,
    detach_keys: str = "",
    started: Callable[[], None] = lambda: None,
    resize: Callable[[int, int], object] = lambda rows, columns: None,
    interrupted: Callable[[int], None] = lambda presses: None,
) -> bool:
    """Carry what is typed to the program and what it prints back, until it ends.

    typed: whether it gets what is typed. started: called once the streams are joined. resize:
    called with rows and columns. interrupted: called with the number of presses of Ctrl-C.

    Returns:
        Whether the viewer let go of it with the detach keys.
    """
    keys, let_go = _Keys(detach_keys), False
    raw = tty and typed and streams.in_is_terminal

    def carry() -> None:
        nonlocal let_go
        while data := streams.read(READ):
            if raw:
                data, let_go = keys.take(data)
            attached.send(data)
            if let_go:
                attached.close()
                return
        attached.end()

    with streams.raw() if raw else nullcontext():
        try:
            started()
            if tty and streams.out_is_terminal:
                streams.on_resize(resize)
            streams.interrupt.on_press(interrupted)
            if typed:
                SupervisedThread("typed", carry).start()
            printed(attached.pieces(), streams)
        finally:
            streams.interrupt.on_press(lambda presses: None)
            streams.on_resize(lambda rows, columns: None)
            streams.stop_reading()
            attached.close()
    return let_go


def waiting(client: Client, container: str, condition: str) -> requests.Response:
    """A wait that has begun: the engine answers at once, and says the exit code at the end.

    condition: not-running, next-exit or removed.
    """
    api = client.api
    response: requests.Response = api._post(
        api._url("/containers/{0}/wait", container),
        params={"condition": condition},
        stream=True,
        timeout=None,
    )
    api._raise_for_status(response)
    return response


def exit_code(wait: requests.Response) -> int:
    """The one that a wait ends with."""
    said = wait.json()
    return 125 if (said.get("Error") or {}).get("Message") else int(said["StatusCode"])
