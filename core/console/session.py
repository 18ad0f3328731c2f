"""One viewer's console: what was typed and answered, what runs, and its open terminals."""

from __future__ import annotations

import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from core.cluster.failures import unforeseen
from core.commands.build import BuildImage
from core.commands.command import Command, Interrupt
from core.commands.swarm import JoinSwarm
from core.console.answer import QUESTION, Answer, Kind, cut, message, told
from core.console.grant import Grant
from core.console.lines import Line, read
from core.console.progress import Progressing
from core.console.scripts import Step, python, shell
from core.control.control import Control
from core.errors import EssaimError, InvalidCommand
from core.i18n import Translate, translation
from core.i18n import later as _
from core.live.hub import Subscription
from core.terminal.terminal import Terminal

MOST_ENTRIES = 300
MOST_LINES = 100  # that wait at the same time
MOST_TERMINALS = 8  # that are open at the same time
LEFT = 60.0  # seconds that what goes on is left to itself, before it is let go
TICK = 0.1  # seconds between two looks at what still runs


@dataclass(frozen=True, slots=True)
class _Asked:
    """A command that waits for its y."""

    entry: Answer
    command: Command
    host: str
    grant: Grant


class Session:
    """Runs lines one after the other on a thread of its own, and tells its browsers."""

    def __init__(self, control: Control, browser: str = "") -> None:
        self.key = secrets.token_urlsafe(18)
        self.browser = browser
        self.control = control
        self.terminals: dict[str, Terminal] = {}
        self.private = False  # it shows what only an unlocked viewer may see
        self.used = time.monotonic()
        self._lock = threading.RLock()
        self._subscriptions: set[Subscription] = set()
        self._entries: deque[Answer] = deque(maxlen=MOST_ENTRIES)
        self._steps: deque[Step] = deque(maxlen=MOST_ENTRIES)
        self._history: deque[str] = deque(maxlen=MOST_ENTRIES)
        self._count = self._settled = self._cleared = 0
        self._queue: deque[tuple[int, Line, Grant, Translate]] = deque()
        self._working = False
        self._succeeded = True
        self._going: tuple[Command, Interrupt] | None = None
        self._asked: _Asked | None = None

    @contextmanager
    def follow(self, language: str) -> Iterator[Subscription]:
        """A subscription that starts with all there is. Call on the browser's event loop."""
        subscription = Subscription(language)
        with self._lock:
            subscription.offer("session", self._greeting())
            for entry in self._entries:
                if entry.number > self._cleared:
                    subscription.offer(f"entry {entry.number}", told(entry))
            for name, text in self._summaries():
                subscription.offer(name, text)
            self._subscriptions.add(subscription)
        try:
            yield subscription
        finally:
            with self._lock:
                self._subscriptions.discard(subscription)
                self.used = time.monotonic()
                if self._going and not self._subscriptions:
                    _later(LEFT, self._leave, self._going[1])

    def _greeting(self) -> str:
        """What a browser must know first. settled: up to which number the lines have ended."""
        history = list(self._history)
        return message("session", key=self.key, history=history, settled=self._settled)

    def give(self, typed: str, language: str, grant: Grant) -> None:
        """Take what was typed: it runs when what came before is done."""
        with self._lock:
            self.used = time.monotonic()
            right = grant.right()
            right.acted()
            self.private |= not self.control.practice and right.held
            grant = replace(grant, right=lambda: right)  # what waits gets no later one
            for line in filter(None, map(str.strip, typed.split("\n"))):
                if not self._history or self._history[-1] != line:
                    self._history.append(line)
            translate = translation(language).gettext
            requests = list(read(typed, translate))
            if self._asked and not requests:
                requests = [Line("", "refused")]  # Enter alone says no
            for request in requests:
                if len(self._queue) >= MOST_LINES:
                    break
                self._count += 1
                self._write(Answer(self._count, request.line, "waiting"))
                self._queue.append((self._count, request, grant, translate))
            if self._queue and not self._working:
                self._working = True
                threading.Thread(target=self._work, name="essaim_console", daemon=True).start()

    def interrupt(self, grant: Grant) -> None:
        """Ctrl-C for what goes on; a second one lets go of it."""
        going = self._going
        with self._lock:
            if self._asked:
                self.give("", "en", grant)
        grant.right().acted()
        if going and grant.control.may(going[0], grant.right()):
            _later(0, going[1].press)  # an engine may take its time

    def _leave(self, interrupt: Interrupt) -> None:
        """Let go of what nobody has come back to."""
        if not self._subscriptions:
            interrupt.press(2)

    def hang_up(self, key: str) -> None:
        """Close one of its terminals, and forget it."""
        with self._lock:
            terminal = self.terminals.pop(key, None)
        if terminal is not None:
            terminal.close()
        self._tell(*self._summaries())

    def close(self) -> None:
        if going := self._going:
            _later(0, going[1].press, 2)
        for key in list(self.terminals):
            self.hang_up(key)

    @property
    def watched(self) -> bool:
        return bool(self._subscriptions)

    def shown_to(self, grant: Grant) -> bool:
        """Whether this browser may see it: what a right has shown of a real engine wants one."""
        return not self.private or grant.right().held

    def _work(self) -> None:
        while True:
            with self._lock:
                at = self._next()
                if at is None:
                    self._working = False
                    return
                number, request, grant, translate = self._queue[at]
                del self._queue[at]
                asked, self._asked = self._asked, None
            if not (asked and self._answered(asked, number, request, translate)):
                self._run(number, request, grant, translate)
            self._settled = max(self._settled, number)

    def _next(self) -> int | None:
        """Where in the queue the next request is.

        The rest of a line that asks waits for its answer, which is the next line.
        """
        if self._asked is None:
            return 0 if self._queue else None
        answers = (at for at, each in enumerate(self._queue) if not each[1].goes_on)
        return next(answers, None)

    def _answered(self, asked: _Asked, number: int, request: Line, translate: Translate) -> bool:
        """Do what was asked about, or leave it; whether the request was no more than the answer.

        A docker line says no, as it does to docker, and is then run: nothing typed is lost.
        """
        self._write(replace(asked.entry, kind="done"))
        if request.line in ("y", "Y"):
            entry = Answer(number, request.line, "running")
            self._do(entry, asked.command, asked.host, asked.grant, translate, asked.entry.line)
        elif request.kind != "refused":
            return False
        else:
            self._succeeded = True  # docker exits with 0
            self._write(Answer(number, request.line, "done"))
        self._tell(*self._summaries())
        return True

    def _run(self, number: int, request: Line, grant: Grant, translate: Translate) -> None:
        entry = Answer(number, request.line, "running")
        if request.after_success and not self._succeeded:
            self._write(replace(entry, kind="skipped"))
        elif request.kind == "clear":
            self._clear(number)
        elif request.command is None:
            self._succeeded = request.kind == "help"
            kind: Kind = "help" if request.kind == "help" else "refused"
            self._write(replace(entry, kind=kind, text=request.text))
        elif (warning := request.command.warning) and grant.control.may(
            request.command, grant.right()
        ):
            asking = replace(entry, kind="asking", text=f"{warning}\n{QUESTION}")
            self._asked = _Asked(asking, request.command, request.host, grant)
            self._write(asking)
        else:
            self._do(entry, request.command, request.host, grant, translate)
        self._tell(*self._summaries())

    def _do(
        self,
        entry: Answer,
        command: Command,
        host: str,
        grant: Grant,
        translate: Translate,
        line: str = "",
    ) -> None:
        """Run it, and write what came of it. line: what was typed, where the entry's is a y."""
        interrupt = Interrupt()
        if not host and command.goes_on and not command.at_keyboard:
            entry = replace(entry, kind="going")
            self._going = command, interrupt
        self._write(entry)
        progress = Progressing(TICK, lambda text: self._write(replace(entry, text=cut(text))))
        done, self._succeeded = False, True
        if isinstance(command, BuildImage) and command.path in (".", "./"):
            command = replace(command, files=grant.files())
        try:
            if host:
                text = self._elsewhere(host, command, grant)
                progress.end()
                self._write(replace(entry, kind="done", text=cut(text)))
            elif command.at_keyboard:
                opened = self._opened(entry, command, grant, progress)
                progress.end()
                done = True
                self._write(opened)
            else:
                text = grant.control.submit(
                    command, grant.who, grant.right(), progress.report, interrupt
                )
                progress.end()
                done, self._succeeded = True, not interrupt.presses
                self._write(replace(entry, kind="done", text=cut(text)))
        except EssaimError as error:
            progress.end()
            self._succeeded = False
            text = "\n".join([error.said(translate), *self._advice(command, host, translate)])
            self._write(replace(entry, kind="refused", text=cut(text)))
        except Exception as error:
            progress.end()
            self._succeeded = False
            self._write(replace(entry, kind="refused", text=unforeseen(error).said(translate)))
        finally:
            self._going = None
            if not host:  # a script speaks to one engine
                with self._lock:
                    self._steps.append(Step(line or entry.line, command, done))

    def _elsewhere(self, host: str, command: Command, grant: Grant) -> str:
        """What another machine answers. Raises one of core.errors."""
        if command.at_keyboard or command.goes_on:
            raise InvalidCommand(_("With -H, the console runs only what ends by itself."))
        return grant.elsewhere(host, command)

    def _advice(self, command: Command, host: str, translate: Translate) -> Iterator[str]:
        """What helps where the line that a manager gave was typed on that manager."""
        engine = self.control.snapshot.engine
        if isinstance(command, JoinSwarm) and not host and self.control.practice and engine:
            told = _(
                "This console speaks to {node}. On another instance, the line begins with "
                "docker -H NAME."
            )
            yield translate(told).format(node=engine.name)

    def _opened(
        self, entry: Answer, command: Command, grant: Grant, progress: Progressing
    ) -> Answer:
        """The entry of a terminal that is open now. Raises one of core.errors."""
        with self._lock:
            for key, old in list(self.terminals.items()):
                if old.end is not None:  # read by now, or never
                    del self.terminals[key]
            if len(self.terminals) >= MOST_TERMINALS:
                raise InvalidCommand(
                    _("{count} terminals are open: close one of them first."), count=MOST_TERMINALS
                )
        stream = grant.control.attach(command, grant.who, grant.right(), progress.report)
        terminal = Terminal(stream)
        with self._lock:
            self.terminals[terminal.key] = terminal
        return replace(entry, kind="terminal", text=terminal.title, terminal=terminal.key)

    def _write(self, entry: Answer) -> None:
        """Keep this as what is now known of the line, and tell it."""
        with self._lock:
            for at, known in enumerate(self._entries):
                if known.number == entry.number:
                    self._entries[at] = entry
                    break
            else:
                self._entries.append(entry)
        self._tell((f"entry {entry.number}", told(entry)))

    def _clear(self, number: int) -> None:
        self._cleared = number
        self._tell(("cleared", message("cleared", upto=number)))

    def _summaries(self) -> list[tuple[str, str]]:
        """The open terminals, and all that was done as scripts."""
        with self._lock:
            shown = [{"key": t.key, "title": t.title} for t in self.terminals.values()]
            steps = list(self._steps)
        return [
            ("terminals", message("terminals", terminals=shown)),
            ("scripts", message("scripts", shell=shell(steps), python=python(steps))),
        ]

    def _tell(self, *messages: tuple[str, str]) -> None:
        with self._lock:
            for subscription in self._subscriptions:
                for topic, text in messages:
                    subscription.offer(topic, text)


def _later(seconds: float, act: Callable[..., None], *given: object) -> None:
    timer = threading.Timer(seconds, act, given)
    timer.daemon = True
    timer.start()
