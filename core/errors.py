"""The errors that may reach a page, and nothing else.

EssaimError
├── EngineUnreachable   nobody answers at the engine's address
├── EngineRejected      the engine answered no; Docker's own words are kept, in every language
│   └── NotAManager     the question needs a Swarm manager and this node is none
├── NotAllowed          the viewer has no right to do this on this engine
├── NoRoom              this server holds as many practice clusters as it may
│   └── Crowded         it has room, but many have come from one address just now
├── NotBegun            whoever asks has no practice cluster yet: opening a page makes one
├── InvalidCommand      the user's input makes no command; says what to write instead
└── InvalidFile         what the user opened is not what it should be; says why
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Self


class Worded(Exception):
    """An error that can say its sentence in more than one language.

    text: in English, marked with ``core.i18n.later`` so that it is in the catalogues; with a place
    for each of ``fields`` in braces, where there are any. Whoever shows the error calls ``said``.
    """

    def __init__(self, text: str = "", /, **fields: object) -> None:
        self.text, self.fields = text, fields
        super().__init__(self.said(str))

    def said(self, translate: Callable[[str], str]) -> str:
        """The sentence in the language that ``translate`` leads to."""
        text = translate(self.text) if self.text else ""
        told = {
            k: v.said(translate) if isinstance(v, Worded) else v for k, v in self.fields.items()
        }
        return text.format(**told) if told else text

    def kept(self, hide: Callable[[str], str] = str) -> Self:
        """The same without the frames that led to it, to be remembered.

        hide: takes what nobody may read out of the words that came with it.
        """
        same = copy.copy(self)
        same.fields = {k: _hidden(v, hide) for k, v in self.fields.items()}
        if not self.fields:  # else the text is ours, and holds no secret
            same.text = hide(self.text)
        same.args = (same.said(str),)
        return same


def said(what: Worded | str, translate: Callable[[str], str]) -> str:
    """The same for what may be words of nobody's language, such as a file's name."""
    return what.said(translate) if isinstance(what, Worded) else what


def _hidden(value: object, hide: Callable[[str], str]) -> object:
    if isinstance(value, Worded):
        return value.kept(hide)
    return hide(value) if isinstance(value, str) else value


class EssaimError(Worded):
    """Base of all; ``str(error)`` is one sentence for a person."""


class EngineUnreachable(EssaimError):
    """Nobody answers at the engine's address."""


class EngineRejected(EssaimError):
    """The engine refused; the message is the daemon's own, or what docker itself would say.

    status: the HTTP status of the refusal (0 when it came inside a stream).
    """

    def __init__(self, message: str, status: int = 0, /, **fields: object) -> None:
        super().__init__(message, **fields)
        self.status = status


class NotAManager(EngineRejected):
    """A cluster call reached a worker, or a node outside any Swarm."""


class NotAllowed(EssaimError):
    """The viewer has not shown the password that this engine asks for."""


class NoRoom(EssaimError):
    """There is no room for another practice cluster on this server."""


class Crowded(NoRoom):
    """Too many practice clusters were begun from this address just now."""


class NotBegun(EssaimError):
    """Nobody has opened a page on this practice cluster."""


class InvalidCommand(EssaimError):
    """What the user entered makes no command."""


class InvalidFile(EssaimError):
    """What the user opened is not what it should be."""


class InvalidValue(Worded, ValueError):
    """One word of a line cannot be what it should; becomes part of an InvalidCommand."""
