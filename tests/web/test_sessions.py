"""Who comes to the whole server, with which cookie: clusters, and Streamlit's sessions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.cookies import SimpleCookie

import pytest
import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from core.engine import keys
from tests.browser.conftest import dashboard
from tests.web.conftest import PATIENCE, Server

MOST = 3


@pytest.fixture(scope="module")
def small() -> Iterator[Server]:
    """Room for three."""
    with dashboard(ESSAIM_ENGINE="practice", ESSAIM_CLUSTERS=f"{MOST}") as address:
        yield Server(address)


def arrive(server: Server, cookie: str = "") -> str:
    """The cookie that a browser has after it asked for the page."""
    said = [f"Cookie: {keys.OWN}={cookie}"] if cookie else []
    given = server.ask("/", "Accept: text/html", *said).headers.get("set-cookie", "")
    return SimpleCookie(given)[keys.OWN].value if given else cookie


class Page:
    """A page's websocket, as Streamlit's script opens it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self.session = ""

    def drawn(self) -> str:
        """Run the page's script; all that it said, as text."""
        self._socket.send(BackMsg(rerun_script=ClientState(query_string="")).SerializeToString())
        told = []
        while True:
            message = ForwardMsg.FromString(self._socket.recv(timeout=PATIENCE))
            if message.HasField("new_session"):
                self.session = message.new_session.initialize.session_id
            told.append(str(message))
            if message.HasField("script_finished"):
                return "\n".join(told)


@contextmanager
def page(server: Server, cookie: str, session: str = "", *more: tuple[str, str]) -> Iterator[Page]:
    headers = [("Cookie", f"{keys.OWN}={cookie}")] if cookie else []
    words = ["streamlit", "token", *([session] if session else [])]
    with connect(
        f"ws://{server.host}/_stcore/stream",
        origin=Origin(server.address),
        subprotocols=[Subprotocol(word) for word in words],
        additional_headers=[*headers, *more],
        open_timeout=PATIENCE,
        max_size=None,
        proxy=None,
    ) as socket:
        yield Page(socket)


def clusters(server: Server, cookie: str) -> int:
    """How many this browser's request is told of: one or none."""
    answer = requests.get(
        f"{server.address}/live/timeline", cookies={keys.OWN: cookie}, timeout=PATIENCE
    )
    return int(answer.ok)


def test_no_cluster_is_made_by_asking_and_none_for_an_invented_key(small: Server) -> None:
    for number in range(20):
        invented = f"{'abcdefghjkmnpqrstuvwxyz'[number]}daadaad"
        for cookie in (invented, f"{invented}.{'0' * 32}", arrive(small)):
            assert clusters(small, cookie) == 0
            assert (
                requests.get(
                    f"{small.address}/open/node1/80/", cookies={keys.OWN: cookie}, timeout=PATIENCE
                ).status_code
                == 503
            )
    for number in range(10):  # all these are the one of who has no key
        with page(small, f"{'abcdefghjkmnpqrstuvwxyz'[number]}daadaad") as there:
            assert "has no room" not in there.drawn()
    mine = arrive(small)
    with page(small, mine) as there:
        assert "has no room" not in there.drawn()
        assert clusters(small, mine) == 1
    assert len({arrive(small) for _ in range(60)}) == 60
    with page(small, arrive(small)) as there:  # the third place is still free
        assert "has no room" not in there.drawn()


def test_a_key_of_another_run_is_exchanged_quietly(small: Server) -> None:
    old = f"adaadaad.{'0' * 32}"
    fresh = arrive(small, old)
    assert fresh != old
    assert arrive(small, fresh) == fresh
    again = small.ask("/_stcore/host-config", f"Cookie: {keys.OWN}={old}")
    assert keys.OWN in again.headers["set-cookie"]
    assert "HttpOnly" in again.headers["set-cookie"]


def test_a_session_is_taken_up_by_its_own_browser_alone(essaim: Server) -> None:
    ada, eve = arrive(essaim), arrive(essaim)
    with page(essaim, ada) as there:
        there.drawn()
        session = there.session
        assert session
        for cookie, more in (
            (eve, ()),
            ("", ()),
            (ada.partition(".")[0], ()),  # her code, which she has shown to all
            ("", (("Essaim-Browser", keys.browser({keys.OWN: ada}) or "guess"),)),
        ):
            with page(essaim, cookie, session, *more) as thief:
                thief.drawn()
                assert thief.session not in ("", session)
        there.drawn()  # and hers goes on
    with page(essaim, ada, session) as back:
        back.drawn()
        assert back.session == session


def test_who_has_no_cookies_begins_anew(essaim: Server) -> None:
    with page(essaim, "") as there:
        there.drawn()
        session = there.session
    with page(essaim, "", session) as back:
        back.drawn()
        assert back.session not in ("", session)
