"""Values of words, as Go's packages read them; the answers are those of the docker command 28.2."""

from __future__ import annotations

import pytest

from core.commands import program
from core.commands.values import fields, listed
from core.errors import InvalidValue


@pytest.mark.parametrize(
    ("word", "read"),
    [
        ("a", ["a"]),
        ("a,b", ["a", "b"]),
        ("a,", ["a", ""]),
        ('"a,b",c', ["a,b", "c"]),
        ('"a""b"', ['a"b']),
        ('"a\nb",c', ["a\nb", "c"]),
        ('"a\r\nb"', ["a\nb"]),
        ("\na", ["a"]),
        ("a\nb", ["a"]),
        ("a\rb", ["a\rb"]),
        ("a\r", ["a"]),
    ],
)
def test_commas_part_the_fields_of_a_word(word: str, read: list[str]) -> None:
    assert fields(word) == read
    assert listed([word, "", "last"]) == [*read, "last"]


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("", "EOF"),
        ("\n", "EOF"),
        ('a"b', 'parse error on line 1, column 2: bare " in non-quoted-field'),
        (' "a"', 'parse error on line 1, column 2: bare " in non-quoted-field'),
        ('é,b"c', 'parse error on line 1, column 5: bare " in non-quoted-field'),
        ('\na"b', 'parse error on line 2, column 2: bare " in non-quoted-field'),
        ('"a', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'),
        ('"a"b', 'parse error on line 1, column 3: extraneous or missing " in quoted-field'),
        ('"a","b"x', 'parse error on line 1, column 7: extraneous or missing " in quoted-field'),
    ],
)
def test_a_stray_quote_is_refused_in_gos_words(word: str, why: str) -> None:
    with pytest.raises(InvalidValue) as refusal:
        fields(word)
    assert refusal.value.spoken == why


@pytest.mark.parametrize(
    "line",
    [
        f"run --dns-search {'a.' * 60}! alpine",
        "run --cpus 1e999999999 alpine",
        "run --cpus 1e-999999999 alpine",
        f"run --io-maxiops 0x{'f' * 4000} alpine",
        f"run --health-interval {'1' * 100_000} alpine",
        f"run --network {'a' * 100_000} alpine",
        f"service create --network {'a' * 100_000} nginx",
        f"service create --publish {'a' * 100_000} nginx",
        f"service update {'--publish-add 1-65535:1-65535 ' * 500}web",
        f"service create {'-p 1-65535:1-65535 ' * 500}web",
        f"run {'-p 1-65535:1-65535 ' * 500}web",
        f"service update --health-interval {'9' * 4000}h web",
        "image load --platform ,linux/arm64",
        "image save --platform ,linux/arm64 alpine",
        f"service logs --since {'1' * 100_000} web",
        f"service logs --since {'1' * 4000} web",
        f"logs --since {'1' * 100_000} web",
        f"logs --since {'9' * 999}h web",
    ],
)
def test_no_word_keeps_who_reads_it_busy(line: str) -> None:
    """The dashboard reads what learners type, for all of them: no word takes long, or an error."""
    asked = program.read(line.split())
    if asked.command is None:
        assert asked.code
    else:
        asked.command.masked(True).python()
