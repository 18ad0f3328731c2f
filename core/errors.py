"""The errors that may reach a page, and nothing else.

EssaimError
├── EngineUnreachable   nobody answers at the engine's address
├── EngineRejected      the engine answered no; its own words are kept
│   └── NotAManager     the question needs a Swarm manager and this node is none
├── NotAllowed          the viewer has no right to do this on this engine
├── NoRoom              this server holds as many practice clusters as it may
├── InvalidCommand      the user's input makes no command; says what to write instead
└── InvalidFile         what the user opened is not what it should be; says why
"""

from __future__ import annotations

from collections.abc import Callable


class Worded(Exception):
    """An error that can say its sentence in more than one language.

    text: in English, with a place for each of ``fields`` in braces, where there are any.
    """

    def __init__(self, text: str = "", **fields: object) -> None:
        self.text, self.fields = text, fields
        super().__init__(self.said(lambda text: text))

    def said(self, translate: Callable[[str], str]) -> str:
        """The sentence in the language that ``translate`` leads to."""
        text = translate(self.text) if self.text else ""
        told = {
            k: v.said(translate) if isinstance(v, Worded) else v for k, v in self.fields.items()
        }
        return text.format(**told) if told else text


class EssaimError(Worded):
    """Base of all; ``str(error)`` is one sentence for a person."""


class EngineUnreachable(EssaimError):
    """Nobody answers at the engine's address."""


class EngineRejected(EssaimError):
    """The engine refused; the message is the daemon's own.

    status: the HTTP status of the refusal (0 when it came inside a stream).
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class NotAManager(EngineRejected):
    """A cluster call reached a worker, or a node outside any Swarm."""


class NotAllowed(EssaimError):
    """The viewer has not shown the password that this engine asks for."""


class NoRoom(EssaimError):
    """There is no room for another practice cluster on this server."""


class InvalidCommand(EssaimError):
    """What the user entered makes no command."""


class InvalidFile(EssaimError):
    """What the user opened is not what it should be."""


class InvalidValue(Worded, ValueError):
    """One word of a line cannot be what it should; becomes part of an InvalidCommand."""
