"""The commands against docker's own list of them: core/commands/reference.toml, and its help."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.commands import grammar, reference
from core.commands.__main__ import ABSENT
from core.commands.command import Command
from core.commands.program import read
from core.commands.registry import ALIASES, COMMANDS, parse
from core.errors import InvalidCommand

PAGE = Path(__file__).parents[2].joinpath("docs", "commands.md").read_text(encoding="utf-8")
ENTRIES = reference.entries()
TOP = reference.top_text()
KNOWN = {kind.verb: kind for kind in COMMANDS}
#: Flags that the docker command takes and does not list: they are old.
UNLISTED = {
    "volume create": {"--name"},
    "container create": {
        "--net", "--net-alias", "--dns-opt", "--kernel-memory", "--disable-content-trust"
    },
    "container run": {
        "--net", "--net-alias", "--dns-opt", "--kernel-memory", "--disable-content-trust"
    },
    "container stop": {"--time"},
    "container restart": {"--time"},
    "container update": {"--kernel-memory"},
    "container commit": {"-p", "--pause"},
    "image build": {"--disable-content-trust"},
    "image pull": {"--disable-content-trust"},
    "image push": {"--disable-content-trust"},
}  # fmt: skip
each_entry = pytest.mark.parametrize(
    "verb", [verb for verb, entry in ENTRIES.items() if entry.usage != "COMMAND"], ids=" ".join
)


def listed(verb: tuple[str, ...]) -> dict[str, bool]:
    """Each flag that the help lists, and whether it takes a value."""
    found = {}
    for shown, _ in ENTRIES[verb].flags:
        *_, last = shown.split(", ")
        for name in re.findall(r"(?:^|, )(--?[\w-]+)", shown):
            found[name] = " " in last
    return found


def flags(kind: type[Command]) -> dict[str, bool]:
    parts = grammar.parts(kind).values()
    return {name: part.kind == "option" for part in parts if part.is_flag for name in part.names}


@each_entry
def test_every_command_of_docker_is_here_with_all_its_flags(verb: tuple[str, ...]) -> None:
    known = listed(verb)
    known.pop("--help", None)
    ours = flags(KNOWN[verb])
    assert {name: ours.get(name) for name in known} == known
    assert ours.keys() - known.keys() == UNLISTED.get(" ".join(verb), set())


def test_no_command_is_one_that_docker_does_not_have() -> None:
    assert KNOWN.keys() == {verb for verb, entry in ENTRIES.items() if entry.usage != "COMMAND"}


@each_entry
def test_dockers_other_words_for_it_are_known(verb: tuple[str, ...]) -> None:
    for alias in ENTRIES[verb].aliases:
        assert ALIASES[tuple(alias.split())] == verb


def test_every_word_of_the_first_help_is_a_command_or_said_to_be_absent() -> None:
    groups, _, _ = TOP.partition("Global Options:")
    words = set(re.findall(r"^  ([a-z]+) ", groups, re.MULTILINE))
    assert len(words) > 40
    here = {verb[0] for verb in (*KNOWN, *ALIASES)}
    assert words - here == ABSENT.keys() - {"checkpoint"}  # shown by an engine with experiments
    assert not here & ABSENT.keys()


@pytest.mark.parametrize("word", ["trust", "remove"])
def test_words_that_29_has_no_more_are_unknown(word: str) -> None:
    assert word not in ABSENT
    for line in ([word], [word, "nosuch"]):
        asked = read(line)
        assert (asked.command, asked.code) == (None, 1)
        assert asked.text.startswith(f"docker: unknown command: docker {word}\n\nRun ")
    assert not re.search(rf"^  {word} ", TOP, re.MULTILINE)


#: What docker/cli has in its tag v29.0.0, or later in 29, where 28.2 has something else.
CHANGED = {
    ("service create", "--memory-swap bytes"): "Swap Bytes (-1 for unlimited)",
    ("service update", "--memory-swappiness int"):
        "Tune memory swappiness (0-100), -1 to reset to default (default -1)",
    ("container commit", "--no-pause"): "Disable pausing container during commit",
    ("container cp", "-L, --follow-link"): "Always follow symlinks in SRC_PATH",
    ("image ls", "-a, --all"): "Show all images (default hides intermediate and dangling images)",
    ("image load", "--platform strings"): "Load only the given platform(s). Formatted as a "
        'comma-separated list of "os[/arch[/variant]]" (e.g., "linux/amd64,linux/arm64/v8").',
    ("image save", "--platform strings"): "Save only the given platform(s). Formatted as a "
        'comma-separated list of "os[/arch[/variant]]" (e.g., "linux/amd64,linux/arm64/v8")',
}  # fmt: skip


@pytest.mark.parametrize(("verb", "flag"), CHANGED)
def test_the_help_has_what_29_changed(verb: str, flag: str) -> None:
    assert dict(ENTRIES[tuple(verb.split())].flags)[flag] == CHANGED[verb, flag]


@pytest.mark.parametrize("word", ABSENT)
def test_what_is_absent_is_refused_and_the_page_says_so(word: str) -> None:
    with pytest.raises(InvalidCommand):
        parse(["docker", word, "ls"])
    assert f"- `docker {word}`: {ABSENT[word]}." in PAGE


def test_the_page_has_a_row_for_every_command_of_docker() -> None:
    for kind in KNOWN.values():
        assert f"\n| `{kind.called()}" in PAGE


OPTIONS = re.findall(
    r"^  (?:(-\w), |    )(--[a-z-]+)( string| list)?",
    TOP.partition("Global Options:")[2],
    re.MULTILINE,
)


@pytest.mark.parametrize(("short", "long", "value"), OPTIONS)
def test_dockers_own_options_stand_before_a_command(short: str, long: str, value: str) -> None:
    for flag in filter(None, (short, long)):
        words = [flag, "info", "ps"] if value else [flag, "ps"]
        if long == "--version":
            assert read([flag]).text.startswith("Docker version")
        else:
            assert read(words).command == parse("docker ps")
