"""Who may do what: the teacher's password, and the pages that may call our own routes.

On the practice engine everything is allowed, except to those who came to look on; the board alone
wants the password everywhere, for it shows how others fare. On a real engine
looking is free; to change anything, or to see tokens, environments and logs, one shows the
password. It comes from, in this order: ``$ESSAIM_PASSWORD``, the file that
``$ESSAIM_PASSWORD_FILE`` names, the Docker secret ``essaim_password``; where there is none, one is
made for this run, and whoever starts the dashboard reads it in the log, as with Jupyter.
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

SHORT = 12  # characters; who guesses twenty a second needs weeks for six letters, not for a word

#: What whoever came to look on is told.
READ_ONLY = _(
    "You look on here, and change nothing. To try it yourself, go back to your own cluster: the "
    "code at the top leads there."
)

DEFAULT_PORTS = {"http": ":80", "https": ":443"}


class Action(Protocol):
    """What a command says of itself here; see core.commands."""

    changes: ClassVar[bool]
    reveals: ClassVar[bool]


class Access:
    """The password of one run of the dashboard, and the rules that hang on it.

    environ: where the settings are read, such as ``os.environ``.
    now: a clock in seconds that never goes back.
    secret: where Docker mounts the secret. sleep: lets as many seconds pass.

    Raises:
        NotAllowed: a password is announced, but it is empty or its file cannot be read. An open
            door is never the answer to that.
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
        self.rights = Rights(environ)  # of who has shown the password
        self._password_check = PasswordCheck(self.password, now, sleep)

    def announcement(self) -> str:
        """What to print at the start: the password if it was made here, a hint if it is short."""
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
        read_only: the viewer came to look on, and no password changes that.
        """
        free = not (action.changes or action.reveals)
        return free or (not read_only and (practice or unlocked))

    def require(
        self, action: Action, *, practice: bool, unlocked: bool, read_only: bool = False
    ) -> None:
        """Raise NotAllowed, with a sentence for the viewer, where ``allows`` says no."""
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
        """Whether one of our own routes may answer this request.

        headers: by lower-case name. A page's origin must be the host that it asks, or stand in
        ``$ESSAIM_ORIGINS`` (comma separated, for a proxy that changes the host). Browsers name the
        origin on every websocket and on whatever is not a plain GET. So a request without one is a
        script's, or a GET whose answer another site's page cannot read: it may pass, and a route
        that acts must not be a GET.
        """
        origin = headers.get("origin")
        if origin is None:
            return True
        try:
            scheme, host = urlsplit(origin).scheme, headers.get("host")
        except ValueError:  # no address at all
            return False
        if scheme not in DEFAULT_PORTS or not host:
            return False
        return _origin(origin) in self._origins | {_origin(f"{scheme}://{host}")}


def _origin(text: str) -> str:
    """An origin in the one spelling that compares: lower case, no default port, no last slash."""
    origin = text.strip().lower().rstrip("/")
    return origin.removesuffix(DEFAULT_PORTS.get(origin.partition("://")[0], ""))


def _password(environ: Mapping[str, str], secret: Path) -> str | None:
    if "ESSAIM_PASSWORD" in environ:
        return _not_empty(environ["ESSAIM_PASSWORD"], "$ESSAIM_PASSWORD")
    if "ESSAIM_PASSWORD_FILE" in environ:
        return _from_file(Path(environ["ESSAIM_PASSWORD_FILE"]))
    return _from_file(secret) if secret.exists() else None


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
