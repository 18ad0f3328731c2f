"""The world beyond the machines, as far as it is played: what everybody tries.

Nothing of it is asked in truth, and its pages say so.
"""

from __future__ import annotations

from essaim_practice.programs.http import HttpResponse

#: Public name servers, which people ping.
_SERVERS = {"8.8.8.8": "dns.google", "8.8.4.4": "dns.google", "1.1.1.1": "one.one.one.one"}

#: Names with an address of theirs; it stays the same, whatever becomes of the true one.
_NAMES = {
    "example.com": "93.184.215.14",
    "example.org": "93.184.215.15",
    "google.com": "142.250.74.206",
    "docker.com": "141.193.213.20",
    "hub.docker.com": "44.193.57.117",
    "registry-1.docker.io": "44.208.254.194",
    "auth.docker.io": "98.85.153.80",
    "github.com": "140.82.121.3",
    "python.org": "151.101.128.223",
    "pypi.org": "151.101.0.223",
    "wikipedia.org": "185.15.59.224",
    "debian.org": "130.89.148.77",
    "dl-cdn.alpinelinux.org": "151.101.2.132",
    **{name: address for address, name in reversed(_SERVERS.items())},
}
_PAGE = """\
<!doctype html>
<html>
<head>
<title>{title}</title>
</head>
<body>
<h1>{title}</h1>
<p>(simulated) The practice network leads to no other place: {host} was not asked.</p>
</body>
</html>
"""


def address_of(name: str) -> str:
    """The address of a public name, or "" where none is played; ``www.`` is the same."""
    return _NAMES.get(name.lower().rstrip(".").removeprefix("www."), "")


def name_of(address: str) -> str:
    """The name that belongs to an address; "" without one."""
    return _SERVERS.get(address) or next((n for n, a in _NAMES.items() if a == address), "")


def answers(address: str) -> bool:
    """Whether somebody is played at an address."""
    return bool(name_of(address))


def page(host: str) -> HttpResponse:
    """What a public web server shows."""
    title = "Example Domain" if "example" in host else host
    body = _PAGE.format(title=title, host=host).encode()
    return HttpResponse(body, 200, {"content-type": "text/html"})
