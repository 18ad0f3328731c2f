"""Keys: what is one, whose cluster a viewer looks at, and how a browser comes by its own."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http.cookies import SimpleCookie
from urllib.parse import urlsplit

import pytest
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from core.engine import keys

ADA, BOB = "adaadaad", "bcbbcbbb"
PAGE = "text/html,application/xhtml+xml"


@pytest.mark.parametrize("text", [ADA, "adaa-daad", " ADAA DAAD ", "Adaa-Daad"])
def test_a_key_is_read_however_it_is_written(text: str) -> None:
    assert keys.read(text) == ADA


@pytest.mark.parametrize(
    "text", ["", "ada", "adaadaad2", "adaadaa0", "../../..", "adaadaaé", "x\n"]
)
def test_what_is_no_key_is_none(text: str) -> None:
    assert keys.read(text) == ""
    assert keys.own({keys.OWN: text}) == keys.DEFAULT


def test_a_new_key_is_one_that_can_be_read_aloud() -> None:
    made = {keys.new() for _ in range(100)}
    assert len(made) == 100
    assert all(keys.read(keys.spelled(key)) == key for key in made)
    assert not set("il1o0") & set("".join(made))


@pytest.mark.parametrize(
    ("cookies", "wish", "key"),
    [
        ({}, "", keys.DEFAULT),
        ({keys.OWN: keys.signed(ADA)}, "", ADA),
        ({keys.OWN: keys.signed(ADA), keys.VISITED: BOB}, "", BOB),
        ({keys.OWN: keys.signed(ADA)}, BOB, BOB),
        ({keys.OWN: keys.signed(ADA), keys.VISITED: BOB}, ADA, ADA),
        ({keys.OWN: keys.signed(ADA), keys.VISITED: "zzzzzzzz"}, "", ADA),  # it has been ended
        ({keys.OWN: keys.signed(ADA)}, "zzzzzzzz", ADA),
        ({keys.OWN: "<script>"}, "", keys.DEFAULT),
        ({keys.OWN: ADA}, "", keys.DEFAULT),  # invented, or another's, whose code everybody knows
    ],
)
def test_whose_cluster_a_viewer_looks_at(cookies: dict[str, str], wish: str, key: str) -> None:
    assert keys.looked_at(cookies, {ADA, BOB}.__contains__, wish) == key


SIGNATURE = keys.signed(ADA).partition(".")[2]


@pytest.mark.parametrize(
    "cookie",
    [
        ADA,
        f"{ADA}.",
        f"{ADA}.{'0' * 32}",
        f"{BOB}.{SIGNATURE}",
        f"{ADA}.{SIGNATURE.upper()}",
        f"{ADA}.{SIGNATURE}0",
        f"{ADA}.{SIGNATURE[:-1]}",
        f"{ADA}.\xe9",
        f".{SIGNATURE}",
        "",
    ],
    # Not the signature, which is another in each process: several share the tests.
    ids=range(10),
)
def test_nobody_invents_a_key(cookie: str) -> None:
    assert keys.own({keys.OWN: cookie}) == keys.DEFAULT
    assert keys.browser({keys.OWN: cookie}) == ""


def test_a_browser_is_told_from_others_that_know_its_key() -> None:
    ada, bob = ({keys.OWN: keys.signed(key)} for key in (ADA, BOB))
    assert keys.browser(ada) == keys.browser(ada | {keys.VISITED: BOB})
    assert len({keys.browser(ada), keys.browser(bob), ""}) == 3
    assert SIGNATURE not in keys.browser(ada)


# The middleware


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Headers
    text: str
    address: str


class Browser:
    """A browser at a server where Bob's cluster is; each page answers which one it shows."""

    def __init__(self, framed: bool = False) -> None:
        self.cookies: dict[str, str] = {}
        self._app = keys.Keys(page, known={BOB}.__contains__, framed=lambda: framed)

    @property
    def own(self) -> str:
        """Its key, as far as it is one of this server's."""
        return keys.own(self.cookies) if keys.OWN in self.cookies else ""

    def ask(
        self,
        address: str,
        accept: str = PAGE,
        method: str = "GET",
        scheme: str = "http",
        **more: str,
    ) -> Answer:
        """The answer to one request, whose cookies are kept."""
        path, _, query = address.partition("?")
        said = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"host": "testserver", "accept": accept, "cookie": said, **more}
        scope: Scope = {
            "type": "http",
            "method": method,
            "scheme": scheme,
            "path": path,
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        sent: list[Message] = []

        async def receive() -> Message:
            return {"type": "http.request"}

        async def send(message: Message) -> None:
            sent.append(message)

        asyncio.run(self._app(scope, receive, send))
        answer = Headers(raw=sent[0]["headers"])
        for header in answer.getlist("set-cookie"):
            for crumb in SimpleCookie(header).values():
                if crumb["max-age"] == "0":
                    self.cookies.pop(crumb.key, None)
                else:
                    self.cookies[crumb.key] = crumb.value
        return Answer(sent[0]["status"], answer, sent[1]["body"].decode(), address)

    def open(self, address: str) -> Answer:
        """The page that an address leads to."""
        answer = self.ask(address)
        return self.open(answer.headers["location"]) if answer.status == 303 else answer


async def page(scope: Scope, receive: Receive, send: Send) -> None:
    shown = keys.asked(Request(scope), {BOB}.__contains__)
    await PlainTextResponse(shown)(scope, receive, send)


@pytest.fixture
def browser() -> Browser:
    return Browser()


def test_a_browser_gets_a_key_once_and_keeps_it(browser: Browser) -> None:
    cookie = browser.open("/").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    own = browser.own
    again = browser.open("/nodes")
    assert "set-cookie" not in again.headers
    assert again.text == own == keys.read(own)


@pytest.mark.parametrize(
    "cookie",
    [ADA, keys.signed(ADA)[:-1] + "x", "", "\xff"],
    ids=["unsigned", "badly signed", "none", "odd"],
)
def test_who_comes_with_anothers_key_or_an_old_one_gets_a_good_one(
    browser: Browser, cookie: str
) -> None:
    browser.cookies[keys.OWN] = cookie
    browser.open("/")
    assert browser.own not in ("", ADA, keys.DEFAULT)
    assert "set-cookie" not in browser.open("/").headers


def test_tabs_that_come_back_together_stay_together(browser: Browser) -> None:
    """A browser opens again all that it showed, with one cookie of an earlier run."""
    found = set()
    for _ in range(3):
        browser.cookies[keys.OWN] = f"{ADA}.{'0' * 32}"
        browser.open("/")
        found.add(browser.own)
    assert len(found) == 1
    assert found.isdisjoint({ADA, keys.DEFAULT, ""})
    browser.cookies[keys.OWN] = f"{ADA}.{'1' * 32}"
    browser.open("/")
    assert browser.own not in found


def test_a_page_that_stayed_open_over_a_restart_gets_one_before_it_goes_on(
    browser: Browser,
) -> None:
    """Streamlit's script asks for this before each websocket."""
    asked = ("/_stcore/host-config", "*/*")
    assert "set-cookie" not in browser.ask(*asked).headers  # a script's, without cookies
    browser.cookies[keys.OWN] = keys.signed(ADA)[:-1] + "x"
    browser.ask(*asked)
    own = browser.own
    assert own not in ("", ADA, keys.DEFAULT)
    assert "set-cookie" not in browser.ask(*asked).headers
    assert browser.open("/").text == own


def test_over_https_the_cookie_stays_there(browser: Browser) -> None:
    assert "Secure" in browser.ask("/", scheme="https").headers["set-cookie"]


@pytest.mark.parametrize(
    "path",
    [
        "/live/abc/board.js",
        "/open/node1/80/",
        "/machines/node1/file",
        "/_stcore/health",
        "/static/app.js",
    ],
)
def test_only_pages_hand_out_keys(browser: Browser, path: str) -> None:
    assert "set-cookie" not in browser.ask(path).headers
    assert "set-cookie" not in browser.ask("/", accept="*/*").headers
    assert "set-cookie" not in browser.ask("/", method="POST").headers


def test_an_address_leads_to_a_neighbour_and_back(browser: Browser) -> None:
    browser.open("/")
    own = browser.own
    there = browser.open(f"/nodes?lang=fr&cluster={keys.spelled(BOB)}")
    assert there.address == "/nodes?lang=fr"
    assert there.text == BOB
    assert browser.open("/services").text == BOB
    assert browser.open("/?cluster=").text == own
    assert browser.open("/").text == own == browser.own


def test_the_first_visit_may_be_to_a_neighbour(browser: Browser) -> None:
    assert browser.open(f"/?cluster={BOB}").text == BOB
    assert browser.own not in ("", BOB)


def test_ones_own_code_leads_home(browser: Browser) -> None:
    browser.open(f"/?cluster={BOB}")
    assert browser.open(f"/?cluster={browser.own}").text == browser.own
    assert browser.open("/").text == browser.own


def test_a_code_that_nobody_has_changes_nothing(browser: Browser) -> None:
    browser.open("/")
    assert browser.ask("/?cluster=zzzzzzzz").status == 200  # the page says so
    assert browser.open("/").text == browser.own


def test_no_address_leads_to_another_host(browser: Browser) -> None:
    assert urlsplit(browser.ask("//elsewhere.example/?cluster=").headers["location"]).netloc == ""


def test_a_kept_secret_signs_alike_and_names_clusters_alike(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "_secret", b"")  # put back at the end
    keys.sign_with(b"a" * keys.SECRET_BYTES)
    before = keys.signed(ADA), keys.cluster_id(ADA)
    keys.sign_with(b"b" * keys.SECRET_BYTES)
    assert keys.own({keys.OWN: before[0]}) == keys.DEFAULT
    assert keys.cluster_id(ADA) != before[1]
    keys.sign_with(b"a" * keys.SECRET_BYTES)
    assert keys.own({keys.OWN: before[0]}) == ADA
    assert (keys.signed(ADA), keys.cluster_id(ADA)) == before


def test_the_name_of_a_cluster_is_no_way_to_its_key() -> None:
    name = keys.cluster_id(ADA)
    assert len(name) == 32
    assert not set(name) - set("0123456789abcdef")
    assert name not in keys.signed(ADA)
    assert name != keys.cluster_id(BOB)


IN_FRAME = {"sec-fetch-dest": "iframe", "sec-fetch-site": "cross-site"}


def test_in_an_allowed_frame_the_cookie_is_kept_apart() -> None:
    """The browser sends it in frames of that one site: no other site can use it."""
    cookie = Browser(framed=True).ask("/labs", scheme="https", **IN_FRAME).headers["set-cookie"]
    assert "SameSite=None" in cookie
    assert "Secure" in cookie
    assert "Partitioned" in cookie


@pytest.mark.parametrize(
    ("framed", "scheme", "asked"),
    [
        (False, "https", IN_FRAME),  # the operator allows no frame
        (True, "http", IN_FRAME),  # no browser would keep it
        (True, "https", {}),
        (True, "https", {"sec-fetch-dest": "iframe", "sec-fetch-site": "same-site"}),
        (True, "https", {"sec-fetch-dest": "document", "sec-fetch-site": "cross-site"}),
    ],
)
def test_any_other_page_keeps_its_cookie_from_other_sites(
    framed: bool, scheme: str, asked: dict[str, str]
) -> None:
    cookie = Browser(framed=framed).ask("/labs", scheme=scheme, **asked).headers["set-cookie"]
    assert "SameSite=Lax" in cookie
    assert "Partitioned" not in cookie
