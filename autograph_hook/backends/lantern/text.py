"""The printed form of a program: S-expressions, as `ir` describes them. `read(write(program)) == program`."""

from __future__ import annotations

import json
from collections.abc import Iterable

from .ir import (
    Attr,
    Block,
    Call,
    Def,
    Expr,
    Field,
    If,
    Let,
    Lit,
    Loop,
    Make,
    Map,
    Op,
    Program,
    Var,
)
from .reading import ReadError, read

__all__ = ["ReadError", "read", "write", "write_block", "write_def", "write_expr", "write_let"]


def _number(value: bool | int | float | None) -> str:
    if value is None or isinstance(value, bool):
        return {True: "true", False: "false", None: "null"}[value]
    return repr(value)


def _attr(value: Attr) -> str:
    match value:
        case str():
            return json.dumps(value)
        case tuple():
            return f"({' '.join(map(str, value))})"
        case bool() | int() | float():
            return _number(value)
        case _:
            return str(value)


def _names(head: str, vars: Iterable[Var]) -> str:
    return f"({' '.join([head, *(v.name for v in vars)])})"


def _bound(vars: tuple[Var, ...]) -> str:
    return f"({' '.join(f'({v.name} {v.type})' for v in vars)})"


def _carried(vars: tuple[Var, ...], inits: tuple[Var, ...]) -> str:
    return f"({' '.join(f'({v.name} {v.type} {i.name})' for v, i in zip(vars, inits, strict=True))})"


def write_expr(expr: Expr, indent: str = "") -> str:
    """An expression; its blocks begin on new lines."""
    inner = f"\n{indent}  "

    def block(b: Block) -> str:
        return inner + write_block(b, indent + "  ")

    match expr:
        case Lit(value=value):
            return _number(value)
        case Op(name=name, args=args, attrs=attrs):
            return " ".join([_names(name, args)[:-1], *(f":{k} {_attr(v)}" for k, v in attrs)]) + ")"
        case Field(record=record, name=name):
            return f"(field {record.name} {name})"
        case Make(record=name, args=args):
            return _names(f"make {name}", args)
        case Call(function=name, args=args):
            return _names(f"call {name}", args)
        case If(condition=condition, then=then, orelse=orelse):
            return f"(if {condition.name}{block(then)}{block(orelse)})"
        case Loop(vars=vars, inits=inits, test=test, body=body):
            return f"(loop {_carried(vars, inits)}{block(test)}{block(body)})"
        case Map(vars=vars, args=args, body=body):
            return f"(map {_carried(vars, args)}{block(body)})"


def write_let(let: Let, indent: str = "") -> str:
    names = f"({let.vars[0].name} {let.vars[0].type})" if len(let.vars) == 1 else _bound(let.vars)
    line = f" @{let.line}" if let.line else ""
    return f"(let {names} {write_expr(let.expr, indent)}{line})"


def write_block(block: Block, indent: str = "") -> str:
    lines = [write_let(let, indent + "  ") for let in block.lets]
    return "(begin" + "".join(f"\n{indent}  {line}" for line in [*lines, _names("tuple", block.results)]) + ")"


def write_def(definition: Def, indent: str = "") -> str:
    """One function, as text.

    >>> from autograph_hook.backends.lantern.ir import F32, Block, Def, Let, Op, Var
    >>> x, y = Var("x", F32), Var("y", F32)
    >>> print(write_def(Def("square", (x,), (F32,), Block((Let((y,), Op("*", (x, x)), 3),), (y,)), "a.py")))
    (def square "a.py" ((x f32)) (f32)
      (begin
        (let (y f32) (* x x) @3)
        (tuple y)))
    """
    path = f"{json.dumps(definition.path)} " if definition.path else ""
    types = f"({' '.join(map(str, definition.results))})"
    body = write_block(definition.body, indent + "  ")
    return f"(def {definition.name} {path}{_bound(definition.params)} {types}\n{indent}  {body})"


def write(program: Program) -> str:
    lines = [f"(param {v.name} {v.type})" for v in program.params]
    lines += [f"(const {v.name} {v.type})" for v in program.consts]
    lines += [f"(record {' '.join([r.name, *(f'({v.name} {v.type})' for v in r.fields)])})" for r in program.records]
    lines += [write_def(d, "  ") for d in program.defs]
    return "(program" + "".join(f"\n  {line}" for line in lines) + ")\n"
