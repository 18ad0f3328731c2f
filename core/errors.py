"""The errors that may reach a page.

EssaimError
├── EngineUnreachable   no answer at the engine's address
├── EngineRejected      the engine refused; Docker's own words are kept, in every language
│   ├── NotAManager     the call needs a Swarm manager, and this node is none
│   └── DockerRefused   the docker command refuses before the engine is asked
├── NotAllowed          the viewer has no right to do this on this engine
├── NoRoom              this server holds as many practice clusters as it may
│   ├── Crowded         it has room, but many clusters were begun from one address just now
│   └── NoWorker        no worker that could hold the cluster answers
├── NotBegun            the browser has no practice cluster yet: opening a page makes one
├── FolderInUse         another Essaim has the folder of what is kept
├── InvalidCommand      the input makes no command; the sentence says what to write instead
│   └── InvalidLine     a line does not; it has the words of the docker command as well
├── TemplateError       a --format template is wrong; in the words of Go, as docker prints them
└── InvalidFile         an opened file is not what it should be; the sentence says why
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Literal, Self, TypeVar

T = TypeVar("T")


class Worded(Exception):
    """An error whose sentence can be translated.

    text: in English, marked with ``core.i18n.later``, with the names of ``fields`` in braces.
    """

    def __init__(self, text: str = "", /, **fields: object) -> None:
        self.text, self.fields = text, fields
        super().__init__(self.said(str))

    def said(self, translate: Callable[[str], str]) -> str:
        """The translated sentence, with its fields filled in."""
        text = translate(self.text) if self.text else ""
        fields = {k: said(v, translate) for k, v in self.fields.items()}
        return text.format(**fields) if fields else text

    def kept(self, hide: Callable[[str], str] = str) -> Self:
        """A copy without traceback, to be stored. hide: removes secrets from foreign words."""
        same = copy.copy(self)
        same.fields = {k: _hidden(v, hide) for k, v in self.fields.items()}
        if not self.fields:  # a text with fields is ours, and holds no secret
            same.text = hide(self.text)
        same.args = (same.said(str),)
        return same


def said(value: T | Worded, translate: Callable[[str], str]) -> T | str:
    """The sentence of an error; any other value as it is."""
    return value.said(translate) if isinstance(value, Worded) else value


def _hidden(value: object, hide: Callable[[str], str]) -> object:
    if isinstance(value, Worded):
        return value.kept(hide)
    return hide(value) if isinstance(value, str) else value


class EssaimError(Worded):
    """The base class; ``str(error)`` is one English sentence."""


class EngineUnreachable(EssaimError):
    """There is no answer at the engine's address."""


class EngineRejected(EssaimError):
    """The engine refused; the message is the engine's own, or the docker command's.

    status: the HTTP status of the refusal (0 when it came inside a stream). spoken: the words of
    the docker command, where they are not its usual "Error response from daemon: …". printed: what
    it had printed before.
    """

    spoken = printed = ""

    def __init__(self, message: str, status: int = 0, /, **fields: object) -> None:
        super().__init__(message, **fields)
        self.status = status


class DockerRefused(EngineRejected):
    """The docker command itself refuses, in its own words. code: its exit code."""

    def __init__(self, message: str, status: int = 0, /, code: int = 1, **fields: object) -> None:
        super().__init__(message, status, **fields)
        self.spoken, self.code = message, code


class NotAManager(EngineRejected):
    """A cluster call reached a worker, or a node outside any Swarm."""


class NotAllowed(EssaimError):
    """The viewer has no right to do this."""


class NoRoom(EssaimError):
    """There is no room for another practice cluster on this server."""


class Crowded(NoRoom):
    """Too many practice clusters were begun from this address just now."""


class NoWorker(NoRoom):
    """No worker answers now that could hold the practice cluster."""


class NotBegun(EssaimError):
    """The browser has opened no page yet, and so has no practice cluster."""


class FolderInUse(EssaimError):
    """Another Essaim has the folder of what is kept."""


class InvalidCommand(EssaimError):
    """The input makes no command."""


class InvalidLine(InvalidCommand):
    """A line makes no command.

    spoken: the docker command's own words, in English. kind: what is wrong, which decides about the
    words around them: a flag; the number of arguments; or what is found "late", once all is read.
    """

    def __init__(
        self,
        text: str = "",
        /,
        spoken: str = "",
        kind: Literal["flag", "count", "late"] = "flag",
        **fields: object,
    ) -> None:
        super().__init__(text, **fields)
        self.spoken, self.kind = spoken, kind

    @property
    def code(self) -> int:
        """The exit code of the docker command then."""
        return 125 if self.kind == "flag" else 1


class TemplateError(EssaimError):
    """A ``--format`` template cannot be parsed or executed; the message is Go's own.

    printed: what it had printed before.
    """

    printed = ""


class InvalidFile(EssaimError):
    """The file is not what it should be."""


class InvalidValue(Worded, ValueError):
    """A wrong word or setting; part of an InvalidCommand where it is in a line.

    spoken: the docker command's own words. late: it finds the mistake after it has read the line.
    """

    def __init__(
        self, text: str, /, spoken: str = "", late: bool = False, **fields: object
    ) -> None:
        super().__init__(text, **fields)
        self.spoken, self.late = spoken, late
