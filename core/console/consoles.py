"""All sessions and desks of this process: which browser gets which, and which are dropped."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from core.commands.execs import ExecContainer
from core.console.desk import Desk
from core.console.grant import Grant
from core.console.session import Session
from core.terminal.routes import TerminalPass
from core.terminal.tickets import Tickets

MOST_SESSIONS = 300
FORGOTTEN = 6 * 3600.0  # seconds without a browser


S = TypeVar("S", Session, Desk)


class Consoles:
    """Finds a browser's session again, and issues tickets for grants and for terminals."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self.grants = Tickets[Grant](now)
        self.seats = Tickets[TerminalPass](now)
        self._now = now
        self._lock = threading.Lock()
        self._sessions: dict[str, Session | Desk] = {}

    def session(self, key: object, grant: Grant) -> Session:
        """The session of this key, where this browser has one on the same cluster; else a new one.

        A locked viewer gets no session that shows the secrets of a real engine.
        """
        with self._lock:
            found = self._found(key, grant)
            return (
                found
                if isinstance(found, Session)
                else self._add(Session(grant.control, grant.browser))
            )

    def desk(self, key: object, grant: Grant) -> Desk:
        """The same for the terminals on machines.

        Without a key it is one that a closed tab of this browser has left, where there is any.
        """
        with self._lock:
            found = self._found(key, grant)
            if isinstance(found, Desk):
                return found
            owner = (grant.browser, grant.control)
            for desk in self._sessions.values() if grant.browser and not key else ():
                mine = isinstance(desk, Desk) and (desk.browser, desk.control) == owner
                if isinstance(desk, Desk) and mine and not desk.watched:
                    return desk
            return self._add(Desk(grant.control, grant.browser))

    def _found(self, key: object, grant: Grant) -> Session | Desk | None:
        found = self._sessions.get(str(key))
        same = found is not None and found.control is grant.control
        if found and same and found.browser == grant.browser and found.shown_to(grant):
            return found
        return None

    def _add(self, made: S) -> S:
        self._forget()
        self._sessions[made.key] = made
        return made

    def seat(self, session: Session | Desk, key: object, grant: Grant) -> str:
        """A ticket for one of the session's terminals; '' without the right to it."""
        terminal = session.terminals.get(str(key))

        def allowed() -> bool:
            return grant.control.may(ExecContainer, grant.right())

        if terminal is None or not allowed():
            return ""
        return self.seats.issue(
            TerminalPass(terminal, allowed, lambda: grant.right().acted(), grant.control),
            grant.browser,
        )

    def close(self) -> None:
        for session in list(self._sessions.values()):
            session.close()

    def _forget(self) -> None:
        """Drop sessions that no browser has shown for long, and the oldest of too many."""
        idle = sorted((s for s in self._sessions.values() if not s.watched), key=lambda s: s.used)
        for session in idle:
            if len(self._sessions) >= MOST_SESSIONS or self._now() - session.used > FORGOTTEN:
                del self._sessions[session.key]
                session.close()


CONSOLES = Consoles()
