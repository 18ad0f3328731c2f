"""The rules of the house: who imports whom, who may draw, and how long a page may be."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import essaim_practice

ROOT = Path(__file__).parents[1]

#: Rooms by floor, the highest first: a module imports from its own room and from lower floors.
FLOORS: list[list[str]] = tomllib.loads((ROOT / "docs/floors.toml").read_text("utf-8"))["essaim"][
    "floors"
]
#: The practice engine is a package of its own, met over HTTP alone. One module opens its door.
PRACTICE, DOOR = "essaim_practice", Path("core/engine/practice.py")
#: The rooms that may draw.
STREAMLIT = {"app", "pages", "ui"}
#: What runs Streamlit in other processes, for learners' apps.
STAGES = {Path(f"practice/src/essaim_practice/apps/{name}.py") for name in ("app", "spawner")}
PAGE_LINES = 150
MODULE_LINES = 360  # "about 300": not worth a split that only counts lines

FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(
    path.relative_to(ROOT)
    for path in (
        ROOT / "app.py",
        *ROOT.glob("pages/**/*.py"),
        *ROOT.glob("core/**/*.py"),
        *ROOT.glob("practice/src/**/*.py"),
    )
    if path != ROOT / "core" / "__init__.py"
)
each_file = pytest.mark.parametrize("path", FILES, ids=str)


def room(module: str) -> str | None:
    """The room of a dotted name of ours: ``core.cluster.parse`` is in ``cluster``."""
    first, *rest = module.split(".")
    if first == "core":
        return rest[0] if rest else None
    return first if first in ("app", "pages", PRACTICE) else None


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute dotted name of all that a file imports, wherever in it."""
    package = dotted(path).split(".")[:-1]
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = ".".join((*base, *filter(None, [node.module])))
            # `from core import live` names a room only with its last word.
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "core" else []
            yield from ((node.lineno, name) for name in names or [module])


def dotted(path: Path) -> str:
    """The name that a file is imported by."""
    return ".".join(path.with_suffix("").parts).removeprefix("practice.src.")


def own_room(path: Path) -> str:
    found = room(dotted(path))
    assert found is not None
    return found


def complaint(path: Path, module: str) -> str:
    """What is wrong with this import, or ''."""
    here, there = own_room(path), room(module)
    if module.split(".")[0] == "streamlit" and here not in STREAMLIT and path not in STAGES:
        return f"only {', '.join(sorted(STREAMLIT))} import streamlit"
    if there is None or there == here:
        return ""
    if there == PRACTICE:
        return (
            "" if (path, module) == (DOOR, PRACTICE) else f"only {DOOR} imports {PRACTICE} itself"
        )
    if here == PRACTICE:
        return "essaim_practice imports nothing of ours"
    return "" if FLOOR[here] < FLOOR[there] else f"{there} is not below {here}"


@each_file
def test_imports_keep_the_floors(path: Path) -> None:
    wrong = [
        f"{path}:{line} imports {module}: {why}"
        for line, module in imports(path)
        if (why := complaint(path, module))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("path", "module"),
    [
        ("core/cluster/parse.py", "core.commands.registry"),
        ("core/cluster/parse.py", "streamlit.runtime"),
        ("core/labs/checks.py", "core.traffic"),
        ("practice/src/essaim_practice/store/store.py", "core.errors"),
        ("core/engine/practice.py", "essaim_practice.hosting.server"),
        ("core/ui/live.py", "essaim_practice.hosting.server"),
        ("core/ui/live.py", "pages.cluster"),
        ("pages/cluster.py", "app"),
    ],
)
def test_a_forbidden_import_is_noticed(path: str, module: str) -> None:
    assert complaint(Path(path), module)


def test_the_dashboard_uses_public_names_of_the_practice_engine_only() -> None:
    tree = ast.walk(ast.parse((ROOT / DOOR).read_text(encoding="utf-8")))
    used = {
        name
        for node in tree
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.ImportFrom) and node.module == PRACTICE
            else [node.attr]
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == PRACTICE
            else []
        )
    }
    assert {"Clusters", "PracticeClient"} <= used <= set(essaim_practice.__all__)


def test_relative_imports_are_resolved() -> None:
    found = {
        module for _, module in imports(Path("practice/src/essaim_practice/hosting/server.py"))
    }
    assert found
    assert not any(module.startswith(".") for module in found)


@each_file
def test_a_module_says_what_lives_there(path: Path) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert not text or ast.get_docstring(ast.parse(text)), f"{path} has no docstring"


@each_file
def test_a_module_fits_in_a_head(path: Path) -> None:
    lines = (ROOT / path).read_text(encoding="utf-8").count("\n")
    assert lines <= (PAGE_LINES if own_room(path) == "pages" else MODULE_LINES)
