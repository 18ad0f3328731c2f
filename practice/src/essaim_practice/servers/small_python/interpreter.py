"""The small Python: scripts and their statements."""

from __future__ import annotations

import ast
from collections.abc import Callable, Generator
from typing import Any

from essaim_practice.programs.steps import Step
from essaim_practice.servers.small_python.expressions import Expressions, Scope
from essaim_practice.servers.small_python.values import (
    Evaluation,
    Function,
    Kind,
    Raised,
    Thing,
    Unplayed,
    checked,
    combined,
    entries,
    error,
    hashed,
    native,
    short,
)

Doing = Generator[Step, Any, None]

_DEPTH = 30  # functions in functions


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


class _Return(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


class Interpreter(Expressions):
    """One script. load: gives a module by its name, or None."""

    def __init__(self, names: Scope, load: Callable[[str], Thing | None]) -> None:
        super().__init__(names)
        self._load = load

    def run(self, tree: ast.Module) -> Doing:
        """Run a script. Raises Raised, Left, Unplayed."""
        yield from self._block(tree.body, self.globals)

    def _called(self, function: Function, words: list[Any], named: dict[str, Any]) -> Evaluation:
        asked = function.node.args
        names = [word.arg for word in asked.args]
        if asked.vararg or asked.kwarg or asked.kwonlyargs or asked.posonlyargs:
            raise Unplayed(function.node.lineno)
        label = getattr(function.node, "name", "<lambda>")
        if len(words) > len(names):
            raise error("TypeError", f"{label}() takes {len(names)} positional arguments")
        scope: Scope = dict(zip(names, words, strict=False))
        scope |= {name: value for name, value in named.items() if name in names}
        late = names[len(names) - len(function.defaults) :]
        for name, value in zip(late, function.defaults, strict=True):
            scope.setdefault(name, value)
        for name in names:
            if name not in scope:
                text = f"{label}() missing 1 required positional argument: '{name}'"
                raise error("TypeError", text)
        if len(self._scopes) >= _DEPTH:
            raise Raised(Kind("RecursionError"), "maximum recursion depth exceeded")
        self._scopes.append(scope)
        try:
            if isinstance(function.node, ast.Lambda):
                return (yield from self.value(function.node.body, scope))
            yield from self._block(function.node.body, scope)
        except _Return as left:
            return left.value
        finally:
            self._scopes.pop()
        return None

    # Statements

    def _block(self, body: list[ast.stmt], scope: Scope) -> Doing:
        for statement in body:
            try:
                yield from self._walk(statement)
                do = _STATEMENTS.get(type(statement))
                if do is None:
                    raise Unplayed(statement.lineno)
                yield from do(self, statement, scope)
            except Raised as raised:
                raised.line = raised.line or statement.lineno
                raise
            except Unplayed as unplayed:
                unplayed.line = unplayed.line or statement.lineno
                raise

    def _expression(self, node: ast.Expr, scope: Scope) -> Doing:
        yield from self.value(node.value, scope)

    def _assign(self, node: ast.Assign, scope: Scope) -> Doing:
        value = yield from self.value(node.value, scope)
        for target in node.targets:
            yield from self._bind(target, value, scope)

    def _annotated(self, node: ast.AnnAssign, scope: Scope) -> Doing:
        if node.value is not None:
            value = yield from self.value(node.value, scope)
            yield from self._bind(node.target, value, scope)

    def _augment(self, node: ast.AugAssign, scope: Scope) -> Doing:
        before = yield from self.value(node.target, scope)
        by = yield from self.value(node.value, scope)
        value = combined(type(node.op), before, by)
        self._count(value)
        yield from self._bind(node.target, value, scope)

    def _bind(self, target: ast.expr, value: Any, scope: Scope) -> Doing:
        match target:
            case ast.Name(id=name):
                globally = name in scope.get(" global", ())
                (self.globals if globally else scope)[name] = value
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                values = list(short(value))
                if len(values) != len(parts):
                    raise error("ValueError", f"expected {len(parts)} values to unpack")
                for part, one in zip(parts, values, strict=True):
                    yield from self._bind(part, one, scope)
            case ast.Subscript():
                holder = yield from self.value(target.value, scope)
                key = hashed((yield from self.value(target.slice, scope)))
                if not isinstance(holder, (list, dict)) or isinstance(key, slice):
                    raise Unplayed(target.lineno)
                native(lambda: holder.__setitem__(key, value))
                checked(holder)
                self._count(value)
            case _:
                raise Unplayed(target.lineno)

    def _if(self, node: ast.If, scope: Scope) -> Doing:
        true = yield from self.value(node.test, scope)
        yield from self._block(node.body if true else node.orelse, scope)

    def _while(self, node: ast.While, scope: Scope) -> Doing:
        while (yield from self.value(node.test, scope)):
            try:
                yield from self._block(node.body, scope)
            except _Break:
                return
            except _Continue:
                continue
        yield from self._block(node.orelse, scope)

    def _for(self, node: ast.For, scope: Scope) -> Doing:
        for one in entries((yield from self.value(node.iter, scope))):
            yield from self._walk(node)
            yield from self._bind(node.target, one, scope)
            try:
                yield from self._block(node.body, scope)
            except _Break:
                return
            except _Continue:
                continue
        yield from self._block(node.orelse, scope)

    def _define(self, node: ast.FunctionDef, scope: Scope) -> Doing:
        defaults = []
        for one in node.args.defaults:
            defaults.append((yield from self.value(one, scope)))
        made: Any = Function(node, defaults)
        for decorator in reversed(node.decorator_list):
            by = yield from self.value(decorator, scope)
            made = yield from self.call(by, [made], {})
        scope[node.name] = made

    def _return(self, node: ast.Return, scope: Scope) -> Doing:
        raise _Return((yield from self.value(node.value, scope)) if node.value else None)

    def _raise(self, node: ast.Raise, scope: Scope) -> Doing:
        if node.exc is None:
            raise scope.get(" handled") or error("RuntimeError", "No active exception to reraise")
        value = yield from self.value(node.exc, scope)
        raise Raised(value) if isinstance(value, Kind) else _exception(value)

    def _try(self, node: ast.Try, scope: Scope) -> Doing:
        try:
            try:
                yield from self._block(node.body, scope)
            except Raised as raised:
                raised.__context__ = None  # else each holds all that were caught before it
                raised.__traceback__ = None
                for handler in node.handlers:
                    kinds = None
                    if handler.type is not None:
                        kinds = yield from self.value(handler.type, scope)
                    if _caught(raised, kinds):
                        scope[" handled"] = raised
                        if handler.name:
                            scope[handler.name] = raised
                        yield from self._block(handler.body, scope)
                        return
                raise
            else:
                yield from self._block(node.orelse, scope)
        finally:
            yield from self._block(node.finalbody, scope)

    def _import(self, node: ast.Import, scope: Scope) -> Doing:
        for alias in node.names:
            module = self._module(alias.name)
            first = alias.name.partition(".")[0]
            scope[alias.asname or first] = module if alias.asname else self._module(first)
        return
        yield

    def _import_from(self, node: ast.ImportFrom, scope: Scope) -> Doing:
        module = self._module(node.module or "")
        for alias in node.names:
            if alias.name not in module.has:
                raise Unplayed(node.lineno)
            scope[alias.asname or alias.name] = module.has[alias.name]
        return
        yield

    def _module(self, name: str) -> Thing:
        module = self._load(name)
        if module is None:
            raise Unplayed
        return module

    def _global(self, node: ast.Global, scope: Scope) -> Doing:
        scope[" global"] = {*scope.get(" global", ()), *node.names}
        return
        yield

    def _leave(self, node: ast.stmt, scope: Scope) -> Doing:
        if isinstance(node, (ast.Break, ast.Continue)):
            raise _Break if isinstance(node, ast.Break) else _Continue
        return
        yield


def _exception(value: Any) -> Raised:
    return value if isinstance(value, Raised) else error("TypeError", "exceptions must derive")


def _caught(raised: Raised, kinds: Any) -> bool:
    every = kinds if isinstance(kinds, tuple) else (kinds,)
    names = (raised.kind.name, *raised.kind.above)
    return any(kind is None or (isinstance(kind, Kind) and kind.name in names) for kind in every)


_STATEMENTS: dict[type[ast.stmt], Callable[..., Doing]] = {
    ast.AnnAssign: Interpreter._annotated, ast.Assign: Interpreter._assign,
    ast.AugAssign: Interpreter._augment, ast.Break: Interpreter._leave,
    ast.Continue: Interpreter._leave, ast.Expr: Interpreter._expression, ast.For: Interpreter._for,
    ast.FunctionDef: Interpreter._define, ast.Global: Interpreter._global, ast.If: Interpreter._if,
    ast.Import: Interpreter._import, ast.ImportFrom: Interpreter._import_from,
    ast.Pass: Interpreter._leave, ast.Raise: Interpreter._raise, ast.Return: Interpreter._return,
    ast.Try: Interpreter._try, ast.While: Interpreter._while,
}  # fmt: skip
