"""Every text of the screens exists in both languages, and no translation is left over."""

from __future__ import annotations

import ast
import re
import string
from pathlib import Path

import polib
import pytest

from core.commands.registry import COMMANDS, summary
from core.i18n import CATALOGUES, LANGUAGES, number, preferred, spaced, translation

ROOT = Path(__file__).parents[1]
SOURCES = [ROOT / "app.py", *ROOT.glob("pages/*.py"), *ROOT.glob("core/**/*.py")]


def used() -> dict[str, str]:
    """Each source text, with its plural ('' where it has none)."""
    # What each command does is said by its docstring; the console's help shows it.
    found: dict[str, str] = {summary(command): "" for command in COMMANDS}
    for path in SOURCES:
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
                continue
            if call.func.id not in ("_", "plural"):
                continue
            texts = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
            wanted = 1 if call.func.id == "_" else 2
            assert len(texts) == wanted, f"{path.name}:{call.lineno}: the text must stand there"
            found[str(texts[0])] = str(texts[1]) if wanted == 2 else ""
    return found


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


CATALOGUE = polib.pofile(str(CATALOGUES / "fr.po"))


def test_every_text_is_translated_and_none_is_left_over() -> None:
    texts = used()
    known = {entry.msgid: entry.msgid_plural for entry in CATALOGUE}
    assert {text: plural for text, plural in texts.items() if known.get(text) != plural} == {}
    assert sorted(known.keys() - texts.keys()) == []


def test_nothing_is_empty_fuzzy_or_twice() -> None:
    ids = [entry.msgid for entry in CATALOGUE]
    assert len(ids) == len(set(ids))
    for entry in CATALOGUE:
        translated = entry.msgstr or all(entry.msgstr_plural.values() or [""])
        assert translated, entry.msgid
        assert not entry.fuzzy, entry.msgid


@pytest.mark.parametrize("entry", list(CATALOGUE), ids=lambda entry: entry.msgid[:40])
def test_a_translation_keeps_the_fields(entry: polib.POEntry) -> None:
    for text in [entry.msgstr, *entry.msgstr_plural.values()]:
        if text:
            assert fields(text) == fields(entry.msgid)


def test_each_language_answers_in_its_words() -> None:
    assert translation("fr").gettext("Containers") == "Conteneurs"
    assert translation("en").gettext("Containers") == "Containers"
    assert translation("xx").gettext("Containers") == "Containers"
    one, many = (
        "This stops {count} replica and forgets the service.",
        "This stops {count} replicas and forgets the service.",
    )
    french = translation("fr")
    assert french.ngettext(one, many, 1) != french.ngettext(one, many, 15)
    assert french.ngettext(one, many, 0) == french.ngettext(one, many, 1)  # French has it so


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ("fr-FR", "fr"),
        ("fr_CA", "fr"),
        ("en-US", "en"),
        ("de", "en"),
        ("", "en"),
        (None, "en"),
        ("fr,en;q=0.8", "fr"),
        ("fr-FR,fr;q=0.9", "fr"),
        ("de,fr;q=0.5", "en"),
        ("fr_FR.UTF-8", "fr"),
    ],
)
def test_the_browser_chooses(locale: str | None, language: str) -> None:
    assert preferred(locale) == language
    assert language in LANGUAGES


#: All French that is read: the catalogue's, then the labs', by where it stands.
FRENCH = {entry.msgid[:40]: [entry.msgstr, *entry.msgstr_plural.values()] for entry in CATALOGUE}
FRENCH |= {
    path.parent.name: path.read_text(encoding="utf-8").splitlines()
    for path in ROOT.glob("core/labs/*/fr.md")
}
#: Between backticks stands code, between braces a value; a heading names its step.
NOT_READ = re.compile(r"`[^`]*`|\{[^}]*\}|^## \w+: |\\\\.")


@pytest.mark.parametrize("where", FRENCH)
def test_french_is_set_as_french_printers_do(where: str) -> None:
    for text in FRENCH[where]:
        read = NOT_READ.sub("x", text)
        assert not re.search(r"\w'\w|\.\.\.| …", read), f"’ for ', … for ...: {text}"
        assert not re.search(r"[^\s«][;?!»](\s|$)|[^\s]:\s|«\S", read), (
            f"a space is missing: {text}"
        )
        assert not re.search(r"\b(tu|toi|ton|tes)\b", read), f"vous, not tu: {text}"


@pytest.mark.parametrize(
    "clumsy",
    [
        "managers … majorité",
        "Bien prévu",
        "comme down",
        "Comme worker",
        "La lancer",
        "Retirez-le du cadre",
        "Mise à jour paused",
        "Agissez :",
        "Ce que vous devez voir",
        "Là où en est",
        "réplicas sont arrêtés et le service est oublié",
    ],
)
def test_what_once_read_badly_is_gone(clumsy: str) -> None:
    assert not [where for where, texts in FRENCH.items() for text in texts if clumsy in text]


@pytest.mark.parametrize(("language", "said"), [("fr", "1\u202f234,5"), ("en", "1,234.5")])
def test_a_number_is_written_as_its_language_does(language: str, said: str) -> None:
    assert number(1234.46, translation(language).gettext, 1) == said


def test_french_breaks_no_line_before_a_mark() -> None:
    written = "« Oui » : `ls : a ?` tient en 4 Go, 3 s ; et 3 nœuds ? Oui !"
    wide, fine = "\u00a0", "\u202f"
    assert spaced(written, "fr") == (
        f"«{wide}Oui{wide}»{wide}: `ls : a ?` tient en 4{wide}Go, 3{wide}s{fine}; "
        f"et 3 nœuds{fine}? Oui{fine}!"
    )
    assert spaced(written, "en") == written
    assert spaced("Étape 1 : quoi ?", "fr") == f"Étape 1{wide}: quoi{fine}?"
    entry = next(e for e in CATALOGUE if e.msgstr.endswith(" ?") and not fields(e.msgid))
    assert translation("fr").gettext(entry.msgid).endswith(f"{fine}?")
