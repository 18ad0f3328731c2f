"""The rules of the house: who imports whom, who may draw, and how long a module may be."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import essaim_practice

ROOT = Path(__file__).parents[1]
PRACTICE, PRACTICE_SOURCE = "essaim_practice", ROOT / "practice/src"
#: The one module of the dashboard that imports the practice engine, and that only by public names.
DOOR = "core.engine.practice"

HOUSES = tomllib.loads((ROOT / "docs/floors.toml").read_text("utf-8"))
#: The floor of each room by package, the highest 0: a module imports from its own room and from
#: lower floors.
FLOORS = {
    package: {room: floor for floor, rooms in enumerate(house["floors"]) for room in rooms}
    for package, house in HOUSES.items()
}
#: The rooms that may draw.
STREAMLIT = {"app", "pages", "ui"}
#: What runs Streamlit in other processes, for learners' apps.
STAGES = {f"{PRACTICE}.apps.app", f"{PRACTICE}.apps.process"}
PAGE_LINES = 150
MODULE_LINES = 350  # "about 300": not worth a split that only counts lines


def dotted(path: Path) -> str:
    """The name that a file is imported by."""
    root = PRACTICE_SOURCE if PRACTICE_SOURCE in path.parents else ROOT
    return ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")


FILES = {
    dotted(path): path
    for path in (
        ROOT / "app.py",
        *ROOT.glob("pages/**/*.py"),
        *ROOT.glob("core/**/*.py"),
        *PRACTICE_SOURCE.glob("**/*.py"),
    )
}
each_module = pytest.mark.parametrize("module", sorted(FILES))


def house(module: str) -> str:
    """The package that a dotted name belongs to, '' for a library's."""
    first = module.split(".")[0]
    return PRACTICE if first == PRACTICE else "essaim" if first in ("core", "app", "pages") else ""


def room(module: str) -> str:
    """The room of a dotted name of ours: ``core.cluster.parse`` is in ``cluster``."""
    first, *rest = module.split(".")
    return (rest or ["__init__"])[0] if first in ("core", PRACTICE) else first


@cache
def imports(module: str) -> tuple[tuple[int, str], ...]:
    """Line and dotted name of all that a module imports, wherever in it.

    Imports inside functions and under TYPE_CHECKING count: a circle hidden there is one.
    """
    return tuple(_imports(module))


def _imports(module: str) -> Iterator[tuple[int, str]]:
    path = FILES[module]
    package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            source = ".".join((*base, *filter(None, [node.module])))
            for alias in node.names:
                named = f"{source}.{alias.name}"
                # `from core import live` imports the module, `from core.live import hub` too; of
                # the other package every name counts.
                foreign = source == PRACTICE != house(module)
                yield node.lineno, named if named in FILES or foreign else source


def attributes(module: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of what a module takes from ``essaim_practice`` by a dot."""
    for node in ast.walk(ast.parse(FILES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == PRACTICE:
            yield node.lineno, f"{PRACTICE}.{node.attr}"


def complaint(module: str, imported: str) -> str:
    """What is wrong with this import, or ''."""
    here, there = room(module), room(imported)
    if imported.split(".")[0] == "streamlit" and here not in STREAMLIT and module not in STAGES:
        return f"only {', '.join(sorted(STREAMLIT))} import streamlit"
    if not house(imported) or (house(module), here) == (house(imported), there):
        return ""
    if house(imported) != house(module):
        if house(module) == PRACTICE:
            return f"{PRACTICE} imports nothing of Essaim's"
        if module != DOOR:
            return f"only {DOOR} imports {PRACTICE}"
        name = imported.removeprefix(f"{PRACTICE}.")
        public = imported == PRACTICE or name in essaim_practice.__all__
        return "" if public else f"{name} is no public name of {PRACTICE}"
    floors = FLOORS[house(module)]
    return "" if floors[here] < floors[there] else f"{there} is not below {here}"


def in_circles(graph: Mapping[str, frozenset[str]]) -> list[str]:
    """What is left of a graph once all that leads into no circle is taken away."""
    left = dict(graph)
    while ends := [module for module, imported in left.items() if not imported & left.keys()]:
        for module in ends:
            del left[module]
    return sorted(left)


@each_module
def test_imports_keep_the_floors(module: str) -> None:
    wrong = [
        f"{FILES[module]}:{line} imports {imported}: {why}"
        for line, imported in (*imports(module), *attributes(module))
        if (why := complaint(module, imported))
    ]
    assert not wrong, "\n".join(wrong)


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        module: frozenset(imported for _, imported in imports(module)) - {module}
        for module in FILES
    }
    assert in_circles(graph) == []


def test_a_circle_is_noticed() -> None:
    circle = {"a": frozenset("b"), "b": frozenset("c"), "c": frozenset("b")}
    assert in_circles(circle) == ["a", "b", "c"]
    assert in_circles({"a": frozenset("bc"), "b": frozenset("c"), "c": frozenset()}) == []


@pytest.mark.parametrize(
    ("module", "imported"),
    [
        ("core.cluster.parse", "core.commands.registry"),
        ("core.cluster.parse", "streamlit.runtime"),
        ("core.labs.statement", "core.traffic"),
        ("core.ui.live", f"{PRACTICE}.PracticeServer"),
        ("core.ui.live", "pages.cluster"),
        ("pages.cluster", "app"),
        (DOOR, f"{PRACTICE}.hosting.server"),
        (f"{PRACTICE}.store.store", "core.errors"),
        (f"{PRACTICE}.store.store", f"{PRACTICE}.swarm.agent"),
        (f"{PRACTICE}.swarm.access", f"{PRACTICE}.api.routing"),
    ],
)
def test_a_forbidden_import_is_noticed(module: str, imported: str) -> None:
    assert complaint(module, imported)


@pytest.mark.parametrize("package", sorted(FLOORS))
def test_every_room_has_a_floor_and_a_line_of_text(package: str) -> None:
    rooms = {room(module) for module in FILES if house(module) == package}
    rooms -= {"__init__"} if package == "essaim" else set()
    assert rooms <= FLOORS[package].keys()
    assert HOUSES[package]["rooms"].keys() == FLOORS[package].keys()


@each_module
def test_a_module_says_what_lives_there(module: str) -> None:
    text = FILES[module].read_text(encoding="utf-8")
    assert not text or ast.get_docstring(ast.parse(text)), f"{module} has no docstring"


@each_module
def test_a_module_fits_in_a_head(module: str) -> None:
    lines = FILES[module].read_text(encoding="utf-8").count("\n")
    assert lines <= (PAGE_LINES if room(module) == "pages" else MODULE_LINES)
