"""A docker command for tests, as a worker starts one: a thread does each line.

``say WORDS`` prints, ``flood BYTES`` prints much, ``hold`` waits for its input, ``ping HOST`` asks
an engine, ``lost`` ends without a word, ``die`` ends them all.
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
from contextlib import suppress

HEAD = struct.Struct(">Ic")


def serve(connected: socket.socket) -> None:
    received = connected.makefile("rb", buffering=0)

    def send(kind: bytes, payload: bytes = b"") -> None:
        connected.sendall(HEAD.pack(len(payload), kind) + payload)

    def receive() -> bytes:
        head = received.read(HEAD.size)
        length = HEAD.unpack(head)[0] if head else 0
        return received.read(length) if length else b""

    verb, *rest = json.loads(receive()).get("argv", ("hold",))
    if verb == "say":
        send(b"o", " ".join(rest).encode() + b"\n")
    elif verb == "flood":
        with suppress(OSError):
            for _ in range(int(rest[0]) // 65536):
                send(b"o", b"x" * 65536)
    elif verb == "hold":
        send(b"o", b"held\n")
        send(b"w", b"line")
        receive()
    elif verb == "ping":
        send(b"n", json.dumps({"host": rest[0]}).encode())
        head, numbers, _, _ = socket.recv_fds(connected, HEAD.size, 1)
        if numbers:
            with socket.socket(fileno=numbers[0]) as engine:
                engine.sendall(b"GET /info HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                answer = b""
                while data := engine.recv(65536):
                    answer += data
                name = json.loads(answer.partition(b"\r\n\r\n")[2])["Name"]
                send(b"o", f"{name}\n".encode())
        else:
            send(b"x", connected.recv(HEAD.unpack(head)[0]) + b"\n")
    elif verb == "lost":
        connected.shutdown(socket.SHUT_RDWR)
        return
    elif verb == "die":
        os._exit(1)
    with suppress(OSError):  # nobody hears of it any more
        send(b"q", b'{"code": 3}')


control = socket.socket(fileno=0)
while True:
    data, numbers, _, _ = socket.recv_fds(control, 1, 1)
    if not data:
        break
    threading.Thread(target=serve, args=(socket.socket(fileno=numbers[0]),), daemon=True).start()
