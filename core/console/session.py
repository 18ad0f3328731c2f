"""The session of one console: its lines and answers, the running command, its terminals."""

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
from core.errors import InvalidCommand
from core.i18n import Translate, translation
from core.i18n import later as _
from core.live.hub import Subscription
from core.terminal.terminal import Terminal
from core.threads.supervised import SupervisedThread

MOST_ANSWERS = 300
MOST_LINES = 100  # that wait at the same time
MOST_TERMINALS = 8  # that are open at the same time
LEFT = 60.0  # seconds without a browser until a command that goes on is let go
TICK = 0.1  # seconds between two messages about a command that still runs


@dataclass(frozen=True, slots=True)
class _Typed:
    """One line, and who typed it."""

    number: int
    line: Line
    grant: Grant
    translate: Translate


@dataclass(frozen=True, slots=True)
class _Asked:
    """A command that waits for its y."""

    answer: Answer
    typed: _Typed


class Session:
    """Runs lines one after the other on a thread of its own, and tells its browsers."""

    def __init__(self, control: Control, browser: str = "") -> None:
        self.key = secrets.token_urlsafe(18)
        self.browser = browser
        self.control = control
        self.terminals: dict[str, Terminal] = {}
        self.private = False  # it shows secrets that take a right to see
        self.used = time.monotonic()
        self._lock = threading.RLock()
        self._subscriptions: set[Subscription] = set()
        self._answers: dict[int, Answer] = {}
        self._steps: deque[Step] = deque(maxlen=MOST_ANSWERS)
        self._history: deque[str] = deque(maxlen=MOST_ANSWERS)
        self._count = self._settled = self._cleared = 0
        self._queue: deque[_Typed] = deque()
        self._working = False
        self._succeeded = True
        self._going: tuple[Command, Interrupt] | None = None
        self._asked: _Asked | None = None
        self._translate: Translate = str

    @contextmanager
    def follow(self, language: str) -> Iterator[Subscription]:
        """A subscription that starts with all there is. Call on the browser's event loop."""
        subscription = Subscription(language)
        with self._lock:
            # settled: up to which number the lines have ended.
            history, settled = list(self._history), self._settled
            hello = message("session", key=self.key, history=history, settled=settled)
            subscription.offer("session", hello)
            for answer in self._answers.values():
                if answer.number > self._cleared:
                    subscription.offer(f"entry {answer.number}", told(answer))
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

    def give(self, typed: str, language: str, grant: Grant) -> None:
        """Queue the lines of a typed text; each runs when the ones before it are done."""
        with self._lock:
            self.used = time.monotonic()
            right = grant.right()
            right.acted()
            self.private |= not self.control.practice and right.held
            grant = replace(grant, right=lambda: right)  # lines that wait get no later right
            for text in filter(None, map(str.strip, typed.split("\n"))):
                if not self._history or self._history[-1] != text:
                    self._history.append(text)
            self._translate = translate = translation(language).gettext
            lines = list(read(typed, translate))
            if self._asked and not lines:
                lines = [Line("", "refused")]  # Enter alone says no
            for line in lines[: MOST_LINES - len(self._queue)]:
                self._count += 1
                self._write(Answer(self._count, line.line, "waiting"))
                self._queue.append(_Typed(self._count, line, grant, translate))
            if self._queue and not self._working:
                SupervisedThread("console", self._work, self._ended).start()
                self._working = True

    def interrupt(self, grant: Grant) -> None:
        """Ctrl-C for a command that goes on; a second one lets go of it."""
        going = self._going
        with self._lock:
            if self._asked:
                self.give("", "en", grant)
        grant.right().acted()
        if going and grant.control.may(going[0], grant.right()):
            _later(0, going[1].press)  # an engine may take its time

    def _leave(self, interrupt: Interrupt) -> None:
        """Let go of a command that no browser has come back to."""
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
        """Whether this browser may see it: a private session takes a right."""
        return not self.private or grant.right().held

    def _work(self) -> None:
        while (found := self._next()) is not None:
            typed, asked = found
            try:
                if not (asked and self._answered(asked, typed)):
                    self._run(typed)
            except Exception as error:
                self._succeeded = False
                said = unforeseen(error).said(typed.translate)
                self._write(Answer(typed.number, typed.line.line, "refused", said))
            self._tell(*self._summaries())
            self._settled = max(self._settled, typed.number)

    def _ended(self, error: BaseException | None) -> None:
        """Refuse all lines of a thread that failed; the next line starts another one."""
        if error is None:
            return
        with self._lock:
            said = unforeseen(error).said(self._translate)
            for answer in list(self._answers.values()):
                if answer.kind in ("waiting", "running", "going"):
                    self._write(replace(answer, kind="refused", text=said))
            self._queue.clear()
            self._settled = self._count
            self._succeeded = self._working = False

    def _next(self) -> tuple[_Typed, _Asked | None] | None:
        """The next line, with the question that it answers; None, and the thread ends, without.

        The rest of a line that asks waits for its answer, which is the next line.
        """
        with self._lock:
            fits = (each for each in self._queue if self._asked is None or not each.line.goes_on)
            typed = next(fits, None)
            if typed is None:
                self._working = False
                return None
            self._queue.remove(typed)
            asked, self._asked = self._asked, None
            return typed, asked

    def _answered(self, asked: _Asked, typed: _Typed) -> bool:
        """Run the command that asked, or leave it; whether the line was only the answer.

        A docker line answers no, as it does to docker, and is then run: no line is lost.
        """
        self._write(replace(asked.answer, kind="done"))
        answer = Answer(typed.number, typed.line.line, "done")
        if answer.line in ("y", "Y"):
            self._do(replace(answer, kind="running"), asked.typed, typed.translate)
        elif typed.line.kind != "refused":
            return False
        else:
            self._succeeded = True  # docker exits with 0
            self._write(answer)
        return True

    def _run(self, typed: _Typed) -> None:
        line, grant = typed.line, typed.grant
        answer = Answer(typed.number, line.line, "running")
        if line.after_success and not self._succeeded:
            self._write(replace(answer, kind="skipped"))
        elif line.kind == "clear":
            self._cleared = typed.number
            self._tell(("cleared", message("cleared", upto=typed.number)))
        elif line.command is None:
            self._succeeded = line.kind == "help"
            kind: Kind = "help" if self._succeeded else "refused"
            self._write(replace(answer, kind=kind, text=line.text))
        elif line.command.warning and grant.control.may(line.command, grant.right()):
            text = f"{line.command.warning}\n{QUESTION}"
            self._asked = _Asked(replace(answer, kind="asking", text=text), typed)
            self._write(self._asked.answer)
        else:
            self._do(answer, typed, typed.translate)

    def _do(self, answer: Answer, typed: _Typed, translate: Translate) -> None:
        """Run the command of a line, and write how it ended. answer: perhaps that of its y."""
        command, host, interrupt = typed.line.command, typed.line.host, Interrupt()
        assert command is not None
        if not host and command.goes_on and not command.at_keyboard:
            answer = replace(answer, kind="going")
            self._going = command, interrupt
        self._write(answer)
        progress = Progressing(TICK, lambda text: self._write(replace(answer, text=text)))
        try:
            if isinstance(command, BuildImage) and command.path in (".", "./"):
                command = replace(command, files=typed.grant.files())
            ended = self._outcome(answer, typed, command, progress, interrupt)
            done, self._succeeded = True, not interrupt.presses
        except Exception as error:
            said = [unforeseen(error).said(translate), *self._advice(command, host, translate)]
            ended = replace(answer, kind="refused", text="\n".join(said))
            done = self._succeeded = False
        finally:
            self._going = None
            progress.end()
        self._write(ended)
        if not host:  # a script speaks to one engine
            with self._lock:
                self._steps.append(Step(typed.line.line, command, done))

    def _outcome(
        self,
        answer: Answer,
        typed: _Typed,
        command: Command,
        progress: Progressing,
        interrupt: Interrupt,
    ) -> Answer:
        """The answer once the command has ended, or its terminal is open. Raises EssaimError."""
        grant, host = typed.grant, typed.line.host
        if host:
            if command.at_keyboard or command.goes_on:
                raise InvalidCommand(_("With -H, the console runs only what ends by itself."))
            return replace(answer, kind="done", text=grant.elsewhere(host, command))
        if command.at_keyboard:
            terminal = self._opened(command, grant, progress)
            return replace(answer, kind="terminal", text=terminal.title, terminal=terminal.key)
        text = grant.control.submit(command, grant.who, grant.right(), progress.report, interrupt)
        return replace(answer, kind="done", text=text)

    def _advice(self, command: Command, host: str, translate: Translate) -> Iterator[str]:
        """For a join that was typed where it was printed, on the manager."""
        engine = self.control.snapshot.engine
        if isinstance(command, JoinSwarm) and not host and self.control.practice and engine:
            told = _(
                "This console speaks to {node}. On another instance, the line begins with "
                "docker -H NAME."
            )
            yield translate(told).format(node=engine.name)

    def _opened(self, command: Command, grant: Grant, progress: Progressing) -> Terminal:
        """A terminal that is open now. Raises EssaimError."""
        with self._lock:
            for key, old in list(self.terminals.items()):
                if old.end is not None:  # read by now, or never
                    del self.terminals[key]
            if len(self.terminals) >= MOST_TERMINALS:
                raise InvalidCommand(
                    _("{count} terminals are open: close one of them first."), count=MOST_TERMINALS
                )
        terminal = Terminal(
            grant.control.attach(command, grant.who, grant.right(), progress.report)
        )
        with self._lock:
            self.terminals[terminal.key] = terminal
        return terminal

    def _write(self, answer: Answer) -> None:
        """Keep this as the latest answer to its line, and tell it."""
        answer = replace(answer, text=cut(answer.text))
        with self._lock:
            self._answers[answer.number] = answer
            if len(self._answers) > MOST_ANSWERS:
                del self._answers[next(iter(self._answers))]
        self._tell((f"entry {answer.number}", told(answer)))

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
