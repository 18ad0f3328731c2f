"""A learner of a large class, without a browser: the sockets of an open page, read at once."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from core.engine import keys
from core.labs.catalogue import LABS
from tests.live.reader import Reader

PATIENCE = 120.0  # seconds that a busy machine may take for one thing

LAB = LABS[0]

#: How the page's script hands the console its ticket.
_TICKET = re.compile(rb'"ticket": ?"([\w-]+)"')
#: Is in the page of the lab, in each language, once it has begun.
_FIRST_STEP = b"hello-world"
_GOING = ("waiting", "running", "going")


class Pupil:
    """Has the lab's page open, and a console. ``await Pupil.comes(address)`` makes one."""

    def __init__(self, essaim: str, cookie: str) -> None:
        self._essaim, self._cookie = essaim, cookie
        self.key = cookie.partition("=")[2].partition(".")[0]
        self.cluster: dict[str, Any] = {}  # the live page's last word on it
        self.troubles = list[str]()  # what the live page said of an engine that does not answer
        self.done = 0  # steps of the lab
        self.text = b""  # what the script of its page has sent, in its latest run
        self._begun = self._drawn = False  # the run that was asked for last
        self._entries: dict[int, dict[str, Any]] = {}
        self._shape = ""
        self._news = asyncio.Condition()
        self._links = AsyncExitStack()
        self._page: ClientConnection
        self._console: ClientConnection
        self._readers = list[asyncio.Task[None]]()

    @classmethod
    async def comes(cls, essaim: str) -> Pupil:
        """Opens the lab's page and the console, each for the first time."""
        html = {"Accept": "text/html"}
        page = await asyncio.to_thread(requests.get, essaim, headers=html, timeout=PATIENCE)
        pupil = cls(essaim, f"{keys.OWN}={page.cookies[keys.OWN]}")
        try:
            await pupil._sits_down()
        except BaseException:
            await pupil.leaves()
            raise
        return pupil

    async def _sits_down(self) -> None:
        self._page = await self._open("_stcore/stream", "streamlit")
        self._read(self._page, self._hear_page)
        await self._begins()
        self._read(await self._open("live/socket?lang=en"), self._hear_live(Reader()))
        await self.until(lambda: self.cluster)
        await self.draw("console")
        await self.until(lambda: _TICKET.search(self.text))
        ticket = _TICKET.search(self.text)
        assert ticket
        self._console = await self._open("console/socket")
        hello = {"ticket": ticket[1].decode(), "session": None, "language": "en"}
        await self._console.send(json.dumps(hello))
        self._read(self._console, self._hear_console)

    async def _begins(self) -> None:
        """Opens the lab's page, again where that says that no machine answers yet."""
        async with asyncio.timeout(PATIENCE):
            while True:
                await self.draw("labs", f"lab={LAB.name}")
                if _FIRST_STEP in self.text:
                    return
                await asyncio.sleep(1)

    async def leaves(self) -> None:
        await self._links.aclose()
        for reader in self._readers:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    async def draw(self, page: str = "labs", query: str = f"lab={LAB.name}") -> None:
        """Have a page drawn, and wait until it is."""
        self._begun = self._drawn = False
        state = ClientState(query_string=query, page_name=page)
        await self._page.send(BackMsg(rerun_script=state).SerializeToString())
        await self.until(lambda: self._drawn)

    async def type(self, line: str) -> dict[str, Any]:
        """A line in the console; its entry, once it has ended."""
        number = len(self._entries) + 1
        self._entries[number] = {"kind": "waiting"}
        await self._console.send(json.dumps({"do": "run", "text": line}))
        await self.until(lambda: self._entries[number]["kind"] not in _GOING)
        return self._entries[number]

    async def reaches(self, step: int) -> None:
        """Wait until the lab's first steps are done, this many."""
        await self.until(lambda: self.done >= step)

    async def until(self, holds: Callable[[], object]) -> None:
        """Raises TimeoutError."""
        async with self._news, asyncio.timeout(PATIENCE):
            await self._news.wait_for(lambda: bool(holds()))

    def services(self) -> dict[str, int]:
        """Running replicas by name, as its page shows them."""
        return {each["name"]: each["running"] for each in self.cluster["services"]}

    async def _open(self, path: str, *protocols: str) -> ClientConnection:
        link = connect(
            f"{self._essaim.replace('http', 'ws', 1)}/{path}",
            origin=Origin(self._essaim),
            subprotocols=[Subprotocol(each) for each in protocols] or None,
            additional_headers={"Cookie": self._cookie},
            open_timeout=PATIENCE,
            ping_interval=None,  # the test itself may be what is slow
            compression=None,
            max_size=None,
        )
        return await self._links.enter_async_context(link)

    def _read(self, link: ClientConnection, hear: Callable[[Any], None]) -> None:
        async def read() -> None:
            async for message in link:
                async with self._news:
                    hear(message)
                    self._news.notify_all()

        self._readers.append(asyncio.create_task(read()))

    def _hear_page(self, message: bytes) -> None:
        said = ForwardMsg.FromString(message)
        if said.WhichOneof("type") == "new_session":
            self._begun, self.text = True, b""
        elif said.WhichOneof("type") == "script_finished":
            self._drawn |= self._begun and said.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        self.text += message

    def _hear_live(self, reader: Reader) -> Callable[[str], None]:
        def hear(message: str) -> None:
            said = reader.read(message)
            if said["topic"] == "cluster":
                self.cluster = said
                if said["trouble"]:
                    self.troubles.append(said["trouble"])
            elif said["topic"] == "labs" and LAB.name in said["labs"]:
                self.done = said["labs"][LAB.name]["done"]

        return hear

    def _hear_console(self, message: str) -> None:
        said = json.loads(message)
        if "number" in said:
            self._entries[said["number"]] = said
