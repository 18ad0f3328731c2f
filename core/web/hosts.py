"""The host names that this server answers to, against DNS rebinding.

The owner of a name can let it lead to this machine. For a browser, their page and the dashboard
then have one origin. This cannot be done with an address. So the server answers to every address,
but only to names that are its own or that are set.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Mapping
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from core.errors import InvalidValue
from core.i18n import later as _

#: A Host header: a name or an IPv4 address, or an IPv6 address in brackets, and maybe a port.
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9_.-]{1,253}))(?::[0-9]{0,5})?", re.ASCII)


def name(host: str) -> str:
    """The name or address in a Host header, in the one spelling that compares; '' for none."""
    found = _HOST.fullmatch(host.strip().lower())
    return (found[1] or found[2]).rstrip(".") if found else ""


def own_names() -> Iterable[str]:
    """This machine's names in its network. It may ask a name server, and take seconds."""
    for called in (socket.gethostname(), socket.getfqdn()):
        yield called
        yield called.partition(".")[0] + ".local"  # by mDNS


class Hosts:
    """The names of one server.

    environ: has the settings. ``$ESSAIM_HOSTS``: names, separated by commas; ``*.class.example``
    stands for all below that one, ``*`` for any. The hosts of ``$ESSAIM_URL`` and
    ``$ESSAIM_ORIGINS`` are allowed too. Raises InvalidValue.
    """

    def __init__(
        self, environ: Mapping[str, str], own: Callable[[], Iterable[str]] = own_names
    ) -> None:
        self._patterns = {"localhost", "*.localhost"}
        for word in re.split(r"[\s,]+", environ.get("ESSAIM_HOSTS", "").strip()):
            if word:
                self._patterns.add(_pattern(word))
        for address in (
            environ.get("ESSAIM_URL", ""),
            *environ.get("ESSAIM_ORIGINS", "").split(","),
        ):
            self._patterns.add(name(urlsplit(address.strip()).netloc.rpartition("@")[2]))
        self._own = own

    def learn(self) -> None:
        """Find out this machine's names. Until then, they are refused."""
        for each in self._own():
            self._patterns = self._patterns | {name(each)}

    def allows(self, host: str | None) -> bool:
        """Whether to answer a request with this Host header; without one, it is no browser's."""
        if host is None:
            return True
        asked = name(host)
        if not asked:
            return False
        if _is_address(asked):
            return True
        return any(fnmatchcase(asked, pattern) for pattern in self._patterns)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _pattern(word: str) -> str:
    """A word of the setting, in the spelling that compares, without a port."""
    star, rest = ("*.", word[2:]) if word.startswith("*.") else ("", word)
    try:
        found = name(rest if rest.isascii() else rest.encode("idna").decode())
    except UnicodeError:
        found = ""
    if not found and word != "*":
        raise InvalidValue(
            _("ESSAIM_HOSTS is {word!r}: write the names of this server, separated by commas"),
            word=word,
        )
    return star + found if found else word
