"""What a learner does that would keep a machine busy for ever, each as a value with a name.

The tests look at the steps that it takes; ``python -m bench hostile`` times a neighbour beside it.
"""

# ruff: noqa: E501

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """A line for the shell of ``copies`` containers at once."""

    name: str
    line: str
    image: str = "alpine"
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Service:
    """A service, and how many replicas it is scaled to in turn, again and again."""

    name: str
    spec: Mapping[str, Any]  # as POST /services/create takes it, without its name and mode
    replicas: tuple[int, ...] = (50,)


@dataclass(frozen=True, slots=True)
class Build:
    """A build, again and again."""

    name: str
    dockerfile: str
    files: Callable[[], Mapping[str, bytes]] = dict


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests to the engine, ``parallel`` at a time, again and again.

    before: what is asked once, one after the other. A body of bytes is sent as it is.
    """

    name: str
    calls: Callable[[], list[tuple[str, str, Any]]]  # method, path, body
    parallel: int = 1
    before: tuple[tuple[str, str, Any], ...] = field(default=())


@dataclass(frozen=True, slots=True)
class App:
    """A Streamlit app, deployed as the course does; ``viewers`` load its page again and again."""

    name: str
    script: str
    viewers: int = 5


Hostile = Run | Service | Build | Requests | App


def tar_of(files: Mapping[str, bytes]) -> bytes:
    """An archive of these files."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return buffer.getvalue()


def _many(count: int, data: bytes = b"x") -> Callable[[], dict[str, bytes]]:
    return lambda: {f"d{number % 50}/{number}": data for number in range(count)}


_A = "x=$(head -c 200000 /dev/zero | tr '\\0' a)"
_SLEEPS = {"TaskTemplate": {"ContainerSpec": {"Image": "alpine", "Command": ["sleep", "9999"]}}}

RUNS = (
    # Patterns
    Run("sed: a star before what is not there", r"head -c 300000 /dev/zero | tr '\0' a | sed 's/a*b//'"),
    Run("sed: each letter doubled", r"head -c 300000 /dev/zero | tr '\0' a | sed 's/a/bb/g' | wc -c"),
    Run("sed: alternatives", r"head -c 300000 /dev/zero | tr '\0' a | sed 's/a*b\|a/x/g' | wc -c"),
    Run("sed: hundred commands on each line", "yes abcabc | sed '" + ";".join(["s/[a-z]*c/&&/;s/cc/c/g"] * 40) + "' > /dev/null"),
    Run("grep -o of nothing", r"head -c 100000 /dev/zero | tr '\0' a | grep -o 'a\?' | wc -l"),
    Run("grep: many optional letters", "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaa | grep -E 'a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?b'; done"),
    Run("grep: a pattern of two thousand words", "while :; do seq 1 2000 > p; seq 1 3000 | grep -c -f p; done"),
    Run("grep of a long line", r"head -c 3000000 /dev/zero | tr '\0' a > f; while :; do grep -c '[ab]*c' f; done"),
    Run("case: stars", "while :; do " + _A + "; case $x in *a*a*a*a*a*a*b) ;; esac; done"),
    Run("expr: a pattern on a long text", _A[:-1].replace("200000", "100000") + "); while :; do expr $x : '.*b'; done"),
    Run("awk: fields of long lines", "while :; do yes 'a b c d e f g h' | head -n 20000 | awk '{print $8, $1, NF}' | tail -n 1; done"),
    Run("awk: fields of one line", r"head -c 2000000 /dev/zero | tr '\0' ' ' | awk '{print NF}'; yes ab | head -n 500000 | tr '\n' ' ' > f; while :; do awk '{print NF}' f; done"),
    # Blocks and archives
    Run("dd without end", "dd if=/dev/zero of=/dev/null bs=1M; while :; do dd if=/dev/zero of=f bs=1M count=9999999; done"),
    Run("random bytes without end", "cat /dev/urandom | tr -dc a > /dev/null"),
    Run("bytes as text without end", "while :; do od /dev/zero; hexdump -C /dev/urandom | head -n 9999999 > /dev/null; xxd /dev/zero; strings /dev/urandom; done"),
    Run("gzip bombs", "head -c 9000000 /dev/zero | gzip | gzip > a; while :; do zcat a | zcat | gzip > b; gzip -c /dev/zero > c; cat b c | zcat > /dev/null; done"),
    Run("bzip2 and xz", "head -c 3000000 /dev/urandom > r; while :; do bzip2 -c r | bzip2 -c | bunzip2 | bzcat > /dev/null; xz -d < r; done"),
    Run("tar into itself", "while :; do tar cf a.tar / /tmp; tar cf b.tar a.tar b.tar .; tar xf b.tar; head -c 100000 /dev/urandom | tar t; done"),
    Run("diff of long files", "seq 1 2000 > a; seq 1 2000 | rev > b; while :; do diff a b > c; cmp a b; diff -r / /bin; done"),
    Run("lines turned round", "yes abc | tac; seq 1 300000 > a; while :; do paste a a a | fold -w 1 | nl | rev | tac > b; done"),
    # Loops
    Run("an empty loop", "while :; do :; done"),
    Run("an empty loop in 200 containers", "while :; do :; done", copies=200),
    Run("a loop of programs", "while true; do /bin/true; /bin/echo x > /dev/null; done"),
    Run("a loop of programs in the background", "while true; do true & done"),
    Run("nested loops", "for a in $(seq 1 1000); do for b in $(seq 1 1000); do c=$((a * b)); done; done"),
    Run("a loop of arithmetic", "i=0; while :; do i=$(( (i + 7) * 3 % 1000003 )); done"),
    Run("huge numbers", "while :; do echo $((2**1000000)) $((9999999999**99999999)) $((1 << 999999)); done"),
    Run("a long sum", "s=0; for i in $(seq 1 900); do s=$s+$i; done; while :; do echo $(($s)); done"),
    Run("a loop that reads", "seq 1 1000000 | while read x; do y=$x; done"),
    Run("one long line read", r"head -c 200000 /dev/zero | tr '\0' ' ' | while read x; do echo; done"),
    Run("many words read", "while :; do seq 1 30000 | tr '\\n' ' ' | { read a b c; }; done"),
    Run("lines that go on", r"yes '\' | read x"),
    Run("traps", "trap ':' INT TERM USR1; while :; do kill -USR1 $$; done"),
    Run("kill itself again and again", "while :; do sleep 100 & kill $!; done"),
    Run("signals to everybody", "while :; do killall -0 sh; pkill -0 sleep; pgrep sh > /dev/null; done"),
    Run("until, true, false", "until false; do true; false; [ 1 -gt 2 ]; test -d /etc; done"),
    # Forks and depth
    Run("a function calls itself", "f() { f; f; }; f"),
    Run("a function calls itself in a loop", "f() { [ $1 -gt 50 ] || f $(($1 + 1)); }; while :; do f 0; done"),
    Run("a pipe calls itself", "f() { f | f; }; f"),
    Run("a fork bomb", "b() { b | b & }; b"),
    Run("a fork bomb of subshells", "b() { (b) & (b) & wait; }; while :; do b; done"),
    Run("fifty pipes", "while :; do yes | " + "cat | " * 50 + "head -n 1000 > /dev/null; done"),
    Run("two thousand jobs", "i=0; while [ $i -lt 2000 ]; do sleep 1000 & i=$((i+1)); done; while :; do jobs > /dev/null; done"),
    Run("eval in eval", "e='eval'; i=0; while [ $i -lt 12 ]; do e=\"$e $e\"; i=$((i+1)); done; while :; do $e :; done"),
    Run("eval of many variables", 'x=1; while :; do eval "v$x=$x"; x=$((x+1)); done'),
    Run("a shell in a shell", "while :; do sh -c 'sh -c \"sh -c true\"'; done"),
    Run("a script that calls itself", "printf '#!/bin/sh\\n/s; /s\\n' > /s; chmod +x /s; /s"),
    Run("deep substitutions", "while :; do echo $(echo $(echo $(echo $(echo $(echo $(echo $(echo a))))))); done"),
    # Doubling
    Run("a variable doubles", "x=aaaaaaaaaaaaaaaa; while :; do x=$x$x; done"),
    Run("a variable doubles, again and again", "while :; do x=aaaaaaaaaaaaaaaa; i=0; while [ $i -lt 13 ]; do x=$x$x; i=$((i+1)); done; done"),
    Run("a file doubles", "echo x > f; while :; do cat f f > g; mv g f; done"),
    Run("a file doubles in the middle", "while :; do echo x > f; for i in $(seq 1 20); do cat f f > g; mv g f; done; done"),
    Run("folders double", "mkdir d; touch d/a; while :; do cp -r d e; mv e d/$(ls d | wc -l); done"),
    Run("words double", "set -- a; while :; do set -- \"$@\" \"$@\"; done"),
    Run("exported variables grow", "i=0; while :; do export v$i=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; /bin/true; i=$((i+1)); done"),
    # Expansions
    Run("each letter of a variable replaced", _A + "; while :; do echo ${x//a/aaaa} $x$x$x$x$x | wc -c; done"),
    Run("each letter of a variable by another", _A[:-1].replace("200000", "60000") + "); while :; do y=${x//a/bc}; done"),
    Run("the ends of a variable", _A + "; while :; do echo ${x%%*a*a*a*a*b} ${x//a*b/c} ${x#*a} ${x##*a*b} | wc -c; done"),
    Run("many fields", "x=$(seq 1 30000); while :; do for y in $x; do break; done; done"),
    Run("many fields of odd signs", "IFS=a; " + _A + "; while :; do for y in $x; do break; done; done"),
    Run("huge output in a variable", "while :; do x=$(yes); done"),
    Run("huge output in a variable, kept", "while :; do x=$(seq 1 35000); done"),
    Run("a huge number of blanks", "while :; do printf '%60000d' 1 | cut -c 2- | uniq -c > /dev/null; printf '%1000000d' 1; done"),
    Run("printf of many words", "while :; do printf '%s %05d %x\\n' $(seq 1 20000) > /dev/null; done"),
    Run("a long here-document", "cat > s <<'E'\nwhile :; do cat <<F\n" + "some text $PATH $HOME\n" * 300 + "F\ndone\nE\nsh s > /dev/null"),
    Run("a script of five thousand lines", "(echo 'while :; do'; seq 1 5000 | sed 's/.*/x=& # a line/'; echo done) > s; while :; do sh s; done"),
    Run("a script of one long line", "(seq 1 9000 | sed 's/.*/x=&;/' | tr '\\n' ' ') > s; while :; do sh s; done"),
    Run("many patterns of files", "i=0; while :; do i=$((i+1)); mkdir -p d/a/b/$i; echo d/*/*/* /*/*/*/* > /dev/null; done"),
    Run("links in circles", "mkdir l; ln -s .. l/l; while :; do echo l/l/l/l/l/*/*/* > /dev/null; done"),
    Run("a pattern in a folder of ten thousand", "mkdir d; cd d; seq 1 10000 | xargs touch; while :; do echo * *1* ?[0-9]* > /dev/null; done"),
    # Huge output and input
    Run("an endless sequence", "seq 1 1000000000000 | cat > /dev/null"),
    Run("an endless sequence on the screen", "seq 1 1000000000000"),
    Run("a flood of the log", "yes 'a line for the log, which is kept'"),
    Run("a flood of the log by ten", "yes a", copies=10),
    Run("a flood of empty lines", "yes ''"),
    Run("a flood without an end of the line", "while :; do printf '%s' aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done"),
    Run("yes sorted", "yes | sort"),
    Run("zeros counted", r"cat /dev/zero | tr '\0' a | wc -c"),
    Run("zeros looked at", "cat /dev/zero | cat -A | tail -c 100"),
    Run("a file filled", "yes > f"),
    Run("a file grown line by line", "while :; do echo x >> f; done"),
    Run("a large file made, read and sorted", "head -c 10000000000 /dev/zero > f; cat f f | sort"),
    Run("a large file read again and again", "head -c 60000000 /dev/zero > f; while :; do cat f > /dev/null; tail -c 10 f; wc -c f; done"),
    Run("a large file copied", "head -c 20000000 /dev/zero > f; while :; do cp f g; cat g >> h; rm g h; done"),
    Run("empty lines sorted and counted", r"while :; do head -c 5000000 /dev/zero | tr '\0' '\n' | sort | uniq -c; done"),
    Run("numbers sorted backwards by their second column", "seq 1 200000 | sed 's/\\(.\\)\\(.*\\)/\\1 \\2/' > f; while :; do sort -k2,2nr -k1,1 f > g; done"),
    Run("lines sorted, once each", "yes abc | head -n 300000 > f; while :; do sort -u f; uniq f; done"),
    Run("checksums", "head -c 16000000 /dev/zero > f; while :; do md5sum f; sha512sum f; done"),
    Run("base64 there and back", "head -c 8000000 /dev/zero > f; while :; do base64 f | base64 -d | wc -c; done"),
    Run("words of a line counted", r"head -c 3000000 /dev/zero | tr '\0' ' ' > f; while :; do wc f; done"),
    Run("a long line cut", r"head -c 3000000 /dev/zero | tr '\0' , > f; while :; do cut -d , -f 5,9 f; cut -c 7-90000 f > /dev/null; done"),
    Run("many letters cut", "yes abcdefgh | head -n 100000 > f; while :; do cut -c 1,3,5 f | tr a-z A-Z | tail -n 1; done"),
    Run("xargs, one by one", "seq 1 50000 | tr '\\n' ' ' | xargs -n 1 echo"),
    Run("xargs, all in a place", "while :; do seq 1 5000 | xargs -I {} echo {} {} {}; done"),
    Run("the last of many lines", "while :; do yes a | head -n 300000 | tail -n 250000 | tail -n 1; done"),
    Run("tee into ten files", "yes | tee 1 2 3 4 5 6 7 8 9 10 > /dev/null"),
    # Files
    Run("find runs grep", r"while :; do find / -exec grep -r root {} \; > /dev/null 2>&1; done"),
    Run("find runs find", r"find / -exec find / \; > /dev/null"),
    Run("ls of everything", "while :; do ls -lR / > /dev/null; done"),
    Run("du of everything", "while :; do du -a / > /dev/null; du -s /; done"),
    Run("copies made, listed and removed", "while :; do cp -r /etc n; ls -lR n > /dev/null; du n > /dev/null; rm -r n; done"),
    Run("a hundred thousand files made and removed", "i=0; while :; do mkdir d; for a in $(seq 1 300); do mkdir d/$a; (cd d/$a; seq 1 300 | xargs touch); done; rm -rf d; done"),
    Run("fifty thousand files listed and moved", "mkdir -p d; cd d; for a in $(seq 1 10); do seq ${a}0001 ${a}5000 | xargs touch; done; cd ..; while :; do ls d | wc -l; find d -name '*9*' | wc -l; mv d e; mv e d; ls -l d | tail -n 1; done"),
    Run("a deep folder", "while :; do mkdir -p a/a/a/a/a/a/a/a/a/a; cd a/a/a/a/a/a/a/a/a/a; pwd > /dev/null; done"),
    Run("modes and owners of everything", "cp -r /etc /n; cp -r /bin /n/b; while :; do chmod -R 755 /n; chown -R root /n; touch /n/*; stat /n/* > /dev/null; done"),
    Run("programs asked for their state", "while :; do ps; top -b -n 1; free; df; uptime; mount; done > /dev/null"),
    Run("a server asked by itself", "while :; do wget -q -O - http://127.0.0.1/; nslookup example; ping -c 1 127.0.0.1; done > /dev/null 2>&1"),
    Run("a web server asked a lot", "nginx & while :; do curl -s http://127.0.0.1/ > /dev/null; done", "nginx"),
    Run("dates", "while :; do date; date +%s%N; id; hostname; uname -a; env; done > /dev/null"),
)  # fmt: skip

SERVICES = (
    Service("a service scaled from 0 to 1000 and back", _SLEEPS, (1000, 0)),
    Service(
        "a service of 200 that crashes at once",
        {
            "TaskTemplate": {
                "ContainerSpec": {"Image": "essaim/crash-start"},
                "RestartPolicy": {"Condition": "any", "Delay": 0},
            }
        },
        (200,),
    ),
    Service(
        "a hundred replicas with a check of their health each second",
        {
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": "alpine",
                    "Command": ["sleep", "9999"],
                    "Healthcheck": {
                        "Test": ["CMD-SHELL", "ls -lR / | sort | wc -l"],
                        "Interval": 10**9,
                        "Timeout": 10**9,
                    },
                }
            }
        },
        (100,),
    ),
    Service(
        "a service of 100 that loops without an end",
        {
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": "alpine",
                    "Command": ["sh", "-c", "while :; do :; done"],
                }
            }
        },
        (100,),
    ),
)

BUILDS = (
    Build("a build of twenty loops", "FROM alpine\n" + "RUN seq 1 3000000 | tail -n 1\n" * 20),
    Build(
        "a build that expands its settings",
        "FROM alpine\nENV A=xxxxxxxxxxxxxxxx\n" + "ENV A=$A$A\n" * 13,
    ),
    Build(
        "a build of ten thousand files",
        "FROM alpine\nCOPY . /x\nRUN ls -lR /x | wc -l\n",
        _many(10_000),
    ),
    Build(
        "a build with a large file",
        "FROM alpine\nCOPY . /x\nRUN cat /x/f | sort | wc\n",
        lambda: {"f": b"some text\n" * 2_000_000},
    ),
)

REQUESTS = (
    Requests(
        "a thousand questions at once",
        lambda: [("GET", "/containers/json?all=1", None), ("GET", "/images/json", None)] * 500,
        parallel=1000,
    ),
    Requests(
        "tasks and services asked for by fifty",
        lambda: [("GET", "/tasks", None), ("GET", "/services", None), ("GET", "/info", None)] * 17,
        parallel=50,
        before=(
            (
                "POST",
                "/services/create",
                {**_SLEEPS, "Name": "asked", "Mode": {"Replicated": {"Replicas": 500}}},
            ),
        ),
    ),
    Requests(
        "an archive of ten thousand files put in",
        lambda: [("PUT", "/containers/held/archive?path=/", tar_of(_many(10_000)()))],
        before=(
            ("POST", "/containers/create?name=held", {"Image": "alpine", "Cmd": ["sleep", "9999"]}),
            ("POST", "/containers/held/start", None),
        ),
    ),
    Requests(
        "large bodies of nonsense",
        lambda: [("POST", "/containers/create", b'{"a":[' + b"[]," * 300_000 + b"[]]}")],
        parallel=4,
    ),
)

_STREAMLIT = "import streamlit as st\nimport pandas as pd\n"
_TABLE = f"index=[{'1,' * 1000}], columns={list(range(16))}"  # as many cells as a script may have

APPS = (
    App("an app with a loop without an end", _STREAMLIT + "while True:\n    st.write(1)\n"),
    App("an app with a chart as big as there may be", f"{_STREAMLIT}st.line_chart(pd.DataFrame(1, {_TABLE}))\n"),
    App("an app with a table as big as there may be", f"{_STREAMLIT}st.table(pd.DataFrame(1, {_TABLE}))\n", viewers=10),
    App("an app with a long text in each cell", f"{_STREAMLIT}st.table(pd.DataFrame('{'x' * 13_000}', {_TABLE}))\n", viewers=10),
    App("an app with hundreds of elements", _STREAMLIT + "st.latex('x')\n" * 900, viewers=10),
)  # fmt: skip

HOSTILE: tuple[Hostile, ...] = (*RUNS, *SERVICES, *BUILDS, *REQUESTS, *APPS)
LINES = [run.line for run in RUNS]
