"""Writes the walk's source anew for one program: its tables become constants, loops over them are unrolled.

There is one walk (`kernels`), which reads from a program's tables what to do. Here its text is evaluated as far as a
program decides it: a loop over a table's rows becomes its rows one after the other, a condition on a table's entry
becomes one of its branches, an entry becomes its number. What is left is the same arithmetic in the same order, so the
answers are the same bits.
"""

import ast
import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

_BINARY: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = MappingProxyType(
    {
        ast.Add: operator.add,
        ast.Sub: operator.sub,
        ast.Mult: operator.mul,
        ast.LShift: operator.lshift,
        ast.BitAnd: operator.and_,
        ast.Eq: operator.eq,
        ast.NotEq: operator.ne,
        ast.Lt: operator.lt,
        ast.LtE: operator.le,
        ast.Gt: operator.gt,
        ast.GtE: operator.ge,
    }
)
#: Functions of known numbers that are numbers.
_PURE: Mapping[str, Callable[..., Any]] = MappingProxyType({"int": int, "range": range})


class _Known:
    """What an expression was found to be: a number or a table."""

    def __init__(self, value: Any) -> None:
        self.value = value.item() if isinstance(value, np.generic) else value


_Found = _Known | ast.expr


def unrolled(source: str, entry: str, known: Mapping[str, Any], constants: Mapping[str, int]) -> str:
    """The functions of `source` that `entry` needs, where its parameters `known` (numbers, arrays) have these values.

    They keep their decorators; `entry` keeps its name and loses those parameters. `constants` are names that the text
    may use as they are.
    """
    functions = {node.name: node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)}
    unroller = _Unroller(functions, constants)
    unroller.function(entry, dict(known), entry)
    return "\n\n".join(unroller.texts)


class _Unroller:
    """Rewrites functions, each once for every set of known arguments that it is called with."""

    def __init__(self, functions: Mapping[str, ast.FunctionDef], constants: Mapping[str, int]) -> None:
        self.functions = functions
        self.constants = constants
        self.names = {value: name for name, value in constants.items() if name == "NEVER"}
        self.made: dict[tuple[str, tuple[tuple[str, object], ...]], str] = {}
        self.texts: list[str] = []

    def function(self, name: str, known: dict[str, Any], as_name: str = "") -> str:
        """Write one function for known arguments, unless that is done; its new name."""
        mark = tuple((key, id(v) if isinstance(v, np.ndarray) else v) for key, v in sorted(known.items()))
        if (name, mark) not in self.made:
            new = as_name or f"{name}_{len(self.made)}"
            self.made[name, mark] = new
            original = self.functions[name]
            body = _Body(self, original, known).block(original.body)
            arguments = [arg for arg in original.args.args if arg.arg not in known]
            made = ast.FunctionDef(
                name=new,
                args=ast.arguments(posonlyargs=[], args=arguments, kwonlyargs=[], kw_defaults=[], defaults=[]),
                body=body or [ast.Pass()],
                decorator_list=original.decorator_list,
                returns=original.returns,
            )
            self.texts.append(ast.unparse(ast.fix_missing_locations(made)))
        return self.made[name, mark]


class _Body:
    """One function's statements, given what is known of its arguments."""

    def __init__(self, unroller: _Unroller, function: ast.FunctionDef, known: dict[str, Any]) -> None:
        self.unroller = unroller
        self.known = known
        self.unrolls = bool(known)
        # A name that is bound in one place only has one value wherever it is read after that place.
        bound = Counter(n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store))
        self.once = {name for name, times in bound.items() if times == 1} - {a.arg for a in function.args.args}

    # --- statements --------------------------------------------------------------------------------------------------

    def block(self, statements: Sequence[ast.stmt]) -> list[ast.stmt]:
        return [made for statement in statements for made in self._statement(statement)]

    def _statement(self, node: ast.stmt) -> list[ast.stmt]:  # noqa: PLR0911 (one per kind of statement)
        if isinstance(node, ast.If):
            return self._if(node)
        if isinstance(node, ast.For):
            return self._for(node)
        if isinstance(node, ast.While):
            return [ast.While(self._left(node.test), self.block(node.body), [])]
        if isinstance(node, ast.Assign):
            return self._assign(node)
        if isinstance(node, ast.AugAssign):
            return [ast.AugAssign(self._left(node.target), node.op, self._left(node.value))]  # type: ignore[arg-type]
        if isinstance(node, ast.Return):
            return [ast.Return(self._left(node.value) if node.value else None)]
        if isinstance(node, ast.Expr):
            return [] if isinstance(node.value, ast.Constant) else [ast.Expr(self._left(node.value))]
        return [node]

    def _if(self, node: ast.If) -> list[ast.stmt]:
        test = self._found(node.test)
        if isinstance(test, _Known):
            return self.block(node.body if test.value else node.orelse)
        body, otherwise = self.block(node.body), self.block(node.orelse)
        return [ast.If(test, body or [ast.Pass()], otherwise)] if body or otherwise else []

    def _for(self, node: ast.For) -> list[ast.stmt]:
        target, over = node.target, self._found(node.iter) if self.unrolls else node.iter
        assert isinstance(target, ast.Name)
        if isinstance(over, ast.expr):
            return [ast.For(target, over, self.block(node.body), [])]
        made: list[ast.stmt] = []
        body = _without_continue(node.body)
        before = self.known.get(target.id)
        for value in over.value:
            self.known[target.id] = value
            made += self.block(body)
        self.known[target.id] = before
        return made

    def _assign(self, node: ast.Assign) -> list[ast.stmt]:
        (target,) = node.targets
        pairs = [(target, node.value)]
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = list(zip(target.elts, node.value.elts, strict=True))
        found = [(self._left(to) if not isinstance(to, ast.Name) else to, self._found(value)) for to, value in pairs]
        left: list[tuple[ast.expr, ast.expr]] = []
        for to, value in found:
            if isinstance(value, _Known) and isinstance(to, ast.Name) and to.id in self.once:
                self.known[to.id] = value.value
            else:
                left.append((to, self._expression(value)))
        if len(left) < 2:
            return [ast.Assign([to], value) for to, value in left]
        return [ast.Assign([ast.Tuple([t for t, _ in left], ast.Store())], ast.Tuple([v for _, v in left], ast.Load()))]

    # --- expressions -------------------------------------------------------------------------------------------------

    def _left(self, node: ast.expr) -> ast.expr:
        """What is left of an expression."""
        return self._expression(self._found(node))

    def _expression(self, found: _Found) -> ast.expr:
        if isinstance(found, ast.expr):
            return found
        if found.value in self.unroller.names:
            return ast.Name(self.unroller.names[found.value], ast.Load())
        if not isinstance(found.value, bool | int | float):
            raise TypeError(f"A table is read at a place that only the events decide: {found.value!r}")
        return ast.Constant(found.value)

    def _found(self, node: ast.expr) -> _Found:  # noqa: PLR0911 (one per kind of expression)
        if isinstance(node, ast.Constant):
            return _Known(node.value)
        if isinstance(node, ast.Name):
            value = self.known.get(node.id, self.unroller.constants.get(node.id))
            return node if value is None else _Known(value)
        if isinstance(node, ast.BoolOp):
            return self._both_or_either(node)
        if isinstance(node, ast.IfExp):
            test = self._found(node.test)
            if isinstance(test, _Known):
                return self._found(node.body if test.value else node.orelse)
            return ast.IfExp(test, self._left(node.body), self._left(node.orelse))
        if isinstance(node, ast.BinOp):
            left, right = self._found(node.left), self._found(node.right)
            if isinstance(left, _Known) and isinstance(right, _Known) and type(node.op) in _BINARY:
                return _Known(_BINARY[type(node.op)](left.value, right.value))
            return ast.BinOp(self._expression(left), node.op, self._expression(right))
        if isinstance(node, ast.UnaryOp):
            operand = self._found(node.operand)
            if isinstance(operand, _Known):
                return _Known({ast.Not: operator.not_, ast.USub: operator.neg}[type(node.op)](operand.value))
            return ast.UnaryOp(node.op, operand)
        if isinstance(node, ast.Compare):
            return self._compare(node)
        return self._part(node)

    def _part(self, node: ast.expr) -> _Found:
        if isinstance(node, ast.Attribute):
            whole = self._found(node.value)
            return _Known(getattr(whole.value, node.attr)) if isinstance(whole, _Known) else node
        if isinstance(node, ast.Subscript):
            whole, place = self._found(node.value), self._found(node.slice)
            if isinstance(whole, _Known) and isinstance(place, _Known):
                return _Known(whole.value[place.value])
            return ast.Subscript(self._expression(whole), _unsigned(self._expression(place)), node.ctx)
        if isinstance(node, ast.Tuple):
            parts = [self._found(part) for part in node.elts]
            known = [part.value for part in parts if isinstance(part, _Known)]
            return (
                _Known(tuple(known))
                if len(known) == len(parts)
                else ast.Tuple([*map(self._expression, parts)], node.ctx)
            )
        if isinstance(node, ast.Call):
            return self._call(node)
        return node

    def _both_or_either(self, node: ast.BoolOp) -> _Found:
        decides = isinstance(node.op, ast.Or)
        left: list[ast.expr] = []
        for value in node.values:
            found = self._found(value)
            if isinstance(found, ast.expr):
                left.append(found)
            elif bool(found.value) == decides:  # Nothing to the left of it does anything.
                return _Known(decides)
        if not left:
            return _Known(not decides)
        return left[0] if len(left) == 1 else ast.BoolOp(node.op, left)

    def _compare(self, node: ast.Compare) -> _Found:
        terms = [self._found(term) for term in (node.left, *node.comparators)]
        if len(terms) == 2 and all(isinstance(term, _Known) for term in terms):
            left, right = (term.value for term in terms if isinstance(term, _Known))
            return _Known(_BINARY[type(node.ops[0])](left, right))
        first, *rest = map(self._expression, terms)
        return ast.Compare(first, node.ops, rest)

    def _call(self, node: ast.Call) -> _Found:
        arguments = [self._found(argument) for argument in node.args]
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in _PURE and all(isinstance(argument, _Known) for argument in arguments):
            return _Known(_PURE[name](*(argument.value for argument in arguments if isinstance(argument, _Known))))
        if name not in self.unroller.functions:
            return ast.Call(node.func, [self._expression(argument) for argument in arguments], [])
        function = self.unroller.functions[name]
        written = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        known: dict[str, Any] = {}
        left: list[ast.expr] = []
        for parameter, argument in zip(function.args.args, arguments, strict=True):
            if isinstance(argument, _Known) and parameter.arg not in written:
                known[parameter.arg] = argument.value
            else:
                left.append(self._expression(argument))
        return ast.Call(ast.Name(self.unroller.function(name, known), ast.Load()), left, [])


def _without_continue(statements: Sequence[ast.stmt]) -> list[ast.stmt]:
    """The same without `continue` at the end of an `if` of a loop's body: what follows becomes its `else`."""
    for place, statement in enumerate(statements):
        if isinstance(statement, ast.If) and isinstance(statement.body[-1], ast.Continue):
            rest = _without_continue(statements[place + 1 :])
            made = ast.If(statement.test, statement.body[:-1], rest)
            return [*statements[:place], made]
    return list(statements)


def _unsigned(place: ast.expr) -> ast.expr:
    """A place in an array that is known not to count from its end: then nothing asks at every access."""
    if isinstance(place, ast.Tuple):
        return ast.Tuple([_unsigned(part) for part in place.elts], place.ctx)
    if isinstance(place, ast.Slice | ast.Constant):
        return place
    return ast.Call(ast.Attribute(ast.Name("np", ast.Load()), "uint64", ast.Load()), [place], [])
