r"""Go's text/template, as the docker command has it for --format: a text is parsed and executed.

    Template("{{.Name}}: {{join .Tags \", \"}}").render({"Name": "web", "Tags": ["a", "b"]})

The sentences of refusals are Go's own (text/template/exec.go).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, runtime_checkable

from core.errors import TemplateError
from core.templates import nodes
from core.templates.functions import FUNCTIONS, Function, Refused, fits, kind_of
from core.templates.syntax import parse
from core.templates.values import NO_VALUE, printed, truth, weight

MOST = 1_000_000  # characters of one answer, and steps to it: there may be loops in loops
#: Characters and parts of all values that functions are given: each may make as many anew.
MOST_GIVEN = 4 * MOST
_DEEPEST = 50  # templates within templates; Go has room for more


@runtime_checkable
class Fields(Protocol):
    """A thing that says itself what ``.Name`` is of it, and what ``.Name "argument"``."""

    def field(self, name: str, *arguments: Any) -> Any:
        """Raises KeyError with Go's name of its type where there is no such field."""
        ...


class _Leave(Exception):
    """``break`` or ``continue``, on its way to its ``range``."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Template:
    """A parsed template."""

    def __init__(self, text: str, functions: Mapping[str, Function] = FUNCTIONS) -> None:
        """Raise TemplateError for what Go's parser refuses."""
        self._text = text
        self._functions = functions
        known = frozenset(self._functions) | {"and", "or"}
        with _depth():
            self._nodes, self._defined = parse(text, known)

    def render(self, dot: Any, missing: Callable[[str], bool] = lambda name: True) -> str:
        """The text for a thing.

        missing: whether a key that a map does not have prints ``<no value>``; else it is refused.

        Raises TemplateError.
        """
        run = _Run(self._text, self._functions, dot, missing, self._defined)
        try:
            with _depth():
                run.walk(self._nodes, dot)
        except TemplateError as error:
            error.printed = "".join(run.out)
            raise
        return "".join(run.out)


@contextmanager
def _depth() -> Iterator[None]:
    """Refuse a template whose parts lie too deep in one another. Raises TemplateError."""
    try:
        yield
    except RecursionError:
        raise TemplateError("the template's parts are too deep in one another") from None


class _Run:
    """One execution."""

    def __init__(
        self,
        text: str,
        functions: Mapping[str, Function],
        root: Any,
        missing: Callable[[str], bool],
        defined: Mapping[str, Sequence[nodes.Node]],
    ) -> None:
        self.out: list[str] = []
        self._length = self._steps = self._depth = self._given = 0
        self._defined = defined
        self._text, self._functions, self._missing = text, functions, missing
        self._variables: list[tuple[str, Any]] = [("$", root)]

    def walk(self, done: Sequence[nodes.Node], dot: Any) -> None:
        for node in done:
            self._step()
            match node:
                case nodes.Text(text):
                    self._say(text)
                case nodes.Pipeline():
                    value = self._pipeline(node, dot)
                    if not node.variables:
                        self._say(NO_VALUE if value is None else printed(value))
                case nodes.Branch("range"):
                    self._range(node, dot)
                case nodes.Branch():
                    self._branch(node, dot)
                case nodes.Leave(kind):
                    raise _Leave(kind)
                case nodes.Invoke():
                    self._invoke(node, dot)

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MOST:
            raise TemplateError(f"the template takes more than {MOST} steps")

    def _invoke(self, node: nodes.Invoke, dot: Any) -> None:
        if node.name not in self._defined:
            raise self._error(f'template "{node.name}" not defined', node.shown, node.at)
        if self._depth == _DEEPEST:
            raise self._error(f"exceeded maximum template depth ({_DEEPEST})", node.shown, node.at)
        self._step()
        value = self._pipeline(node.pipeline, dot) if node.pipeline else None
        outside, self._variables = self._variables, [("$", value)]
        self._depth += 1
        self.walk(self._defined[node.name], value)
        self._depth -= 1
        self._variables = outside

    def _say(self, text: str) -> None:
        self._length += len(text)
        if self._length > MOST:
            raise TemplateError(f"the template prints more than {MOST} characters")
        self.out.append(text)

    @contextmanager
    def _scope(self) -> Iterator[None]:
        known = len(self._variables)
        try:
            yield
        finally:
            del self._variables[known:]

    def _branch(self, node: nodes.Branch, dot: Any) -> None:
        with self._scope():
            value = self._pipeline(node.pipeline, dot)
            if truth(value):
                self.walk(node.then, value if node.kind == "with" else dot)
            else:
                self.walk(node.otherwise, dot)

    def _range(self, node: nodes.Branch, dot: Any) -> None:
        pipeline = node.pipeline
        with self._scope():
            value = self._pipeline(nodes.Pipeline(pipeline.calls), dot)
            none = True
            for key, each in self._pairs(value, pipeline):
                none = False
                self._step()
                with self._scope():
                    names = pipeline.variables
                    given = (key, each) if len(names) == 2 else (each,)
                    self._set(names, given, pipeline.declares)
                    try:
                        self.walk(node.then, each)
                    except _Leave as leave:
                        if leave.kind == "break":
                            break
            if none:
                self.walk(node.otherwise, dot)

    def _pairs(self, value: Any, of: nodes.Pipeline) -> Iterable[tuple[Any, Any]]:
        """What ``range`` goes through: keys or numbers, and things."""
        if isinstance(value, Mapping):
            return ((key, value[key]) for key in sorted(value))
        if isinstance(value, list | tuple):
            return enumerate(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return ((number, number) for number in range(value))
        if value is None:
            return ()
        raise self._error(f"range can't iterate over {printed(value)}", of.shown, of.at)

    def _set(self, names: Sequence[str], values: Sequence[Any], declares: bool) -> None:
        for name, value in zip(names, values, strict=False):
            if declares:
                self._variables.append((name, value))
                continue
            at = max(n for n, (known, _) in enumerate(self._variables) if known == name)
            self._variables[at] = name, value

    def _pipeline(self, pipeline: nodes.Pipeline, dot: Any) -> Any:
        value: tuple[Any, ...] = ()
        for call in pipeline.calls:
            value = (self._call(call, dot, value),)
        self._set(pipeline.variables, value, pipeline.declares)
        return value[0]

    def _call(self, call: nodes.Call, dot: Any, last: tuple[Any, ...]) -> Any:
        first, *rest = call.operands
        if isinstance(first, nodes.Function):
            if first.name in ("and", "or"):
                if not rest and not last:
                    why = f"wrong number of args for {first.name}: want at least 1 got 0"
                    raise self._error(why, call.shown, first.at)
                return self._logic(first.name, rest, last, dot)
            return self._function(call, first, rest, last, dot)
        if isinstance(first, nodes.Field) and first.names:
            return self._field(first, dot, [*(self._value(each, dot) for each in rest), *last])
        if rest or last:
            why = f"can't give argument to non-function {first.shown}"
            raise self._error(why, first.shown, first.at)
        if isinstance(first, nodes.Constant) and first.value is None:
            raise self._error("nil is not a command", "nil", first.at)
        return self._value(first, dot)

    def _value(self, operand: nodes.Operand, dot: Any) -> Any:
        match operand:
            case nodes.Constant(value):
                return value
            case nodes.Variable(name):
                return next(value for known, value in self._variables[::-1] if known == name)
            case nodes.Pipeline():
                return self._pipeline(operand, dot)
            case nodes.Function():
                return self._call(nodes.Call((operand,)), dot, ())
            case nodes.Field():
                return self._field(operand, dot, [])

    def _logic(self, name: str, rest: list[nodes.Operand], last: tuple[Any, ...], dot: Any) -> Any:
        """``and`` and ``or``, which look no further than they have to."""
        value = None
        for each in rest:
            value = self._value(each, dot)
            if truth(value) == (name == "or"):
                return value
        return last[0] if last else value

    def _function(
        self,
        call: nodes.Call,
        named: nodes.Function,
        rest: list[nodes.Operand],
        last: tuple[Any, ...],
        dot: Any,
    ) -> Any:
        name, function = named.name, self._functions[named.name]
        if why := function.wrong(name, len(rest) + len(last)):
            raise self._error(why, call.shown, named.at)
        values = []
        for number, operand in enumerate(rest):
            value, kind = self._value(operand, dot), function.kind(number)
            if not fits(value, kind):
                found = f"expected {kind}; found {operand.shown}"
                got = f"wrong type for value; expected {kind}; got {kind_of(value)}"
                constant = isinstance(operand, nodes.Constant)
                raise self._error(found if constant else got, operand.shown, operand.at)
            values.append(value)
        for value in last:
            kind = function.kind(len(values))
            if not fits(value, kind):
                got = f"wrong type for value; expected {kind}; got {kind_of(value)}"
                raise self._error(got, call.shown, named.at)
        values += last
        self._given += sum(map(weight, values))
        if self._given > MOST_GIVEN:
            raise TemplateError(f"the template's functions take more than {MOST_GIVEN} characters")
        try:
            return function.do(*values)
        except Refused as error:
            raise self._error(f"error calling {name}: {error}", call.shown, named.at) from None

    def _field(self, field: nodes.Field, dot: Any, arguments: list[Any]) -> Any:
        value = dot if field.of is None else self._value(field.of, dot)
        if not field.names:
            return value
        for number, name in enumerate(field.names):
            given = arguments if number == len(field.names) - 1 else []
            value = self._one_field(field, value, name, given)
        return value

    def _one_field(self, field: nodes.Field, of: Any, name: str, arguments: list[Any]) -> Any:
        if isinstance(of, Mapping):
            if arguments:
                raise self._error(
                    f"{name} is not a method but has arguments", field.shown, field.at
                )
            if name in of:
                return of[name]
            if self._missing(name):
                return None
            raise self._error(f'map has no entry for key "{name}"', field.shown, field.at)
        if of is None:
            raise self._error(f'nil data; no entry for key "{name}"', field.shown, field.at)
        if isinstance(of, Fields):
            try:
                return of.field(name, *arguments)
            except KeyError as error:
                kind = error.args[0]
            except Refused as error:
                raise self._error(str(error), field.shown, field.at) from None
        else:
            kind = "interface {}"  # what JSON holds is of no other type
        raise self._error(f"can't evaluate field {name} in type {kind}", field.shown, field.at)

    def _error(self, why: str, shown: str, at: int) -> TemplateError:
        before = self._text[:at]
        line = 1 + before.count("\n")
        column = at - (before.rfind("\n") + 1)
        return TemplateError(f'template: :{line}:{column}: executing "" at <{shown}>: {why}')
