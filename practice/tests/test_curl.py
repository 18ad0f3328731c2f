"""curl with the options that people use, against a site that tells what it was asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from errno import ECONNREFUSED, EHOSTUNREACH

import pytest

from essaim_practice.programs.base import Context, program
from essaim_practice.programs.hosts import Interface, NoSuchHost
from essaim_practice.programs.http import HttpResponse
from essaim_practice.programs.sockets import Socket

from .playing import Playing, context


class Site:
    """A network where ``web`` answers, by path, ``shut`` refuses and ``gone`` is not there."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.sick = 0  # requests that are answered with 503

    def resolve(self, host: str) -> str:
        known = {"web": "10.0.0.2", "localhost": "127.0.0.1", "shut": "10.0.0.3"}
        if host == "gone":
            return "10.0.0.9"
        if host not in known:
            raise NoSuchHost(host)
        return known[host]

    def look_up(self, host: str) -> list[str]:
        return self.resolve_all(host)

    def name_of(self, address: str) -> str:
        raise NoSuchHost(address)

    def listening(self) -> list[tuple[str, int]]:
        return []

    def listen(self, port: int, socket: Socket) -> Callable[[], None]:
        raise OSError(port)

    def resolve_all(self, host: str) -> list[str]:
        return [self.resolve(host)]

    def interfaces(self) -> list[Interface]:
        return []

    def reach(self, address: str) -> None:
        pass

    def fetch(
        self,
        url: str,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
        address: str = "",
    ) -> HttpResponse:
        if "//shut" in url:
            raise OSError(ECONNREFUSED, "Connection refused")
        if "//gone" in url:
            raise OSError(EHOSTUNREACH, "No route to host")
        self.asked.append((url, method, dict(headers or {}), body))
        if self.sick:
            self.sick -= 1
            return HttpResponse(b"sick\n", 503)
        if url.endswith("/loop"):
            return HttpResponse(b"", 302, {"Location": "/loop"})
        if url.endswith("/old"):
            return HttpResponse(b"moved\n", 301, {"Location": "/new"})
        if url.endswith("/none"):
            return HttpResponse(b"nothing\n", 404)
        if url.endswith("/bin"):
            return HttpResponse(b"\0\1", 200)
        return HttpResponse(b"hello\n", 200, {"Content-Type": "text/plain"})


@pytest.fixture
def site() -> Site:
    return Site()


def curl(site: Site, *words: str, tty: bool = True, given: bytes = b"") -> tuple[Playing, Context]:
    clock = Playing()
    here = context(
        "nginx", clock, net=site, tty=tty, env={"PATH": "/usr/bin:/bin", "HOME": "/root"}
    )
    here.fs.write("/in", b"a b\nc\n")
    return clock.play(program(["curl", *words], here), [given, b""]), here


def said(site: Site, *words: str, tty: bool = True, given: bytes = b"") -> str:
    return curl(site, *words, tty=tty, given=given)[0].text


def test_it_shows_the_page_alone_in_a_terminal(site: Site) -> None:
    assert said(site, "http://web") == "hello\n"
    assert said(site, "web:80/x") == "hello\n"
    assert site.asked[0][:2] == ("http://web/", "GET")
    assert site.asked[0][2]["Host"] == "web"
    assert site.asked[0][2]["User-Agent"].startswith("curl/")


def test_its_meter_goes_to_the_errors_where_the_page_goes_elsewhere(site: Site) -> None:
    shown, _ = curl(site, "http://web", tty=False)
    assert shown.streams[1] == b"hello\n"
    assert shown.streams[2].startswith(b"  % Total    % Received % Xferd")
    assert b"100     6  100     6    0     0" in shown.streams[2]
    assert curl(site, "-s", "http://web", tty=False)[0].streams[2] == b""
    shown, here = curl(site, "-o", "page", "http://web")
    assert b"% Total" in shown.streams[2]
    assert here.fs.read("/page") == b"hello\n"


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["http://shut:81"], 7, "Failed to connect to shut port 81 after 0 ms"),
        (["http://nosuch"], 6, "Could not resolve host: nosuch"),
        (["http://gone"], 7, "Failed to connect to gone port 80 after 3070 ms"),
        (["-m", "1", "http://gone"], 28, "Connection timed out after 1000 milliseconds"),
        (["ftp://web"], 1, 'Protocol "ftp" not supported'),
        (["http://web:x/"], 3, "URL rejected: Port number was not a decimal number"),
        (["http://"], 3, "URL rejected: No host part in the URL"),
        (["--fail", "http://web/none"], 22, "The requested URL returned error: 404"),
        (["-d", "@/missing", "http://web"], 26, "Failed to open /missing"),
        (["-O", "http://web/"], 23, "Failed to extract a filename"),
        (["-L", "--max-redirs", "3", "web/loop"], 47, "Maximum (3) redirects followed"),
        (["http://web/[1-"], 3, "unmatched bracket in URL"),
        (["-o", "/no/x", "http://web/"], 23, "client returned ERROR on write"),
    ],
)
def test_it_fails_with_curl_s_codes(site: Site, words: list[str], code: int, text: str) -> None:
    shown, _ = curl(site, *words)
    assert shown.code == code
    assert f"curl: ({code}) {text}" in shown.text
    assert "curl:" not in said(site, "-s", *words)
    assert f"curl: ({code})" in said(site, "-sS", *words)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "curl: (2) no URL specified"),
        (["--nosuch", "web"], "curl: option --nosuch: is unknown"),
        (["-@", "web"], "curl: option -@: is unknown"),
        (["web", "-o"], "curl: option -o: requires parameter"),
        (["--max-time", "x", "web"], "curl: option --max-time: expected a proper numerical"),
        (["--re", "web"], "curl: option --re: is ambiguous"),
    ],
)
def test_it_refuses_what_it_does_not_know(site: Site, words: list[str], text: str) -> None:
    shown, _ = curl(site, *words)
    assert shown.code == 2
    assert text in shown.text


def test_heads_are_shown_where_they_are_asked_for(site: Site) -> None:
    head = said(site, "-I", "http://web")
    assert head.startswith("HTTP/1.1 200 OK\r\n")
    assert head.endswith("\r\n\r\n")
    assert "hello" not in head
    assert site.asked[-1][1] == "HEAD"
    both = said(site, "-i", "-L", "http://web/old")
    assert both.index("301 Moved Permanently") < both.index("200 OK") < both.index("hello")
    assert said(site, "-D", "-", "-o", "/dev/null", "-s", "http://web").startswith("HTTP/1.1 200")
    talk = said(site, "-v", "http://web/x")
    assert "> GET /x HTTP/1.1\n> Host: web\n" in talk
    assert "< HTTP/1.1 200 OK\n" in talk
    assert "* Connection #0 to host web left intact" in talk


def test_it_follows_where_it_is_to(site: Site) -> None:
    assert said(site, "http://web/old") == "moved\n"
    assert said(site, "-L", "http://web/old") == "hello\n"
    assert said(site, "-L", "-d", "a=1", "http://web/old") == "hello\n"
    assert [(url, method) for url, method, _, _ in site.asked[-2:]] == [
        ("http://web/old", "POST"),
        ("http://web/new", "GET"),
    ]


def test_data_is_sent(site: Site) -> None:
    def body(*words: str, given: bytes = b"") -> bytes:
        said(site, *words, "http://web", given=given)
        return site.asked[-1][3]

    assert body("-d", "a=1", "-d", "b=2") == b"a=1&b=2"
    assert site.asked[-1][1] == "POST"
    assert site.asked[-1][2]["Content-Type"] == "application/x-www-form-urlencoded"
    assert body("-d", "@in") == b"a bc"
    assert body("--data-binary", "@/in") == b"a b\nc\n"
    assert body("-d", "@-", given=b"typed\n") == b"typed"
    assert body("--data-urlencode", "q=a b&c") == b"q=a%20b%26c"
    assert body("--data-raw", "@in") == b"@in"
    assert body("--json", '{"a": 1}') == b'{"a": 1}'
    assert site.asked[-1][2]["Content-Type"] == "application/json"
    assert body("-X", "DELETE") == b""
    assert site.asked[-1][1] == "DELETE"
    assert body("-T", "/in") == b"a b\nc\n"
    assert site.asked[-1][1] == "PUT"
    assert b'name="f"; filename="in"' in body("-F", "f=@/in")
    assert body("-G", "-d", "a=1") == b""
    assert site.asked[-1][:2] == ("http://web?a=1", "GET") or "?a=1" in site.asked[-1][0]


def test_headers_are_sent_replaced_and_removed(site: Site) -> None:
    said(site, "-H", "X-A: 1", "-H", "user-agent: me", "-H", "Accept:", "-u", "ada:x", "web")
    headers = site.asked[-1][2]
    assert (headers["X-A"], headers["user-agent"]) == ("1", "me")
    assert "Accept" not in headers
    assert "User-Agent" not in headers
    assert headers["Authorization"] == "Basic YWRhOng="
    said(site, "-b", "a=1", "-e", "http://x", "-A", "agent", "-r", "0-9", "web")
    headers = site.asked[-1][2]
    assert headers["Cookie"] == "a=1"
    assert headers["Referer"] == "http://x"
    assert headers["User-Agent"] == "agent"
    assert headers["Range"] == "bytes=0-9"


def test_it_writes_what_it_is_asked_to_tell(site: Site) -> None:
    form = "%{http_code} %{size_download} %{url_effective} %{num_redirects} 100%%\\n"
    assert said(site, "-s", "-o", "/dev/null", "-w", form, "http://web/x") == (
        "200 6 http://web/x 0 100%\n"
    )
    assert said(site, "-s", "-w", "%{http_code} %{exitcode}", "http://shut") == "000 7"
    took = said(site, "-s", "-o", "/dev/null", "-w", "%{time_total}", "http://web")
    assert float(took) > 0


def test_files_are_named_after_their_urls(site: Site) -> None:
    _, here = curl(site, "-s", "-O", "http://web/a.txt", "--output-dir", "/d", "--create-dirs")
    assert here.fs.read("/d/a.txt") == b"hello\n"
    _, here = curl(site, "-s", "-o", "1", "http://web/a", "-o", "2", "http://web/b")
    assert here.fs.listing("/")[:2] == ["1", "2"]


def test_patterns_stand_for_many_urls(site: Site) -> None:
    assert said(site, "-s", "http://web/[1-3]/{a,b}").count("hello") == 6
    assert [url for url, *_ in site.asked[:2]] == ["http://web/1/a", "http://web/1/b"]
    assert said(site, "-g", "-s", "http://web/[1-3]") == "hello\n"
    assert "range overflow" in said(site, "http://web/[1-99999999]")


def test_it_tries_again_where_it_is_to(site: Site) -> None:
    site.sick = 2
    shown, _ = curl(site, "--retry", "3", "http://web")
    assert shown.text.endswith("hello\n")
    assert "Will retry in 1 second. 3 retries left." in shown.text
    site.sick = 1
    assert said(site, "http://web") == "sick\n"


def test_binary_output_does_not_reach_a_terminal(site: Site) -> None:
    shown, _ = curl(site, "http://web/bin")
    assert shown.code == 23
    assert b"\0" not in shown.output
    assert curl(site, "-s", "http://web/bin", tty=False)[0].output == b"\0\1"


def test_its_own_words(site: Site) -> None:
    assert "(simulated" in said(site, "--version")
    assert "Usage: curl" in said(site, "--help")
