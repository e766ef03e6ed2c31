"""What may be wrong with a line of code: each small change to a syntax tree, one at a time (for `make mutants`)."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial

_OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult, ast.Pow: ast.Mult, ast.BitOr: ast.BitAnd, ast.BitAnd: ast.BitOr, ast.BitXor: ast.BitOr,
}  # fmt: skip
#: to ask for the opposite is the same as to swap these
_OPPOSITES = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)
_CALLS = {"min": "max", "max": "min", "any": "all", "all": "any"}
_CONDITIONS = {(ast.If, "test"), (ast.While, "test"), (ast.IfExp, "test"), (ast.comprehension, "ifs")}
#: not run: annotations (never evaluated here), decorators, and what stands in brackets of a type
_NOT_CODE = {"annotation", "returns", "decorator_list", "type_params"}


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """One change to a module: ``apply`` makes it in the tree from which it was read."""

    where: str  #: the names that lead to it: "Pool.note", "TABLE", "Queue.wrap_up_s", else "module"
    line: int
    change: str
    apply: Callable[[], None] = field(compare=False, repr=False)


def mutations(tree: ast.Module) -> list[Mutation]:
    """Every change, always in the same order. Of two that read alike at one place the second is called "... (2)"."""
    told: dict[tuple[str, str], int] = {}
    found = []
    for each in _below(tree, "", local=False):
        times = told[each.where, each.change] = told.get((each.where, each.change), 0) + 1
        found.append(each if times == 1 else replace(each, change=f"{each.change} ({times})"))
    return found


def _below(node: ast.AST, where: str, *, local: bool) -> Iterator[Mutation]:
    local = local or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    for name, value in ast.iter_fields(node):
        if name in _NOT_CODE or (isinstance(node, ast.Subscript) and name == "slice" and isinstance(value, ast.Tuple)):
            continue
        many = isinstance(value, list)
        for place, child in enumerate(value if many else [value]):
            if not isinstance(child, ast.AST):
                continue
            for new, change in _instead(child, node, name, local):
                put = partial(value.__setitem__, place, new) if many else partial(setattr, node, name, new)
                yield Mutation(where=where or "module", line=getattr(child, "lineno", 0), change=change, apply=put)
            yield from _below(child, ".".join(filter(None, (where, _name(child, local)))), local=local)


def _name(node: ast.AST, local: bool) -> str:
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.AnnAssign(target=ast.Name(id=name)) | ast.Assign(targets=[ast.Name(id=name)]) if not local:
            return name
    return ""


def _instead(node: ast.AST, parent: ast.AST, name: str, local: bool) -> Iterator[tuple[ast.AST, str]]:
    """What could stand there in its place, and how that is told."""
    for new in _changed(node, parent, name, local):
        yield new, f"{_told(node)} -> {_told(new)}"
    match node:
        case ast.Dict(keys=keys, values=values):
            for i, (key, value) in enumerate(zip(keys, values, strict=True)):
                yield _with(node, keys=_less(keys, i), values=_less(values, i)), f"{_told(key) if key else '**'}: {_told(value)} left out"
        case ast.Set(elts=elts) | ast.Tuple(elts=elts) if len(elts) > 1 and (isinstance(node, ast.Set) or _is_row(node, parent, local)):
            for i, element in enumerate(elts):
                yield _with(node, elts=_less(elts, i)), f"{_told(element)} left out"
        case ast.Expr(value=ast.Constant()):
            pass  # says why
        case ast.Expr() | ast.AugAssign() | ast.Delete() | ast.Continue():
            yield ast.Pass(), f"{_told(node)} dropped"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript() | ast.Tuple()]) if local:
            yield ast.Pass(), f"{_told(node)} dropped"


def _changed(node: ast.AST, parent: ast.AST, name: str, local: bool) -> Iterator[ast.AST]:
    if (type(parent), name) in _CONDITIONS and not _has_an_opposite(node):
        yield ast.UnaryOp(op=ast.Not(), operand=node)
    match node:
        case ast.Constant(value=bool(value)):
            yield ast.Constant(value=not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value=value + 1)
            yield ast.Constant(value=value - 1)
        case ast.Compare(ops=ops):
            for i, op in enumerate(ops):
                yield _with(node, ops=[*ops[:i], _OTHER[type(op)](), *ops[i + 1 :]])
        case ast.BinOp(op=ast.BitOr()) if not local:
            pass  # of types
        case ast.BoolOp(op=op) | ast.BinOp(op=op) | ast.AugAssign(op=op) if type(op) in _OTHER:
            yield _with(node, op=_OTHER[type(op)]())
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield operand
        case ast.Call(func=ast.Name(id=called)) if called in _CALLS:
            yield _with(node, func=ast.Name(id=_CALLS[called], ctx=ast.Load()))
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield ast.Return(value=ast.Constant(value=None))


def _has_an_opposite(node: ast.AST) -> bool:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        return True
    return isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], _OPPOSITES)


def _is_row(node: ast.AST, parent: ast.AST, local: bool) -> bool:
    """Of a table: a tuple that is a module's own."""
    return not local and isinstance(parent, ast.Dict | ast.AnnAssign) and isinstance(node, ast.Tuple) and isinstance(node.ctx, ast.Load)


def _less(items: list[ast.expr], place: int) -> list[ast.expr]:
    return items[:place] + items[place + 1 :]


def _told(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())


def _with(node: ast.AST, **changed: object) -> ast.AST:
    new = deepcopy(node)
    for name, value in changed.items():
        setattr(new, name, value)
    return new
