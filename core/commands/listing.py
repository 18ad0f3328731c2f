"""Lists of things: docker's tables, and what --format, --quiet and --no-trunc make of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from core.cluster.engine_json import Json, part
from core.commands.command import Client, Command, Report
from core.commands.source import Call
from core.commands.table import by_name, table
from core.errors import TemplateError
from core.templates.functions import FUNCTIONS, HEADS, Refused
from core.templates.template import Template


@dataclass(frozen=True, slots=True)
class Column:
    """What ``{{.Name}}`` is in a list.

    name: of the placeholder. head: above the cells of a table. cell: its value for a thing, nearly
    always a text. whole: the same with --no-trunc, where that cuts less. json: the same in
    ``{{json .}}``, where that says it in another way.
    """

    name: str
    head: str
    cell: Callable[[Json], Any]
    whole: Callable[[Json], Any] | None = None
    json: Callable[[Json], Any] | None = None


#: What a column's ``json`` is where it has no place there.
ABSENT: Any = object()


class Row:
    """One thing of a list, as a template sees it."""

    __slots__ = ("_columns", "_kind", "_thing", "_whole")
    for_web = True  # its JSON has signs of web pages as escapes

    def __init__(self, thing: Json, columns: Mapping[str, Column], kind: str, whole: bool) -> None:
        self._thing, self._columns, self._kind, self._whole = thing, columns, kind, whole

    def field(self, name: str, *arguments: Any) -> Any:
        """A cell; ``.Label "key"`` is a label's value. Raises KeyError with the kind's name."""
        if name == "Label" and "Labels" in self._columns:
            if len(arguments) != 1:
                got = f"want 1 got {len(arguments)}"
                raise Refused(f"wrong number of args for Label: {got}")
            return str(labels(self._thing).get(arguments[0], ""))
        if name not in self._columns:
            raise KeyError(self._kind)
        column = self._columns[name]
        return ((self._whole and column.whole) or column.cell)(self._thing)

    def as_json(self) -> dict[str, Any]:
        """All cells, for ``{{json .}}``: the docker command sorts them."""
        cells = {
            name: column.json(self._thing) if column.json else self.field(name)
            for name, column in sorted(self._columns.items())
        }
        return {name: cell for name, cell in cells.items() if cell is not ABSENT}


def labels(thing: Json) -> dict[str, str]:
    """Of anything that the engine lists."""
    return part(thing, "Labels") or part(thing, "Spec", "Labels")


def labelled(thing: Json) -> str:
    """All labels in one cell."""
    return ",".join(f"{key}={value}" for key, value in sorted(labels(thing).items()))


class Listing(Command):
    """A list with a row for each thing.

    Its fields are some of ``quiet``, ``no_trunc``, ``format`` and ``filter``.
    """

    __slots__ = ()

    columns: ClassVar[tuple[Column, ...]]
    #: The columns of the table, where no format is given; a template stands for itself.
    shown: ClassVar[tuple[str, ...]]
    kind: ClassVar[str]  # Go's type, which its errors name
    key: ClassVar[str] = "ID"  # the column that --quiet shows
    quiet_first: ClassVar[bool] = False  # --quiet wins over a format
    loop: ClassVar[tuple[str, ...]]  # of the Python text: the variable, and lines that print it

    @abstractmethod
    def _call(self) -> Call: ...

    def _python(self) -> str:
        thing, *lines = self.loop
        return "\n    ".join((f"for {thing} in {self._call()}:", *lines))

    def _found(self, client: Client) -> Iterable[Json]:
        """A thing for each row, in order."""
        return by_name(self._call().on(client))

    def _shown(self) -> tuple[str, ...]:
        return self.shown

    def _run(self, client: Client, report: Report) -> str:
        return self.listed(self._found(client))

    def listed(self, things: Iterable[Json]) -> str:
        """The text for these things. Raises TemplateError."""
        form = getattr(self, "format", "") or "table"
        if getattr(self, "quiet", False) and (form == "table" or self.quiet_first):
            form = f"{{{{.{self.key}}}}}"
        whole = getattr(self, "no_trunc", False)
        columns = {column.name: column for column in self.columns}
        rows = (Row(thing, columns, self.kind, whole) for thing in things)
        try:
            return rendered(form, self._shown(), columns, rows)
        except TemplateError as error:
            raise TemplateError(f"template parsing error: {error}") from error


def rendered(
    form: str, shown: Iterable[str], columns: Mapping[str, Column], rows: Iterable[Row]
) -> str:
    """Rows in a format: ``table``, ``json``, a template, or ``table`` and a template.

    The rules are those of docker/cli, cli/command/formatter. Raises TemplateError.
    """
    is_table = form.startswith("table")
    text = form.removeprefix("table").strip(" ") if is_table else form.strip(" ")
    if not text:
        text = "\t".join(name if "{{" in name else f"{{{{.{name}}}}}" for name in shown)
    elif text == "json":
        text = "{{json .}}"
    text = text.replace("\\t", "\t").replace("\\n", "\n")
    template = Template(text)
    lines = [template.render(row) for row in rows]
    if not is_table:
        return "\n".join(lines)
    heads = {name: column.head for name, column in columns.items()}
    head = Template(text, {**FUNCTIONS, **HEADS}).render(heads)
    return table(head.split("\t"), (line.split("\t") for line in lines))
