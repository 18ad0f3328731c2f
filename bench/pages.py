"""A learner's open page: both of its sockets, which come back by themselves as a browser's do."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from typing import Any

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from bench.servers import PATIENCE
from core.engine import keys
from core.labs.catalogue import BY_NAME
from tests.live.reader import Reader

RETRY = 0.5  # seconds, as in socket.js


def arrive(essaim: str) -> str:
    """The cookie that a browser gets with its first page."""
    page = requests.get(essaim, headers={"Accept": "text/html"}, timeout=PATIENCE)
    return f"{keys.OWN}={page.cookies[keys.OWN]}"


def key_of(cookie: str) -> str:
    return cookie.partition("=")[2].partition(".")[0]


class Learner:
    """The sockets of a lab's page, read as fast as they speak, and what the live one said last.

    essaim: the address of the server.
    """

    def __init__(self, essaim: str, lab: str = "lab3") -> None:
        self.essaim, self._lab = essaim, lab
        self.cookie = arrive(essaim)
        self.key = key_of(self.cookie)
        self.drawn = 0  # messages of Streamlit's
        self.done: dict[str, int] = {}  # steps by lab
        self.votes = 0
        self.opened = 0  # how often the live socket was opened
        self.exceptions: list[str] = []  # that were shown on the page
        self.troubles: list[tuple[float, str]] = []  # sentences on the engine, each once, and when
        self._said: dict[str, Any] = {}
        self._since = 0  # which opening of the live socket said it
        self._news = threading.Condition()
        self._closed = threading.Event()
        self._links: dict[str, ClientConnection] = {}
        self._readers = [
            threading.Thread(target=self._follow, args=("_stcore/stream", self._draw, "streamlit")),
            threading.Thread(target=self._follow, args=("live/socket?lang=fr", self._read)),
        ]
        for reader in self._readers:
            reader.start()

    def close(self) -> None:
        self._closed.set()
        for link in list(self._links.values()):
            link.close()
        for reader in self._readers:
            reader.join()

    def draw(self) -> None:
        """Have the page of the lab drawn: that begins it."""
        state = ClientState(query_string=f"lab={self._lab}", page_name="labs")
        link = self._links.get("_stcore/stream")
        with suppress(ConnectionClosed):
            if link is not None:
                link.send(BackMsg(rerun_script=state).SerializeToString())

    def green(self, step: str) -> float:
        """When a message first said that this step is done."""
        wanted = 1 + [each.name for each in BY_NAME[self._lab].steps].index(step)
        return self._until(lambda: self.done.get(self._lab, 0) >= wanted, f"{step} stays red")

    def seen(self, holds: Callable[[dict[str, Any]], bool]) -> float:
        """When a message first said so, in seconds of the monotonic clock."""
        return self._until(lambda: bool(self._said) and holds(self._said), "it never saw it")

    def back(self, opened: int) -> float:
        """When the live socket, opened more often than so, first said how the cluster is."""
        return self._until(lambda: self._since > opened, "its page does not come back")

    def names(self) -> set[str]:
        return {service["name"] for service in self._said.get("services", ())}

    def _until(self, holds: Callable[[], bool], else_: str) -> float:
        with self._news:
            if not self._news.wait_for(holds, PATIENCE):
                raise TimeoutError(f"{self.key}: {else_}")
            return time.monotonic()

    def _follow(self, path: str, hear: Callable[[ClientConnection], None], *kinds: str) -> None:
        while not self._closed.is_set():
            with (
                suppress(OSError, TimeoutError, InvalidHandshake, ConnectionClosed),
                self._open(path, [Subprotocol(kind) for kind in kinds]) as link,
            ):
                self._links[path] = link
                if not self._closed.is_set():
                    hear(link)
            self._closed.wait(RETRY)

    def _open(
        self, path: str, protocols: Sequence[Subprotocol]
    ) -> AbstractContextManager[ClientConnection]:
        return connect(
            f"{self.essaim.replace('http', 'ws', 1)}/{path}",
            origin=Origin(self.essaim),
            subprotocols=protocols or None,
            additional_headers={"Cookie": self.cookie},
            open_timeout=PATIENCE,
            max_size=None,
            ping_interval=None,
        )

    def _draw(self, page: ClientConnection) -> None:
        """A browser would draw what comes; here only exceptions are kept."""
        self.draw()
        for message in page:
            self.drawn += 1
            if b"Traceback" in message or b"Error" in message:
                heard = ForwardMsg.FromString(message)
                if heard.delta.new_element.WhichOneof("type") == "exception":
                    self.exceptions.append(heard.delta.new_element.exception.message)

    def _read(self, live: ClientConnection) -> None:
        reader = Reader()
        self.opened += 1
        for text in live:
            said = reader.read(str(text))
            with self._news:
                match said["topic"]:
                    case "cluster":
                        self._said, self._since = said, self.opened
                        self._trouble(said["trouble"])
                    case "pulse":
                        self._trouble(said["trouble"])
                    case "labs":
                        self.done = {name: lab["done"] for name, lab in said["labs"].items()}
                    case "votes":
                        self.votes = said["votes"]
                self._news.notify_all()

    def _trouble(self, trouble: Any) -> None:
        if trouble and (not self.troubles or self.troubles[-1][1] != str(trouble)):
            self.troubles.append((time.time(), str(trouble)))
