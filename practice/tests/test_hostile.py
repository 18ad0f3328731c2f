"""What one learner types stops and slows nobody else: no line does much between two steps."""

from __future__ import annotations

import http.client
import json
import sys
from math import inf
from types import FrameType
from typing import Any
from urllib.parse import urlsplit

import pytest

from essaim_practice.api import filters
from essaim_practice.hosting.server import PracticeServer
from essaim_practice.images import dockerfile
from essaim_practice.images.build_config import configure
from essaim_practice.images.dockerfile_words import expand
from essaim_practice.programs.base import program, too_long
from essaim_practice.programs.cpu_share import CpuShare, Turn
from essaim_practice.programs.steps import Read, Wait, Work, Write
from essaim_practice.store.errors import ApiError
from essaim_practice.text import globs
from essaim_practice.text.expressions import Expression, TooLarge
from essaim_practice.utilities.base import options

from .hostile import LINES
from .playing import context, played

TURN = 2_000  # calls after which a program is to give way
MOST_CALLS = 60_000  # between two steps: a twentieth of a second, or so
STEPS = 200  # of each line that are looked at


@pytest.mark.parametrize("line", LINES)
def test_no_line_does_much_between_two_steps(line: str) -> None:
    calls = worst = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == TURN:  # a turn is over, on a clock that counts calls
            Turn.ends = 0.0

    steps = program(["sh", "-c", line], context()).steps
    answer: bytes | None = None
    try:
        for _ in range(STEPS):
            calls = 0
            sys.setprofile(count)
            try:
                step = steps.send(answer)
            finally:
                sys.setprofile(None)
                Turn.ends = inf
            worst = max(worst, calls)
            answer = b"" if isinstance(step, Read) else None
            assert not isinstance(step, Write) or len(step.data) <= 64 * 2**20
    except StopIteration:
        pass
    finally:
        steps.close()
    assert worst < MOST_CALLS, worst


def test_a_neighbour_is_answered_beside_every_line() -> None:
    with PracticeServer.start(nodes=1, bind_ports=False) as server:
        there = urlsplit(server.urls[0])

        def ask(method: str, path: str, body: dict[str, Any] | None = None) -> Any:
            line = http.client.HTTPConnection(there.hostname or "", there.port, timeout=30)
            line.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
            with line.getresponse() as answer:
                text = answer.read()
                assert answer.status < 300, (path, text)
            line.close()
            return text

        ask("POST", "/images/create?fromImage=alpine&tag=latest")
        for number, line in enumerate(LINES[::5]):
            body = {"Image": "alpine", "Cmd": ["sh", "-c", line]}
            ask("POST", f"/containers/create?name=hostile{number}", body)
            ask("POST", f"/containers/hostile{number}/start")
            for _ in range(3):
                assert f"hostile{number}".encode() in ask("GET", "/containers/json?all=1")
            ask("DELETE", f"/containers/hostile{number}?force=1")


def test_what_never_waits_gets_a_share_of_time() -> None:
    pace, now, worked = CpuShare(0.0), 0.0, 0
    while now < 100:
        pace.spend(5000)
        worked += 5000
        rest = pace.rest(now)
        assert rest >= 0.005  # what others do comes to pass in time
        now += rest
    assert 10e6 < worked < 20e6


# Patterns


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("echo abb ab a | grep -oE 'a|ab'", "ab\nab\na\n"),
        (r"echo ab | grep -o 'x\|ab'; echo aab | grep -o 'a\+b'", "ab\naab\n"),
        ("echo 'a+b' | grep -o 'a+b'; echo 'a{2}' | grep -o 'a{2}'", "a+b\na{2}\n"),
        ("echo aaaa | grep -oE 'a{2}'; echo aaa | grep -oE 'a{,2}'", "aa\naa\naa\na\n"),
        ("echo 'a{x' | grep -oE 'a{x'; echo ab | grep -E '*a'", "a{x\n"),
        ("echo foobar foo | grep -ow foo; echo 'a -x b' | grep -w -- -x", "foo\na -x b\n"),
        ("echo xfoo | grep -w foo; echo foo_1 | grep -w foo", ""),
        ("echo AB | grep -iF ab; echo axb | grep -F a.b", "AB\n"),
        (r"echo ']a-' | grep -o '[]a-]'; echo '\x' | grep -o '[\]'", "]\na\n-\n\\\n"),
        ("echo 'aé1 ' | grep -o '[[:alpha:]]*[^[:space:]]1'", "aé1\n"),
        (r"echo 'foo bar' | sed 's/\</[/g;s/\>/]/g'", "[foo] [bar]\n"),
        (r"echo 'foo bar' | sed 's/\<[a-z]*/X/g'", "X X\n"),
        ("echo 'foo bar' | sed 's/[a-z]*/X/g'", "X X\n"),
        ("echo foo | sed 's/x*/-/g'; echo foo | sed 's/o*/-/2'", "-f-o-o-\nf-\n"),
        (r"echo aXb | sed 's/x/y/I;s/b/&&\&/'; echo aaa | sed 's/a/b/2g'", "aybb&\nabb\n"),
        (r"echo ab | sed -E 's/(x)?b/[\1]/'; echo é | sed 's/./x/g'", "a[]\nx\n"),
        (r"expr abc : 'a\(.\)c'; expr abc : '.*'; expr abc : b; expr match abc ab", "b\n3\n0\n2\n"),
        ("x=aabaab; echo ${x#a*b} ${x##a*b} ${x%a*b} ${x%%a*b}x", "aab aaba x\n"),
        ("x=aabaab; echo ${x/a*b/-} ${x//a/-} ${x//[!a]/}", "- --b--b aaaa\n"),
        ("case ']' in []]) echo 1;; esac; case b in [!a-]) echo 2;; esac", "1\n2\n"),
        ("case 'x*y' in x'*'y) echo 1;; esac; case xzy in x'*'y) echo 2;; esac", "1\n"),
        ("touch ab 'a*'; find . -name 'a\\*'; find . -iname 'Ab'", "./a*\n./ab\n"),
    ],
)  # fmt: skip
def test_patterns_mean_what_they_mean_elsewhere(line: str, text: str) -> None:
    assert played(["sh", "-c", line]).text == text


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("echo a | grep -E 'a{1000}{1000}'", "grep: bad regex 'a{1000}{1000}': "),
        (r"echo a | sed 's/a\{1000\}\{1000\}//'", r"sed: bad regex 'a\{1000\}\{1000\}': "),
        (r"echo abab | grep '\(ab\)\1'", "grep: unsupported by the practice engine: "),
        ("echo a | grep '[z-a]'", "grep: bad regex '[z-a]'"),
        ("echo a | grep '[[:foo:]]'", "grep: bad regex '[[:foo:]]'"),
        ("x=$(yes)", "sh: out of memory"),
        ("x=abcdefgh; while :; do x=$x$x; done", "sh: out of memory"),
        ("x=$(head -c 200000 /dev/zero | tr '\\0' a); /bin/cat $x", "Argument list too long"),
        ("x=$(head -c 200000 /dev/zero | tr '\\0' a); echo ${x//a/aaaa}", "sh: out of memory"),
        ("b() { b & b & b & wait; }; b", "can't fork: Resource temporarily unavailable"),
        ("head -c 10G /dev/zero > f; head -c 1000000000 /dev/zero > f", "No space left on device"),
        ("printf '%999999999d' 1", "invalid format"),
    ],
)
def test_too_much_is_refused_in_the_programs_words(line: str, said: str) -> None:
    assert said in played(["sh", "-c", line], most=200_000).text


def test_many_words_are_read_in_linear_time() -> None:
    many = ["a"] * 150_000
    read = options(["ls", *many, "-l", *many], "l")
    assert (len(read.words), "l" in read) == (300_000, True)
    assert too_long(["ls", *many, *many], {})
    assert not too_long(["ls", *many], {})


def test_a_pattern_and_a_text_that_are_too_large_for_each_other() -> None:
    with pytest.raises(TooLarge):
        Expression(b"(a|b)*a(a|b){500}c").search(b"ab" * 500_000)


def test_a_file_is_added_to_without_being_copied() -> None:
    here = context()
    here.fs.write("/f", b"x")
    for _ in range(1000):
        here.fs.append("/f", b"y" * 10)
    assert here.fs.read("/f") == b"x" + b"y" * 10_000
    here.fs.append("/f", b"z")
    here.fs.append("/g", b"1")
    assert here.fs.read("/f")[-2:] == b"yz"
    here.fs.append("/f", b"a")
    here.fs.remove("/f")
    here.fs.append("/f", b"b")
    assert (here.fs.read("/f"), here.fs.read("/g")) == (b"b", b"1")
    assert here.fs.size == 2


# Builds


def test_what_a_setting_expands_to_is_bounded() -> None:
    steps = dockerfile.parse("FROM alpine\nENV A=xxxxxxxxxxxxxxxx\n" + "ENV A=$A$A$A$A\n" * 14)
    config: Any = {"Env": []}

    def build() -> None:
        nonlocal config
        for step in steps[1:]:
            settings = dict(pair.split("=", 1) for pair in config["Env"])
            config = configure(step, config, settings)

    with pytest.raises(ApiError, match="argument list too long"):
        build()
    assert sum(map(len, config["Env"])) < 2**18
    with pytest.raises(ApiError, match="argument list too long"):
        expand("$A" * 30_000, {"A": "x" * 100_000})


def test_work_is_a_wait_of_no_time() -> None:
    step = Work(7)
    assert isinstance(step, Wait)
    assert (step.seconds, step.cost) == (0.0, 7)


# Patterns of the API


@pytest.mark.parametrize(
    ("pattern", "path", "meant"),
    [
        ("*.log", "a.log", True),
        ("*.log", "a/b.log", False),
        ("**/b.log", "a/x/b.log", True),
        ("a?[b-d].py", "axc.py", True),
        ("a[^b-d]", "ac", False),
        (r"a\*", "ab", False),
        ("[", "[", True),
        ("*a" * 2000 + "b", "a" * 3000, False),
    ],
)
def test_paths_match_as_in_go(pattern: str, path: str, meant: bool) -> None:
    assert globs.matches(pattern, path) == meant


def test_a_filter_is_a_regular_expression_of_linear_time() -> None:
    assert filters.matches("^(web|db)+[0-9]{1,2}$", "webdb12")
    assert not filters.matches("^(a|aa)+$", "a" * 60 + "b")
    assert filters.matches("(", "(")
