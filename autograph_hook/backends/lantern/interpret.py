"""The interpreter: what a program means, over NumPy. Slow and plain: it is what compiled code is compared with.

Values are as in `op_meanings`; records are :class:`Instance`. A call takes about five frames of Python: deep recursion
is a RecursionError here earlier than elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .ir import INTEGERS, Block, Call, Expr, Field, If, List, Lit, Loop, Make, Map, Op, Program, Ptr, Scalar, Type, Var
from .op_meanings import DTYPES
from .ops import TABLE


class Instance:
    """A record of a program: its type's name and the values of its fields, by name."""

    __slots__ = ("fields", "record")

    def __init__(self, record: str, **fields: Any) -> None:
        self.record = record
        self.fields = fields

    def __repr__(self) -> str:
        return f"{self.record}({', '.join(f'{k}={v!r}' for k, v in self.fields.items())})"


def settle(value: Any, type: Type) -> Any:
    """A value, as values of this type are kept. An integer that does not fit is an OverflowError."""
    match type:
        case Scalar(dtype="bool"):
            return bool(value)
        case Scalar(dtype=dtype) if dtype in INTEGERS:
            number, half = int(value), 1 << (31 if dtype == "i32" else 63)
            if not -half <= number < half:
                raise OverflowError(f"{number} does not fit into {dtype}")
            return number
        case Scalar(dtype=dtype):
            return DTYPES[dtype](value)
        case List(element=element):
            return [settle(v, element) for v in value]
        case Ptr():
            return value
        case _:
            return np.asarray(value, DTYPES[type.dtype])


class Interpreter:
    """Runs the defs of a program. `gradients` has what `accumulate` added up, for each parameter.

    >>> from autograph_hook.backends.lantern.text import read
    >>> factorial = '''(program (def factorial ((n i64)) (i64) (begin
    ...   (let (one i64) 1)
    ...   (let (small bool) (<= n one))
    ...   (let (r i64) (if small (begin (tuple one)) (begin
    ...     (let (m i64) (- n one))
    ...     (let (f i64) (call factorial m))
    ...     (let (p i64) (* n f))
    ...     (tuple p))))
    ...   (tuple r))))'''
    >>> Interpreter(read(factorial)).run("factorial", 20)
    (2432902008176640000,)
    """

    def __init__(self, program: Program, values: Mapping[str, Any] | None = None) -> None:
        self.program = program
        self.defs = {d.name: d for d in program.defs}
        self.records = {r.name: r for r in program.records}
        names = (*program.params, *program.consts)
        self.globals = {v.name: settle((values or {})[v.name], v.type) for v in names}
        self.gradients: dict[str, Any] = {v.name: np.zeros_like(self.globals[v.name]) for v in program.params}

    def run(self, function: str, *args: Any) -> tuple[Any, ...]:
        """The results of a def. Raises what the operations raise."""
        params = self.defs[function].params
        with np.errstate(all="ignore"):
            return self.call(function, [settle(a, p.type) for a, p in zip(args, params, strict=True)])

    def call(self, function: str, args: Sequence[Any]) -> tuple[Any, ...]:
        definition = self.defs[function]
        scope = self.globals.copy()
        scope.update((p.name, a) for p, a in zip(definition.params, args, strict=True))
        return self.block(definition.body, scope)

    def block(self, block: Block, scope: dict[str, Any]) -> tuple[Any, ...]:
        """Names are bound once in a def, so that inner blocks may share the scope."""
        for let in block.lets:
            values = self.expr(let.expr, let.vars, scope)
            scope.update((v.name, value) for v, value in zip(let.vars, values, strict=True))
        return tuple(scope[v.name] for v in block.results)

    def expr(self, expr: Expr, vars: tuple[Var, ...], scope: dict[str, Any]) -> tuple[Any, ...]:
        match expr:
            case Lit(value=value, type=type):
                return (settle(value, type),)
            case Op(args=args):
                return self.op(expr, vars, [scope[a.name] for a in args])
            case Field(record=record, name=name):
                instance = scope[record.name]
                if instance is None:
                    raise AttributeError(f"'NoneType' object has no attribute '{name}'")
                return (instance.fields[name],)
            case Make(record=name, args=args):
                fields = self.records[name].fields
                return (Instance(name, **{f.name: scope[a.name] for f, a in zip(fields, args, strict=True)}),)
            case Call(function=function, args=args):
                return self.call(function, [scope[a.name] for a in args])
            case If(condition=condition, then=then, orelse=orelse):
                return self.block(then if scope[condition.name] else orelse, scope)
            case Loop():
                return self.loop(expr, scope)
            case Map():
                return self.map(expr, vars, scope)

    def op(self, op: Op, vars: tuple[Var, ...], values: list[Any]) -> tuple[Any, ...]:
        if op.name.startswith("accumulate"):
            self.accumulate(op, values)
            return ()
        result = TABLE[op.name].meaning(op, *values)
        if len(vars) == 1 and isinstance(vars[0].type, List | Ptr):
            return (result,)
        results = (result,) if len(vars) == 1 else result or ()
        return tuple(settle(value, v.type) for value, v in zip(results, vars, strict=True))

    def accumulate(self, op: Op, values: list[Any]) -> None:
        name = op.args[0].name
        held = self.gradients[name]
        match op.name:
            case "accumulate":
                self.gradients[name] = held + values[1]
            case "accumulate_at":
                held[tuple(values[2:])] += values[1]
            case _:
                held += np.outer(values[1], values[2])

    def loop(self, loop: Loop, scope: dict[str, Any]) -> tuple[Any, ...]:
        values: tuple[Any, ...] = tuple(scope[i.name] for i in loop.inits)
        while True:
            scope.update((v.name, value) for v, value in zip(loop.vars, values, strict=True))
            (more,) = self.block(loop.test, scope)
            if not more:
                return values
            values = self.block(loop.body, scope)

    def map(self, map_: Map, vars: tuple[Var, ...], scope: dict[str, Any]) -> tuple[Any, ...]:
        """Element by element: that is what it means."""
        args = np.broadcast_arrays(*(scope[a.name] for a in map_.args))
        columns = zip(*(a.ravel() for a in args), strict=True)
        types = [v.type for v in map_.vars]
        rows = []
        for column in columns:
            inner = {v.name: settle(x, t) for v, x, t in zip(map_.vars, column, types, strict=True)}
            rows.append(self.block(map_.body, inner))
        results = zip(*rows, strict=True) if rows else ((),) * len(vars)
        return tuple(settle(np.reshape(r, args[0].shape), v.type) for r, v in zip(results, vars, strict=True))
