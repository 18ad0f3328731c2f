"""Frames between the docker program of a practice machine and the process that does its line.

A frame is the length of its payload in 4 bytes, its kind in one, and the payload: bytes or JSON.
"""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import suppress

# From the machine: a line, or words to complete; then what is typed, the terminal's new size,
# Ctrl-C, and a socket to an engine, which comes beside the frame.
START, COMPLETE, INPUT, RESIZE, INTERRUPT, OPENED = b"S", b"C", b"i", b"r", b"c", b"e"
# To the machine: what is printed, what is to be read, the exit code, words, the wish for a socket.
OUTPUT, ERROR, WANT, EXIT, WORDS, OPEN = b"o", b"x", b"w", b"q", b"W", b"n"

_HEAD = struct.Struct(">Ic")
_READ = 65536  # bytes
_LARGEST = 16 * 2**20  # bytes of a frame
_SOCKETS = 4  # that come with one read


class Connection:
    """One end of such a connection. Any thread may send, one receives."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._sending = threading.Lock()
        self._held = bytearray()
        self.sockets: deque[socket.socket] = deque()  # that have come, in the order of their frames

    def send(self, kind: bytes, payload: bytes = b"") -> None:
        """Raises OSError where the other end is gone."""
        with self._sending:
            for at in range(0, len(payload) or 1, _READ):
                piece = payload[at : at + _READ]
                self._socket.sendall(_HEAD.pack(len(piece), kind) + piece)

    def send_json(self, kind: bytes, value: object) -> None:
        payload = json.dumps(value).encode()
        with self._sending:
            self._socket.sendall(_HEAD.pack(len(payload), kind) + payload)

    def frames(self) -> Iterator[tuple[bytes, bytes]]:
        """The frames from the next one on, to the end of the connection."""
        held = self._held
        while True:
            while len(held) >= _HEAD.size:
                length, kind = _HEAD.unpack_from(held)
                if length > _LARGEST:
                    return
                end = _HEAD.size + length
                if len(held) < end:
                    break
                payload = bytes(held[_HEAD.size : end])
                del held[:end]
                yield kind, payload
            data = b""
            with suppress(ConnectionError):
                data, numbers, _, _ = socket.recv_fds(self._socket, _READ, _SOCKETS)
                self.sockets.extend(socket.socket(fileno=number) for number in numbers)
            if not data:
                return
            held += data

    def close(self) -> None:
        self._socket.close()
