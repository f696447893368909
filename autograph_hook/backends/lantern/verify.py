"""The verifier: is a program well-formed, with types and shapes that fit? If not, where and why."""

from __future__ import annotations

from collections.abc import Iterable

from autograph_hook.errors import AutographError

from .ir import (
    BOOL,
    DTYPES,
    FLOATS,
    INTEGERS,
    Block,
    Call,
    Def,
    Field,
    If,
    Let,
    List,
    Lit,
    Loop,
    Make,
    Map,
    Op,
    Program,
    Ptr,
    Scalar,
    Tensor,
    Type,
    Var,
)
from .op_types import Mismatch, Types
from .ops import TABLE, is_fusible, result_types


class Malformed(AutographError):
    """A program breaks a rule of the representation. The message says what, in which def and let, on which line."""


def check(program: Program) -> Program:
    """The program itself; raises Malformed where it breaks a rule.

    >>> from autograph_hook.backends.lantern.text import read
    >>> bad = '''(program (def f "model.py" ((x (tensor f32 3)) (y (tensor f32 4))) ((tensor f32 3))
    ...   (begin (let (z (tensor f32 3)) (+ x y) @7) (tuple z))))'''
    >>> check(read(bad))
    Traceback (most recent call last):
    autograph_hook.backends.lantern.verify.Malformed: model.py:7, in f, where z is bound: `+`: shapes (3,) and (4,) do \
not broadcast
    """
    _Verifier(program).program()
    return program


def _distinct(names: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise Malformed(f"{what} {name} is there twice")
        seen.add(name)


class _Verifier:
    def __init__(self, program: Program) -> None:
        self.whole = program
        self.records = {r.name: r for r in program.records}
        self.defs = {d.name: d for d in program.defs}
        self.globals = {v.name: v for v in (*program.params, *program.consts)}

    def program(self) -> None:
        whole = self.whole
        _distinct((v.name for v in (*whole.params, *whole.consts)), "the parameter or constant")
        _distinct((r.name for r in whole.records), "the record")
        _distinct((d.name for d in whole.defs), "the def")
        for var in whole.params:
            if not isinstance(var.type, Scalar | Tensor) or var.type.dtype not in FLOATS:
                raise Malformed(f"the parameter {var} is {var.type}: a scalar or tensor of f32 or f64 is wanted")
        for var in self.globals.values():
            self.type(var.type, f"the parameter or constant {var}")
        for record in whole.records:
            _distinct((f.name for f in record.fields), f"in the record {record.name} the field")
            for field in record.fields:
                self.type(field.type, f"the field {field} of the record {record.name}")
        for definition in whole.defs:
            _DefVerifier(self, definition).run()

    def type(self, type: Type, what: str) -> None:
        match type:
            case Scalar(dtype=dtype) | Tensor(dtype=dtype) if dtype not in DTYPES:
                raise Malformed(f"{what}: there is no dtype {dtype}")
            case Tensor(shape=shape) if not shape or any(n < 0 for n in shape):
                raise Malformed(f"{what}: a tensor has dimensions of 0 or more, not {shape}")
            case List(element=element):
                self.type(element, what)
            case Ptr(record=record) if record not in self.records:
                raise Malformed(f"{what}: there is no record {record}")


class _DefVerifier:
    """Checks one def. `bound` are all names bound so far in the def, `scope` those that are seen here."""

    def __init__(self, outer: _Verifier, definition: Def) -> None:
        self.outer = outer
        self.definition = definition
        self.bound = set(outer.globals)
        self.place = f"the def {definition.name}"

    def run(self) -> None:
        definition, outer = self.definition, self.outer
        self.place = f"{definition.path}, in {definition.name}" if definition.path else f"in {definition.name}"
        scope = dict(outer.globals)
        self.bind(definition.params, scope)
        for type in definition.results:
            outer.type(type, f"{self.place}, the results")
        results = self.block(definition.body, scope)
        self.equal(results, definition.results, "the results of the body", "the def's results")

    def fail(self, text: str) -> None:
        raise Malformed(f"{self.place}: {text}")

    def bind(self, vars: Iterable[Var], scope: dict[str, Var]) -> None:
        for var in vars:
            if var.name in self.bound:
                self.fail(f"the name `{var}` is bound twice")
            self.outer.type(var.type, f"{self.place}: `{var}`")
            self.bound.add(var.name)
            scope[var.name] = var

    def see(self, vars: Iterable[Var], scope: dict[str, Var]) -> None:
        for var in vars:
            known = scope.get(var.name)
            if known is None:
                self.fail(f"`{var}` is not bound here")
            elif known.type != var.type:
                self.fail(f"`{var}` is used as {var.type} but bound as {known.type}")

    def equal(self, given: Iterable[Type], wanted: Iterable[Type], what: str, other: str) -> None:
        given, wanted = tuple(given), tuple(wanted)
        if given != wanted:
            self.fail(f"{what} are ({' '.join(map(str, given))}), {other} ({' '.join(map(str, wanted))})")

    def block(self, block: Block, scope: dict[str, Var]) -> Types:
        inner = dict(scope)
        for let in block.lets:
            self.let(let, inner)
        self.see(block.results, inner)
        return tuple(v.type for v in block.results)

    def let(self, let: Let, scope: dict[str, Var]) -> None:
        definition, before = self.definition, self.place
        where = f"{definition.path or 'line '}{':' if definition.path else ''}{let.line}, " if let.line else ""
        path = f"{definition.path}, " if definition.path and not where else where
        names = " ".join(v.name for v in let.vars)
        binds = f"where {names} {'is' if len(let.vars) == 1 else 'are'} bound" if let.vars else self.acting(let)
        self.place = f"{path}in {definition.name}, {binds}"
        try:
            types = self.expr(let, scope)
        except Mismatch as mismatch:
            raise Malformed(f"{self.place}: {mismatch}") from None
        self.equal(types, (v.type for v in let.vars), "the results of the expression", "the names")
        self.bind(let.vars, scope)
        self.place = before

    @staticmethod
    def acting(let: Let) -> str:
        return f"at a `{let.expr.name}`" if isinstance(let.expr, Op) else "at an expression without results"

    def expr(self, let: Let, scope: dict[str, Var]) -> Types:
        match let.expr:
            case Lit():
                return self.literal(let.expr)
            case Op(args=args) as op:
                self.see(args, scope)
                if op.name.startswith("accumulate") and op.args and op.args[0] not in self.outer.whole.params:
                    self.fail(f"`{op.name}` is for parameters of the program; `{op.args[0]}` is none")
                if list(op.attrs) != sorted(op.attrs, key=lambda pair: pair[0]):
                    self.fail("the attributes are not sorted by name")
                return result_types(op)
            case Field(record=record, name=name):
                self.see((record,), scope)
                return self.field(record, name)
            case Make(record=name, args=args):
                self.see(args, scope)
                return self.make(name, args)
            case Call(function=function, args=args):
                self.see(args, scope)
                return self.call(function, args)
            case If(condition=condition, then=then, orelse=orelse):
                self.see((condition,), scope)
                self.equal((condition.type,), (BOOL,), "the condition's types", "wanted is")
                place = self.place
                first, second = self.block(then, scope), self.block(orelse, scope)
                self.place = place
                self.equal(second, first, "the results of the second branch", "those of the first")
                return first
            case Loop() as loop:
                return self.loop(loop, scope)
            case Map() as map_:
                return self.map(map_, scope)

    def literal(self, lit: Lit) -> Types:
        value, type = lit.value, lit.type
        if isinstance(type, Ptr):
            fits = value is None
        elif type.dtype == "bool":
            fits = isinstance(value, bool)
        elif type.dtype in INTEGERS:
            half = 1 << (31 if type.dtype == "i32" else 63)
            fits = isinstance(value, int) and not isinstance(value, bool) and -half <= value < half
        else:
            fits = isinstance(value, float)
        if not fits:
            self.fail(f"the literal {value} is no {type}")
        return (type,)

    def field(self, record: Var, name: str) -> Types:
        if not isinstance(record.type, Ptr):
            self.fail(f"`field` of `{record}`, which is {record.type}")
        assert isinstance(record.type, Ptr)
        for field in self.outer.records[record.type.record].fields:
            if field.name == name:
                return (field.type,)
        raise Malformed(f"{self.place}: the record {record.type.record} has no field {name}")

    def make(self, name: str, args: tuple[Var, ...]) -> Types:
        if name not in self.outer.records:
            self.fail(f"there is no record {name}")
        fields = self.outer.records[name].fields
        self.equal((a.type for a in args), (f.type for f in fields), "the operands", f"the fields of {name}")
        return (Ptr(name),)

    def call(self, function: str, args: tuple[Var, ...]) -> Types:
        callee = self.outer.defs.get(function)
        if callee is None:
            raise Malformed(f"{self.place}: there is no def {function}")
        self.equal((a.type for a in args), (p.type for p in callee.params), "the operands", f"{function}'s parameters")
        return callee.results

    def carried(self, vars: tuple[Var, ...], inits: tuple[Var, ...], scope: dict[str, Var]) -> None:
        self.see(inits, scope)
        if len(vars) != len(inits):
            self.fail(f"{len(vars)} names and {len(inits)} operands")

    def loop(self, loop: Loop, scope: dict[str, Var]) -> Types:
        self.carried(loop.vars, loop.inits, scope)
        types = tuple(v.type for v in loop.vars)
        self.equal((v.type for v in loop.inits), types, "what the loop begins with", "the names")
        inner = dict(scope)
        self.bind(loop.vars, inner)
        place = self.place
        test = self.block(loop.test, inner)
        self.place = place
        self.equal(test, (BOOL,), "the results of the test", "wanted is")
        body = self.block(loop.body, inner)
        self.place = place
        self.equal(body, types, "the results of the body", "the names")
        return types

    def map(self, map_: Map, scope: dict[str, Var]) -> Types:
        self.carried(map_.vars, map_.args, scope)
        shapes = {a.type.shape for a in map_.args if isinstance(a.type, Tensor)}
        if len(shapes) != 1:
            self.fail(f"a `map` is over tensors of one shape, not of {len(shapes)}")
        for var, arg in zip(map_.vars, map_.args, strict=True):
            if not isinstance(arg.type, Scalar | Tensor) or var.type != Scalar(arg.type.dtype):
                self.fail(f"`{var}` is {var.type}, an element of `{arg}` is not")
        for let in map_.body.lets:
            if not (isinstance(let.expr, Lit) or (isinstance(let.expr, Op) and _is_smooth(let.expr))):
                self.fail("a `map` holds literals and element-wise operations that cannot fail")
        inner: dict[str, Var] = {}
        self.bind(map_.vars, inner)
        place = self.place
        results = self.block(map_.body, inner)
        self.place = place
        (shape,) = shapes
        if not all(isinstance(type, Scalar) for type in results):
            self.fail("the results of a `map` are scalars for each element")
        return tuple(Tensor(type.dtype, shape) for type in results if isinstance(type, Scalar))


def _is_smooth(op: Op) -> bool:
    """Element-wise, and cannot fail on scalars: integer results may overflow."""
    return op.name in TABLE and TABLE[op.name].elementwise and is_fusible(op)
