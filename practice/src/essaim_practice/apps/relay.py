"""Relays HTTP and websockets from a published port to the app process behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Protocol

import h11

from essaim_practice.apps.host import HOST, Ended, Unavailable
from essaim_practice.programs import not_run
from essaim_practice.programs.http import HttpResponse
from essaim_practice.programs.script_check import refusal
from essaim_practice.protocol.answers import Answer, Conduit, Response, Upgrade

_READ = 65536  # bytes
_LARGEST = 32 << 20  # bytes of an answer
_LOOK = 0.5  # real seconds between looks whether the container still answers
#: Streamlit's own script: which app a connection is about. Never the browser's to say.
_APP = "essaim-app"
#: What concerns one connection only, or tells of another place than the app's own.
_CONNECTION = {
    *("host", "origin", "referer", "cookie", "set-cookie", "date", "accept-encoding"),
    *("connection", "upgrade", "keep-alive", "transfer-encoding", "content-length"),
}
_HANDSHAKE = ("sec-websocket-accept", "sec-websocket-protocol", "sec-websocket-extensions")


class Target(Protocol):
    """A connection to a container, from the mesh."""

    @property
    def cluster(self) -> object:
        """A value that identifies the cluster."""
        ...

    def script(self) -> str | None:
        """The source of the Streamlit app that answers there, if one does. Raises Refused."""
        ...

    def who(self) -> Mapping[str, str]:
        """The headers that name the replica. Raises Refused if nothing answers any more."""
        ...

    def request(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[HttpResponse, Mapping[str, str]]: ...

    def answers(self) -> bool: ...


async def answer(
    there: Target, method: str, target: str, headers: Mapping[str, str], body: bytes
) -> Answer:
    """The answer of a published port: from a running app if there is one, else simulated.

    target: path and query, still quoted. headers: by lower-case names. Raises Refused.
    """
    source = there.script()
    if source is None or not HOST.possible() or refusal(source) is not None:
        site, who = there.request(method, target, headers, body)
        return Response(site.body, site.status, {**site.headers, **who})
    try:
        port, app = await asyncio.to_thread(HOST.serve, there.cluster, source)
        talk = await _Talk.begin(port)
        await talk.ask(method, target, {**headers, _APP: app}, body)
    except Ended:
        who = there.who()
        page = not_run.page(source, not_run.ENDED, _name(who), not_run.language(headers))
        return Response(page.encode(), 502, {"Content-Type": "text/html; charset=utf-8", **who})
    except (OSError, Unavailable, h11.ProtocolError) as error:
        return Response(f"{error}\n".encode(), 502, {"Content-Type": "text/plain"})
    if talk.status == 101:
        shaken = {name: talk.headers[name] for name in _HANDSHAKE if name in talk.headers}
        upgraded = {"Connection": "Upgrade", "Upgrade": "websocket", **shaken}
        return Upgrade(lambda conduit: talk.carry(conduit, there), "", upgraded)
    content = await talk.rest()
    kept = {n.title(): value for n, value in talk.headers.items() if n not in _CONNECTION}
    return Response(content, talk.status, {**kept, **there.who()})


def _name(who: Mapping[str, str]) -> str:
    return who.get("Essaim-Replica") or who["Essaim-Container"]


class _Talk:
    """One request to the app's process, on a connection of its own."""

    def __init__(
        self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}  # of the answer, by lower-case names
        self._place = f"127.0.0.1:{port}"
        self._reader = reader
        self._writer = writer
        self._http = h11.Connection(h11.CLIENT)

    @classmethod
    async def begin(cls, port: int) -> _Talk:
        return cls(port, *await asyncio.open_connection("127.0.0.1", port))

    async def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> None:
        """Send the request and hear the head of its answer. Raises h11.ProtocolError, OSError."""
        sent = {"host": self._place}
        sent |= {name: value for name, value in headers.items() if name not in _CONNECTION}
        if headers.get("upgrade", "").lower() == "websocket":
            sent |= {"connection": "Upgrade", "upgrade": "websocket"}
            sent["origin"] = f"http://{self._place}"
        else:
            sent |= {"connection": "close", "content-length": str(len(body))}
        lines = [(name.encode(), value.encode("latin-1")) for name, value in sent.items()]
        events: tuple[h11.Event, ...] = (
            h11.Request(method=method, target=target, headers=lines),
            *([h11.Data(data=body)] if body else ()),
            h11.EndOfMessage(),
        )
        for event in events:
            self._writer.write(self._http.send(event) or b"")
        await self._writer.drain()
        while not isinstance(head := await self._next(), h11.Response):
            if isinstance(head, h11.InformationalResponse) and head.status_code == 101:
                break
        self.status = head.status_code
        self.headers = {
            name.decode().lower(): value.decode("latin-1") for name, value in head.headers
        }

    async def rest(self) -> bytes:
        """The body of the answer. Raises h11.ProtocolError when it breaks off or has no end."""
        body = bytearray()
        try:
            while isinstance(event := await self._next(), h11.Data):
                body += event.data
                if len(body) > _LARGEST:
                    raise h11.RemoteProtocolError("the answer is too large")
        finally:
            self._writer.close()
        return bytes(body)

    async def carry(self, conduit: Conduit, there: Target) -> None:
        """Pass bytes both ways until one side closes or the container answers no more."""
        early, _ = self._http.trailing_data
        ways = [
            asyncio.ensure_future(self._out(conduit)),
            asyncio.ensure_future(self._back(conduit, early)),
        ]
        try:
            with HOST.viewer():
                while there.answers():
                    done, _ = await asyncio.wait(
                        ways, timeout=_LOOK, return_when=asyncio.FIRST_COMPLETED
                    )
                    if done:
                        break
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            self._writer.close()

    async def _out(self, conduit: Conduit) -> None:
        while data := await conduit.receive():
            self._writer.write(data)
            await self._writer.drain()

    async def _back(self, conduit: Conduit, early: bytes) -> None:
        data = early or await self._reader.read(_READ)
        while data:
            await conduit.send(data)
            data = await self._reader.read(_READ)

    async def _next(self) -> h11.Event:
        """The next part of the answer. Raises h11.RemoteProtocolError when it breaks off."""
        while (event := self._http.next_event()) is h11.NEED_DATA:
            self._http.receive_data(await self._reader.read(_READ))
        if isinstance(event, h11.Event):
            return event
        raise h11.RemoteProtocolError("the app broke off")
