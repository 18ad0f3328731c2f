"""``python -m core.labs`` writes into docs/labs.md all that a lab can say."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import get_type_hints

from core.labs.placeholders import PLACEHOLDERS
from core.labs.statement import Statement
from core.labs.statements import MODULES, STATEMENTS

PAGE = Path(__file__).parents[2] / "docs" / "labs.md"
#: Where the part begins that is written from the declarations.
REFERENCE = "## Placeholders\n"

_PLACEHOLDERS = """
In `lines`, `look` and `solution`. In the singular, a line is shown once for each of what is there;
in the plural, all stand in the same line. A line with `docker swarm join` is shown on each machine
that is in no Swarm yet.

| placeholder | stands for |
|---|---|
"""

_MOVES = """
## Moves

| in a solution | what happens |
|---|---|
| `"docker …"` | the docker line runs on the engine that answers |
| `{ line = "docker build …", append = { "app.py" = "…" } }` | the same, \
with a text at the end of a file of the demo folder |
| `"curl http://localhost:80"`, `{ curl = 80, times = 15 }` | requests to a published port, \
each over a new connection, through each node in turn |
| `{ join = "node2" }` | the instance joins the Swarm as a worker |
| `{ off = "node3" }` | the instance loses its power; `off` may be a placeholder |
| `{ mend = true }` | all faults are mended |

The last three are for practice clusters alone.

## Statements

A container is the learner's: it was made since the lab began, and by no service. Parameters in
italics may be left out. A remark is the key of a sentence.
"""

_HEAD = "| statement | parameters | it is so when | remarks |\n|---|---|---|---|\n"
_TITLES = ("On an engine", "On a Swarm", "On a service")


def page(kept: str) -> str:
    """The page with its reference written anew; kept: the page as it is."""
    placeholders = "".join(
        f"| `<{name}{' …' if it.argument else ''}>` | {it.means}"
        f"{f'; the word is {it.argument}' if it.argument else ''} |\n"
        for name, it in PLACEHOLDERS.items()
    )
    groups = [
        f"\n### {title}\n\n{_HEAD}"
        + "".join(_row(kind) for kind in STATEMENTS.values() if kind.__module__ == module.__name__)
        for title, module in zip(_TITLES, MODULES, strict=True)
    ]
    reference = f"{REFERENCE}{_PLACEHOLDERS}{placeholders}{_MOVES}{''.join(groups)}"
    return f"{kept.partition(REFERENCE)[0]}{reference}"


def _row(kind: type[Statement]) -> str:
    hints = get_type_hints(kind)
    parameters = []
    for field in dataclasses.fields(kind):
        name = field.name if field.default is dataclasses.MISSING else f"*{field.name}*"
        texts = " (a list)" if hints[field.name] == tuple[str, ...] else ""
        parameters.append(f"{name}{texts}: {field.metadata['means']}")
    means = " ".join((kind.__doc__ or "").split())
    remarks = ", ".join(f"`{key}`" for key in kind.remarks)
    return f"| `{kind.called}` | {'<br>'.join(parameters)} | {means} | {remarks} |\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
