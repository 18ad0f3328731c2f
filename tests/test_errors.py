"""Whatever is refused can be said in French: each error of ours is raised with a marked text.

`test_i18n.py` holds that a marked text is in the catalogue. What the engine says stays in its
words: it is raised as EngineRejected. So does what docker's own command says: that is a
DockerRefused, or a TemplateError where Go says it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

import pytest

from core import errors
from core.cluster.snapshot import Outage
from core.commands.journal import Journal
from core.commands.registry import parse
from core.errors import (
    DockerRefused,
    EngineRejected,
    EngineUnreachable,
    InvalidCommand,
    InvalidValue,
    TemplateError,
    Worded,
)
from core.i18n import later, translation
from core.live import messages
from core.timeline.recorder import Recorder
from core.timeline.view import picture
from core.ui.lines import journal_table
from tests.cluster.test_history import snapshot
from tests.test_i18n import ROOT, SOURCES

#: What docker's own command says, where it is no DockerRefused. Other words come from the engine.
DOCKER_SAYS = {"You cannot attach to a stopped container, start it first", "no such service: "}
#: What is shown as it is: a usage is docker's, too, and so is why it does not take a value.
AS_IT_IS = {"grammar.usage(command, called)", "'{why}'"}

PARSED = {
    path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
    for path in SOURCES
    if "practice" not in path.parts
}


def ours(kind: type[Worded]) -> set[str]:
    return {kind.__name__}.union(*map(ours, kind.__subclasses__()))


SPOKEN = ours(DockerRefused) | ours(TemplateError)
WORDED, DOCKERS = ours(Worded) - SPOKEN, ours(EngineRejected) - SPOKEN


def marked(value: ast.expr) -> bool:
    """Whether this is ``_("text")``."""
    return isinstance(value, ast.Call) and ast.unparse(value.func) == "_"


def marked_names(tree: ast.AST) -> set[str]:
    """Names that stand for a marked text and nothing else, in this file."""
    found: dict[str, bool] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(name := node.targets[0], ast.Name):
            found[name.id] = found.get(name.id, True) and marked(node.value)
    return {name for name, always in found.items() if always}


#: Constants that another file imports.
SHARED = {name for tree in PARSED.values() for name in marked_names(tree) if name.isupper()}


def complaints(tree: ast.AST) -> Iterator[str]:
    """Where an error is made of a text that no catalogue can have."""
    names = marked_names(tree) | SHARED
    for call in ast.walk(tree):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args):
            continue
        text, kind = call.args[0], call.func.id
        if kind in DOCKERS:
            parts = text.values if isinstance(text, ast.JoinedStr) else [text]
            said = {part.value for part in parts if isinstance(part, ast.Constant)}
            wrong = not said <= DOCKER_SAYS
        else:
            told = marked(text) or (isinstance(text, ast.Name) and text.id in names)
            wrong = kind in WORDED and not told and ast.unparse(text) not in AS_IT_IS
        if wrong:
            yield f"line {call.lineno}: {kind}({ast.unparse(text)})"


@pytest.mark.parametrize("path", PARSED)
def test_every_error_of_ours_is_made_of_a_marked_text(path: str) -> None:
    assert list(complaints(PARSED[path])) == []


@pytest.mark.parametrize(
    "line",
    [
        "raise InvalidCommand('English only')",
        "raise InvalidCommand(f'{name} only')",
        "raise NotAllowed(_('{name} only').format(name=name))",
        "raise EngineRejected('Essaim says no')",
        "text = 'English'\nraise NoRoom(text + '.')",
        "sentence = 'English'\nraise NoRoom(sentence)",
    ],
)
def test_a_text_that_is_not_marked_is_noticed(line: str) -> None:
    assert list(complaints(ast.parse(line)))


#: The rooms that show errors to somebody, or keep them until they are shown.
SHOWING = (
    "pages/",
    "core/ui/",
    "core/console/",
    "core/timeline/",
    "core/commands/journal.py",
    "core/control/jobs.py",
    "core/lessons/lesson.py",
    "core/lessons/solutions.py",
    "core/web/published.py",
)


def english(tree: ast.AST) -> Iterator[str]:
    """Where an error of ours is made into a text by ``str``, which is always English."""
    for handler in ast.walk(tree):
        if not (isinstance(handler, ast.ExceptHandler) and handler.name and handler.type):
            continue
        if not {n.id for n in ast.walk(handler.type) if isinstance(n, ast.Name)} & WORDED:
            continue
        for node in ast.walk(handler):
            filled = isinstance(node, ast.FormattedValue) and ast.unparse(node.value)
            text = isinstance(node, ast.Call) and ast.unparse(node)
            if filled == handler.name or text == f"str({handler.name})":
                yield f"line {handler.lineno}: {ast.unparse(node)}"


@pytest.mark.parametrize("path", [path for path in PARSED if path.startswith(SHOWING)])
def test_an_error_is_shown_in_the_language_of_its_viewer(path: str) -> None:
    assert list(english(PARSED[path])) == []


@pytest.mark.parametrize("shown", ["st.error(str(error))", "st.error(f'no: {error}')"])
def test_an_error_that_is_shown_in_english_is_noticed(shown: str) -> None:
    assert list(english(ast.parse(f"try: x()\nexcept EssaimError as error: {shown}")))


FRENCH = translation("fr").gettext


def test_an_error_within_an_error_is_said_in_the_same_language() -> None:
    why = InvalidValue(later("{word!r} is no size: write 512m or 2g"), word="x")
    error = InvalidCommand(later("{where}: {why}."), where="memory", why=why)
    assert str(error) == "memory: 'x' is no size: write 512m or 2g."
    assert "memory\u00a0: 'x' n’est pas une taille" in error.said(FRENCH)


def test_the_words_of_the_engine_stay_as_they_are() -> None:
    words = "no such image: {nothing}"
    assert EngineRejected(words, 404).said(FRENCH) == words


DOWN = EngineUnreachable(later("The engine does not answer: {words}."), words="gone")
EN_PANNE = "Le moteur ne répond pas\u00a0: gone."


def test_what_was_refused_is_told_in_french_wherever_it_is_remembered() -> None:
    journal, recorder = Journal(), Recorder()
    journal.refused(parse("docker service rm web"), "anne", DOWN)
    assert journal_table(journal.records(), FRENCH).iloc[0, 3] == EN_PANNE
    before = snapshot()
    unheard = replace(before, outage=Outage(DOWN, 1.0), revision=before.revision + 1)
    for push in (messages.cluster, messages.pulse):
        assert push(unheard, FRENCH)["trouble"] == EN_PANNE
    recorder.add(before, [])
    recorder.add(unheard, journal.records())
    changes = picture(recorder.recording(), FRENCH)["changes"]
    told = {change["kind"]: change["value"] for change in changes}
    assert (told["trouble"]["message"], told["action"]["error"]) == (EN_PANNE, EN_PANNE)


def test_what_is_kept_holds_no_frame_and_no_secret_in_any_language() -> None:
    try:
        raise EngineUnreachable(later("The engine does not answer: {words}."), words="token abc")
    except EngineUnreachable as error:
        kept = error.kept(lambda text: text.replace("abc", "•••"))
    assert kept.__traceback__ is None
    assert str(kept) == "The engine does not answer: token •••."
    assert kept.said(FRENCH).endswith("token •••.")
    rejected = EngineRejected("abc", 409).kept(lambda text: text.replace("abc", "•••"))
    assert (str(rejected), rejected.status) == ("•••", 409)
    assert errors.EssaimError().kept().said(FRENCH) == ""
