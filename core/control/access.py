"""The teacher's password, the rules of access, and the origins that may call our routes.

On the practice engine everything is allowed, except to viewers who may only look; only the board
asks for the password there. On a real engine looking is free, but to change anything, or to see
tokens, environments and logs, a viewer needs the password. It comes from the first of these:
``$ESSAIM_PASSWORD``, the file named by ``$ESSAIM_PASSWORD_FILE``, the Docker secret
``essaim_password``. Without any, one is generated for this run and printed, as by Jupyter.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar, Protocol
from urllib.parse import urlsplit

from core.control.password import PasswordCheck
from core.control.rights import Rights
from core.errors import NotAllowed
from core.i18n import later as _

SECRET = Path("/run/secrets/essaim_password")

SHORT = 12  # characters; at twenty guesses a second, six letters take weeks, a word does not

#: The sentence for viewers who may only look.
READ_ONLY = _(
    "You look on here, and change nothing. To try it yourself, go back to your own cluster: the "
    "code at the top leads there."
)

DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Action(Protocol):
    """The part of a command that counts here; see core.commands."""

    changes: ClassVar[bool]
    reveals: ClassVar[bool]


class Access:
    """The password of one run of the dashboard, and the rules of access.

    environ: has the settings. now: a monotonic clock, in seconds. secret: where Docker mounts the
    secret. sleep: waits that many seconds.

    ``privileged``: whether commands may hand a real engine's machine to programs, by
    ``$ESSAIM_PRIVILEGED``.

    Raises NotAllowed where a password is set but empty, or its file cannot be read.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        now: Callable[[], float] = time.monotonic,
        secret: Path = SECRET,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        found = _password(environ, secret)
        self.generated = found is None
        self.password = secrets.token_urlsafe(12) if found is None else found
        origins = environ.get("ESSAIM_ORIGINS", "").split(",")
        self._origins = frozenset(_origin(origin) for origin in origins if origin.strip())
        self.rights = Rights(environ, now)  # of who has shown the password
        self.privileged = _privileged(environ)
        self._password_check = PasswordCheck(self.password, now, sleep)

    def announcement(self) -> str:
        """The line for the start: the generated password, or a hint that the set one is short."""
        if not self.generated:
            short = len(self.password) < SHORT
            return "The password is short: a longer one is harder to guess." if short else ""
        return f"Essaim made a password for this run, for whoever teaches: {self.password}"

    def check(self, attempt: str, who: str = "") -> bool:
        """Whether this is the password; a wrong one waits for its answer: see PasswordCheck."""
        return self._password_check.accepts(attempt, who)

    def allows(
        self,
        action: Action | type[Action],
        *,
        practice: bool,
        unlocked: bool,
        read_only: bool = False,
    ) -> bool:
        """Whether a viewer may run this action.

        practice: the engine is the practice one. unlocked: the viewer has shown the password.
        read_only: the viewer may only look, whatever their password.
        """
        free = not (action.changes or action.reveals)
        return free or (not read_only and (practice or unlocked))

    def require(
        self, action: Action, *, practice: bool, unlocked: bool, read_only: bool = False
    ) -> None:
        """Raise NotAllowed, with a sentence for the viewer, unless ``allows`` is true."""
        if self.allows(action, practice=practice, unlocked=unlocked, read_only=read_only):
            return
        if read_only:
            raise NotAllowed(READ_ONLY)
        if action.changes:
            raise NotAllowed(_("This changes a real engine: enter the password first."))
        raise NotAllowed(
            _("This shows what a real engine keeps private: enter the password first.")
        )

    def origin_allowed(self, headers: Mapping[str, str]) -> bool:
        """Whether our routes may answer a request with these headers (by lower-case name).

        Its origin must be the requested host, or in ``$ESSAIM_ORIGINS`` (comma separated, for a
        proxy that changes the host). Browsers send the origin with every websocket and with all
        but plain GETs. So a request without one is a script's, or a GET whose answer another
        site's page cannot read: it may pass, and no route that acts is a GET.
        """
        origin = headers.get("origin")
        if origin is None:
            return True
        try:
            scheme, host = urlsplit(origin).scheme, headers.get("host")
        except ValueError:  # no address
            return False
        if scheme not in DEFAULT_PORTS or not host:
            return False
        return _origin(origin) in self._origins | {_origin(f"{scheme}://{host}")}


def _origin(text: str) -> str:
    """An origin in lower case, without default port and last slash, for comparison."""
    origin = text.strip().lower().rstrip("/")
    return origin.removesuffix(DEFAULT_PORTS.get(origin.partition("://")[0], ""))


def _password(environ: Mapping[str, str], secret: Path) -> str | None:
    if "ESSAIM_PASSWORD" in environ:
        return _not_empty(environ["ESSAIM_PASSWORD"], "$ESSAIM_PASSWORD")
    if "ESSAIM_PASSWORD_FILE" in environ:
        return _from_file(Path(environ["ESSAIM_PASSWORD_FILE"]))
    return _from_file(secret) if secret.exists() else None


def _privileged(environ: Mapping[str, str]) -> bool:
    told = environ.get("ESSAIM_PRIVILEGED", "").strip().lower()
    if told not in ("", "no", "yes"):
        raise NotAllowed(
            _("ESSAIM_PRIVILEGED is {told!r}: it takes yes or no."),
            told=told,
        )
    return told == "yes"


def _from_file(path: Path) -> str:
    try:
        # Most editors and `echo` end a file with a newline, which nobody types into a form.
        text = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise NotAllowed(
            _("The password file {path} cannot be read: {why}"), path=path, why=error
        ) from error
    return _not_empty(text, str(path))


def _not_empty(password: str, source: str) -> str:
    if not password.strip():
        raise NotAllowed(
            _("{source} is empty: put a password there, or unset it to get one made."),
            source=source,
        )
    return password
