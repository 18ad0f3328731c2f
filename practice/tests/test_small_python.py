"""The part of Python that containers run: it says what CPython says, and stays small."""

from __future__ import annotations

import io
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from errno import ECONNREFUSED
from typing import Any

import pytest

from essaim_practice.programs.base import Context, program
from essaim_practice.programs.hosts import NO_NET, NoSuchHost
from essaim_practice.programs.http import HttpRequest, HttpResponse
from essaim_practice.programs.steps import Work
from essaim_practice.programs.talk import Talk
from practice.tests.playing import Playing, context, played
from practice.tests.tutorials import COUNTER_APP

SCRIPTS = (
    "print('hello', 1 + 2 * 3, 7 // 2, 7 % 3, 2 ** 10, 1 / 4)",
    "x = [n * n for n in range(10) if n % 2]\nprint(x, x[1:3], x[-1], sum(x), max(x), len(x))",
    "def fact(n):\n    return 1 if n < 2 else n * fact(n - 1)\nprint(fact(20))",
    "d = {'a': 1}\nd['b'] = 2\nfor k, v in d.items():\n"
    "    print(f'{k}={v:>4} {v!r}', end=';')\nprint()",
    "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n"
    "    print('caught', e)\nfinally:\n    print('done')",
    "i = 0\nwhile True:\n    i += 1\n    if i == 3:\n"
    "        continue\n    if i > 5:\n        break\n    print(i)",
    "print('a,b'.split(','), '-'.join(['x', 'y']), 'Hi'.upper(), '%s is %d' % ('n', 3))",
    "print('{} and {name:.2f}'.format(1, name=2.5), sorted([3, 1, 2], reverse=True), 5 in {5, 6})",
    "a, (b, c) = 1, (2, 3)\nprint(a, b, c, a < b < c, not a, a and b, None or c, -a)",
    "n = 0\ndef up():\n    global n\n    n += 1\nup()\nup()\n"
    "print(n, isinstance(n, int), str(n) + '!')",
    "import math\nprint(math.sqrt(16), round(math.pi, 2), int('12') + float('0.5'), bool(''))",
    "import json\nprint(json.dumps({'a': [1, None, True]}), json.loads('[1, 2]'))",
    "print(str(b'12', 'utf-8'), str(b'12', encoding='ascii'), str(b'12'), dict(a=1))",
    "for i, c in enumerate('ab', 1):\n    print(i, c)\nprint(list(zip([1], ['z'])))",
)


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_prints_what_cpython_prints(script: str) -> None:
    wanted = io.StringIO()
    with redirect_stdout(wanted):
        exec(script, {})
    shown = played(["python3", "-c", script], context("python"))
    assert (shown.text, shown.code) == (wanted.getvalue(), 0)


@pytest.mark.parametrize(
    ("script", "words", "code"),
    [
        ("1 / 0", "ZeroDivisionError: division by zero\n", 1),
        ("print(nope)", "NameError: name 'nope' is not defined\n", 1),
        ("import sys; sys.exit(3)", "", 3),
        ("raise ValueError('bad')", "ValueError: bad\n", 1),
        ("print('a' + 1)", 'TypeError: can only concatenate str (not "int") to str\n', 1),
        ("import flask", "ModuleNotFoundError: No module named 'flask'\n", 1),
        ("print(", "SyntaxError: '(' was never closed\n", 1),
    ],
)
def test_a_failure_is_one(script: str, words: str, code: int) -> None:
    shown = played(["python", "-c", script], context("python"))
    assert shown.streams[2].decode().endswith(words)
    assert shown.code == code


@pytest.mark.parametrize(
    "script",
    [
        "import numpy",
        "class A: pass",
        "open('/etc/passwd').read()",
        "().__class__",
        "''.__class__.__mro__",
        "print.__self__",
        "__import__('os')",
        "'{0.__class__}'.format(1)",
        "import os; os.system('ls')",
        "eval('1')",
    ],
)
def test_what_cannot_be_run_is_said_and_fails(script: str) -> None:
    shown = played(["python", "-c", script], context("python"))
    assert shown.code == 1
    assert shown.streams[1] == b""
    text = shown.streams[2].decode()
    assert "(simulated)" in text or "NameError" in text


@pytest.mark.parametrize(
    "script",
    [
        "x = 'a' * 10 ** 9",
        "x = [0] * 10 ** 9",
        "x = 9 ** 9 ** 9",
        "x = 1 << 10 ** 9",
        "x = list(range(10 ** 9))",
        "x = max(range(10 ** 12))",
        "x = [1]\nfor i in range(60):\n    x = [x, x]\nprint(x)",
        "x = (1,)\nfor i in range(60):\n    x = (x, x)\nprint({x: 1})",
        "x = [1]\ny = [1]\nfor i in range(60):\n    x = [x, x]\n    y = [y, y]\nprint(x == y)",
        "x = []\nwhile True:\n    x.append('a' * 10000 + str(len(x)))",
        "x = {}\ni = 0\nwhile True:\n    i += 1\n    x[i] = 'a' * 9999 + str(i)",
        "x = 'ab'\nwhile True:\n    x = x.replace('a', 'aa')",
        "x = f'{1:999999999}'",
        "def f():\n    f()\nf()",
        "x = []\nx.extend(range(10 ** 9))",
        "print(0.5 in range(10 ** 12))",
        "''.join(range(10 ** 12))",
        "print(" + "(" * 500 + ")" * 500 + ")",
        "x = " + "-" * 5000 + "1",
    ],
)
def test_a_greedy_script_ends_soon(script: str) -> None:
    """Each ends with an error, after few steps, none of which takes long."""
    steps = program(["python", "-c", script], context("python")).steps
    longest, code = 0.0, None
    for _ in range(20_000):
        began = time.process_time()
        try:
            next(steps)
        except StopIteration as end:
            code = end.value
            break
        finally:
            longest = max(longest, time.process_time() - began)
    assert code == 1
    assert longest < 1, "the longest step took that many seconds of the processor"


def test_an_endless_script_lets_others_have_their_turn() -> None:
    steps = program(["python", "-c", "while True: pass"], context("python")).steps
    assert all(isinstance(next(steps), Work) for _ in range(50))


class Redis(Talk):
    """A server that counts."""

    hits = 0

    def hear(self, data: bytes) -> bytes:
        if b"incr" not in data:
            return b""
        Redis.hits += 1
        return b":%d\r\n" % Redis.hits


class Net:
    """A network with a redis, or with none."""

    def __init__(self, there: bool = True) -> None:
        self.there = there

    def __getattr__(self, name: str) -> object:
        return getattr(NO_NET, name)

    def converse(self, host: str, port: int) -> Talk:
        if host != "redis":
            raise NoSuchHost(host)
        if not self.there:
            raise OSError(ECONNREFUSED, "Connection refused")
        return Redis()


GETTING_STARTED = f"""{COUNTER_APP}
@app.route('/hello/<name>')
def named(name):
    return 'Hello, ' + name
"""


def with_flask(source: str, **more: Any) -> Context:
    here = context("python", env={"FLASK_RUN_HOST": "0.0.0.0"}, cwd="/code", **more)
    here.fs.make_folder("/code")
    here.fs.write("/code/app.py", source.encode())
    assert played(["pip", "install", "flask", "redis"], here).code == 0
    return here


def request(path: str, method: str = "GET") -> HttpRequest:
    return HttpRequest(method, path, {}, b"", "172.18.0.1", "web.1", "172.18.0.2", 1_700_000_000.0)


def ask(site: object, *paths: str) -> Sequence[HttpResponse]:
    assert callable(site)
    return [site(request(path)) for path in paths]


def test_the_app_of_the_compose_tutorial_counts_in_redis() -> None:
    here = with_flask(GETTING_STARTED, net=Net())
    running = program(["flask", "run", "--debug"], here)
    log = Playing().play(running).text
    assert " * Running on all addresses (0.0.0.0)" in log
    assert running.ports == {5000}
    Redis.hits = 0
    first, second, other, missing = ask(running.site, "/", "/", "/hello/you", "/nope")
    assert first.body == b"Hello World! I have been seen 1 times.\n"
    assert second.body == b"Hello World! I have been seen 2 times.\n"
    assert (other.body, missing.status) == (b"Hello, you", 404)
    assert first.log[-1].data.endswith(b'"GET / HTTP/1.1" 200 -\n')


def test_an_app_without_its_redis_answers_500_and_logs_why() -> None:
    running = program(["flask", "run"], with_flask(GETTING_STARTED, net=Net(there=False)))
    Playing().play(running)
    (answer,) = ask(running.site, "/")
    assert answer.status == 500
    assert any(b"Error 111 connecting to redis:6379" in written.data for written in answer.log)


def test_an_app_that_runs_itself_listens_where_it_says() -> None:
    source = (
        "from flask import Flask\nimport os, socket\napp = Flask(__name__)\n@app.route('/')\n"
        "def hello():\n    return '<h3>Hello {}!</h3>'.format(os.getenv('NAME', 'world')) +"
        " socket.gethostname()\nif __name__ == '__main__':\n    app.run(host='0.0.0.0', port=80)\n"
    )
    running = program(["python", "app.py"], with_flask(source))
    Playing().play(running)
    assert running.ports == {80}
    assert ask(running.site, "/")[0].body == b"<h3>Hello world!</h3>box"
    alone = program(["python", "app.py"], with_flask(source.replace("host='0.0.0.0', ", "")))
    assert alone.ports == set()


def test_a_view_that_never_ends_is_given_up() -> None:
    source = "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef f():\n"
    running = program(["flask", "run"], with_flask(source + "    while True:\n        pass\n"))
    Playing().play(running)
    assert ask(running.site, "/")[0].status == 500


def test_output_waits_in_a_buffer_where_nobody_watches() -> None:
    script = "print('first')\nimport time\ntime.sleep(10)\nwhile True: time.sleep(60)"
    steps = program(["python", "-c", script], context("python")).steps
    assert not any(isinstance(next(steps), bytes) for _ in range(3))
    assert (
        b"first"
        not in Playing().play(program(["python", "-c", script], context("python")), most=9).output
    )
    watched = Playing().play(program(["python", "-u", "-c", script], context("python")), most=9)
    assert b"first" in watched.output


def test_http_server_serves_the_folder() -> None:
    here = context("python", cwd="/srv")
    here.fs.write("/srv/a.txt", b"here\n")
    running = program(["python3", "-m", "http.server", "8080"], here)
    assert running.ports == {8080}
    listing, file, outside = ask(running.site, "/", "/a.txt", "/../etc/passwd")
    assert b'<li><a href="a.txt">a.txt</a></li>' in listing.body
    assert (file.body, outside.status) == (b"here\n", 404)
