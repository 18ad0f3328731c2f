"""Programs that wait, repeat, or run others: sleep, yes, env, xargs, timeout, time, busybox."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from posixpath import basename, join

from essaim_practice.programs.base import UNIX, Context, Program, StartError, executable, program
from essaim_practice.programs.signals import HUP
from essaim_practice.programs.steps import Interrupted, Steps, Wait, Work, ending, line, printing
from essaim_practice.shell.pipes import OnFile, Outer, connected
from essaim_practice.shell.simple_utilities import Complaint, echoed, formatted, tested
from essaim_practice.text.encoding import decoded
from essaim_practice.utilities.base import BANNER, Doing, Lines, Misuse, gnu, options, out, tool

_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_MOST_WORDS = 5000
_LONGEST = 1024 * 1024  # bytes of input that xargs takes words from
_WORD = re.compile(r"(?:'[^']*'|\"[^\"]*\"|\\.|[^\s'\"\\])+")


def seconds_of(text: str) -> float:
    """``1.5``, ``2m``. Raises Complaint."""
    match = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]*)?|\.[0-9]+)([smhd]?)", text)
    if text in ("inf", "infinity"):
        return float("inf")
    if match is None:
        raise Complaint(f"invalid number '{text}'", 1)
    return float(match[1]) * _UNITS[match[2] or "s"]


@tool("sleep", usage="[N]...")
def sleep(argv: list[str], context: Context) -> Steps:
    if len(argv) < 2:
        raise Misuse("missing operand" if gnu(context) else "")
    try:
        total = sum(seconds_of(word) for word in argv[1:] if word != "--")
    except Complaint:
        if not gnu(context):
            raise
        bad = next(w for w in argv[1:] if not re.fullmatch(r"[0-9.]+[smhd]?", w))
        raise Misuse(f"invalid time interval '{bad}'") from None
    yield Wait(total)
    return 0


@tool("yes", usage="[STRING]")
def yes(argv: list[str], context: Context) -> Steps:
    text = (" ".join(argv[1:]) or "y") + "\n"
    many = text * max(1, 1024 // len(text))
    yield out(text)
    while True:
        yield out(many)
        yield Wait(0.01)


@tool("true", "sync")
def true(argv: list[str], context: Context) -> Steps:
    return 0
    yield


@tool("false")
def false(argv: list[str], context: Context) -> Steps:
    return 1
    yield


@tool("echo")
def echo(argv: list[str], context: Context) -> Steps:
    yield out(echoed(argv[1:]))
    return 0


@tool("printf")
def printf(argv: list[str], context: Context) -> Steps:
    text, problems = yield from formatted(argv[1:])
    for problem in problems:
        yield line(f"printf: {problem}", 2)
    yield out(text)
    return int(bool(problems))


@tool("test", "[", "[[", code=2)
def test(argv: list[str], context: Context) -> Steps:
    return int(not tested([basename(argv[0]), *argv[1:]], context.fs, context.cwd, context.tty))
    yield


@tool("pwd")
def pwd(argv: list[str], context: Context) -> Steps:
    yield line(context.cwd)
    return 0


# Running others


def run(argv: list[str], context: Context) -> Doing[int]:
    """Run another program; returns its exit code, 127 where there is none."""
    try:
        started = program(argv, context)
    except StartError:
        yield line(f"{argv[0]}: not found", 2)
        return 127
    return (yield from started.steps)


@executable(UNIX, "env", "printenv")
def env(argv: list[str], context: Context) -> Program:
    """Run as a program of its own where env starts one: what that serves, env serves."""
    asked = deque(argv[1:])
    environment = dict(context.env)
    while asked and (asked[0].startswith("-") or "=" in asked[0]):
        word = asked.popleft()
        name, equals, value = word.partition("=")
        if word in ("-i", "-"):
            environment = {}
        elif word in ("-u", "--unset") and asked:
            environment.pop(asked.popleft(), None)
        elif equals and not word.startswith("-"):
            environment[name] = value
        else:
            return Program(_bad_option(argv, word, context))
    if basename(argv[0]) == "printenv":
        return Program(_printed(list(argv[1:]), context))
    if not asked:
        return Program(_shown(environment))
    try:
        return program(list(asked), replace(context, env=environment))
    except StartError:
        said = f"'{asked[0]}'" if gnu(context) else f"can't execute '{asked[0]}'"
        return Program(printing(f"env: {said}: No such file or directory", 127, 2))


def _bad_option(argv: list[str], word: str, context: Context) -> Steps:
    yield line(f"env: invalid option -- '{word[1:2]}'", 2)
    return 125 if gnu(context) else 1


def _shown(environment: dict[str, str]) -> Steps:
    for name, value in environment.items():
        yield out(f"{name}={value}\n")
    return 0


def _printed(names: list[str], context: Context) -> Steps:
    code = 0
    if not names:
        yield from _shown(dict(context.env))
    for name in names:
        if name in context.env:
            yield out(f"{context.env[name]}\n")
        else:
            code = 1
    return code


@tool("xargs", usage="[OPTIONS] [PROG ARGS]")
def xargs(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "rt0px", "nIPLsd", permute=False)
    command = asked.words or ["echo"]
    lines = yield from Lines().whole()
    text = b"".join(lines)
    if "0" in asked:
        words = [decoded(part) for part in text.split(b"\0") if part]
    elif "I" in asked or "L" in asked:
        words = [decoded(one).strip() for one in lines if one.strip()]
    else:
        words = []
        for found in islice(_WORD.finditer(decoded(text[:_LONGEST])), _MOST_WORDS):
            words.append(_unquoted(found[0]))
            if len(words) % 100 == 0:
                yield Work(200)
    words = words[:_MOST_WORDS]
    code = 0
    calls: Iterator[list[str]]
    if "I" in asked:
        calls = ([part.replace(asked.get("I"), word) for part in command] for word in words)
    else:
        many = asked.number("n", 1 if "L" in asked else max(1, len(words)))
        many = max(1, many)
        calls = ([*command, *words[at : at + many]] for at in range(0, len(words), many))
        if not words and "r" not in asked:
            calls = iter([command])
    for call in calls:
        yield Wait(0.0005)
        try:
            started = program(call, context)
        except StartError:
            said = call[0] if gnu(context) else f"can't execute '{call[0]}'"
            yield line(f"xargs: {said}: No such file or directory", 2)
            return 127
        ended = yield from started.steps
        code = 123 if ended else code
    return code


def _unquoted(word: str) -> str:
    return re.sub(r"'([^']*)'|\"([^\"]*)\"|\\(.)", lambda m: m[1] or m[2] or m[3] or "", word)


@tool("timeout", usage="[-s SIG] [-k KILL_SECS] SECS PROG ARGS")
def timeout(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "v", "sk", permute=False)
    if len(asked.words) < 2:
        raise Misuse("missing operand" if gnu(context) else "")
    left = seconds_of(asked.words[0])
    try:
        steps = program(asked.words[1:], context).steps
    except StartError:
        yield line(f"timeout: can't execute '{asked.words[1]}': No such file or directory", 2)
        return 127
    answer: bytes | None = None
    while True:
        try:
            step = steps.send(answer)
        except StopIteration as end:
            return int(end.value)
        answer = None
        if isinstance(step, Wait) and step.seconds >= left:
            yield Wait(left)
            steps.close()
            if gnu(context):
                return 124
            yield line("Terminated", 2)
            return 143
        if isinstance(step, Wait):
            left -= step.seconds
        answer = yield step


@tool("time", usage="[-vpa] [-o FILE] PROG ARGS")
def time(argv: list[str], context: Context) -> Steps:
    asked = options(argv, "vp", "o", permute=False)
    if not asked.words:
        raise Misuse("")
    before = context.now()
    code = yield from run(asked.words, context)
    minutes, seconds = divmod(max(0.0, context.now() - before), 60)
    yield line(f"real\t{int(minutes)}m {seconds:.2f}s\nuser\t0m 0.00s\nsys\t0m 0.00s", 2)
    return code


@tool("busybox")
def busybox(argv: list[str], context: Context) -> Steps:
    if len(argv) < 2:
        yield line(BANNER)
        return 0
    try:
        started = program([basename(argv[1]), *argv[2:]], context)
    except StartError:
        yield line(f"{argv[1]}: applet not found", 2)
        return 127
    return (yield from started.steps)


@executable(UNIX, "nohup")
def nohup(argv: list[str], context: Context) -> Program:
    """Run another that does not hear of a hang-up; what a terminal would show goes into a file."""
    if len(argv) < 2:
        return Program(ending(125))
    try:
        started = program(argv[1:], replace(context, tty=False))
    except StartError:
        said = f"{argv[0]}: can't execute '{argv[1]}': No such file or directory"
        return Program(printing(said, 127, 2))
    return replace(started, steps=_deaf(started.steps, context))


def _deaf(steps: Steps, context: Context) -> Steps:
    log = None
    if context.tty:
        log, name = OnFile(context.fs, join(context.cwd, "nohup.out")), "nohup.out"
        context.fs.write(log.path, b"", append=True, mode=0o600)
        yield line(f"nohup: appending output to {name}", 2)
    running = connected(steps, {0: Outer(0), 1: log or Outer(1), 2: log or Outer(2)})
    answer: bytes | None = None
    signal: Interrupted | None = None
    while True:
        try:
            step = running.throw(signal) if signal is not None else running.send(answer)
        except StopIteration as end:
            return int(end.value)
        begun, answer, signal = context.now(), None, None
        while True:
            try:
                answer = yield step  # type: ignore[misc]
            except Interrupted as heard:
                if heard.signal != HUP:
                    signal = heard
                elif isinstance(step, Wait) and not isinstance(step, Work):
                    step = Wait(max(0.0, step.seconds - (context.now() - begun)))
                    continue
            break


__all__ = ["Interrupted"]
