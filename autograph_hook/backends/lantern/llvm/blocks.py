"""Blocks, branches, loops and calls."""

from __future__ import annotations

from typing import Any, Protocol

from llvmlite import ir

from autograph_hook.backends.lantern.ir import (
    Block,
    Call,
    Field,
    If,
    Let,
    List,
    Lit,
    Loop,
    Make,
    Map,
    Op,
    Scalar,
    Tensor,
    Var,
)
from autograph_hook.backends.lantern.llvm import (
    classifiers,
    containers,
    early_code,
    gradients,
    linear,
    scalars,
    tensors,
)
from autograph_hook.backends.lantern.llvm.body import Body, Shared, result_kind
from autograph_hook.backends.lantern.llvm.early import OPERATIONS
from autograph_hook.backends.lantern.llvm.emit import INT, POINTER, Value, kind
from autograph_hook.backends.lantern.llvm.errors import Failure
from autograph_hook.backends.lantern.llvm.facts import VIEWS, Facts, is_plain
from autograph_hook.backends.lantern.llvm.host import SIZES
from autograph_hook.backends.lantern.llvm.memory import Slot
from autograph_hook.backends.lantern.llvm.nests import size
from autograph_hook.backends.lantern.llvm.ownership import ownership
from autograph_hook.backends.lantern.ops import TABLE


class Whole(Shared, Protocol):
    facts: Facts
    checks: dict[int, int]


class Writer:
    """Writes the code of one def."""

    def __init__(self, shared: Whole, body: Body) -> None:
        self.shared = shared
        self.body = body
        self.e, self.b = body.e, body.b
        self.ownership = ownership(body.definition)

    def define(self) -> None:
        body, definition = self.body, self.body.definition
        if definition.name in self.shared.facts.recursive:
            self.look_at_stack()
        mark = None
        if self.returns_memory():
            mark = body.arena.mark()
        results = self.block(definition.body)
        if mark is not None:
            body.arena.release(mark)
        value: Value = ir.Constant(result_kind(definition), ir.Undefined)
        for k, result in enumerate([ir.Constant(INT, 0), *results]):
            value = self.b.insert_value(value, result, k)
        self.b.ret(value)

    def returns_memory(self) -> bool:
        """Where all results are numbers, what was allocated is free again when the def returns."""
        definition, facts = self.body.definition, self.shared.facts
        numbers = all(isinstance(type, Scalar) for type in definition.results)
        return numbers and definition.name in facts.allocating and definition.name not in facts.keeping

    def look_at_stack(self) -> None:
        """Fail while there is still room on the native stack. That counts bytes, so that the depth that is reached
        depends on the size of the frames, as it must."""
        intrinsic = self.e.unit.function("llvm.frameaddress.p0", POINTER, [INT])
        frame = self.b.ptrtoint(self.b.call(intrinsic, [ir.Constant(INT, 0)]), ir.IntType(64))
        limit = self.body.arena.get(Slot.STACK)
        self.body.fail_if(self.b.icmp_unsigned("<", frame, limit), Failure.RECURSION)

    def block(self, block: Block) -> list[Value]:
        with self.body.frame():
            for let in block.lets:
                if let.line:
                    self.body.line = let.line
                values = self.expr(let)
                for var, value in zip(let.vars, values, strict=True):
                    self.body.names[var.name] = value
            return [self.body.value(var) for var in block.results]

    def expr(self, let: Let) -> list[Value]:
        body, expr = self.body, let.expr
        match expr:
            case Lit(value=value, type=type):
                if isinstance(type, Scalar):
                    assert value is not None
                    return [self.e.constant(kind(type.dtype), value)]
                return [ir.Constant(POINTER, None)]
            case Op():
                return self.op(let, expr)
            case Field():
                return [containers.field(body, expr)]
            case Make():
                return [containers.make(body, expr)]
            case Call():
                return self.call(expr)
            case If():
                return self.branch(expr)
            case Loop():
                return self.loop(expr)
            case Map():
                return tensors.fused(body, expr, [_tensor(var) for var in let.vars])

    def call(self, expr: Call) -> list[Value]:
        """Never as a tail call, which would be a loop without end where Python's recursion ends."""
        function = self.shared.functions[expr.function]
        arguments = [self.body.context, *(self.body.value(arg) for arg in expr.args)]
        made = self.b.call(function, arguments, tail="notail")
        failed = self.b.icmp_signed("!=", self.b.extract_value(made, 0), ir.Constant(INT, 0))
        with self.b.if_then(failed, likely=False):
            self.body.failed()
        return [self.b.extract_value(made, k) for k in range(1, len(function.return_value.type.elements))]

    def branch(self, expr: If) -> list[Value]:
        """The line is that of the `if` again afterwards."""
        b, append = self.b, self.e.function.append_basic_block
        then, orelse, after = append("then"), append("else"), append("endif")
        line = self.body.line
        b.cbranch(self.body.value(expr.condition), then, orelse)
        ends = []
        for start, block in ((then, expr.then), (orelse, expr.orelse)):
            b.position_at_end(start)
            results = self.block(block)
            ends.append((results, b.block))
            b.branch(after)
            self.body.line = line
        b.position_at_end(after)
        merged = []
        for first, second in zip(ends[0][0], ends[1][0], strict=True):
            phi = b.phi(first.type)
            phi.add_incoming(first, ends[0][1])
            phi.add_incoming(second, ends[1][1])
            merged.append(phi)
        return merged

    def loop(self, expr: Loop) -> list[Value]:
        """Where the loop carries numbers and tensors, the memory of a round is used again in the next: the tensors are
        copied to two places by turns."""
        body, b, facts = self.body, self.b, self.shared.facts
        allocates = facts.allocates(expr.body) or facts.allocates(expr.test)
        again = allocates and is_plain(expr) and not facts.keeps(expr.body) and not facts.keeps(expr.test)
        turns = {k: self.turn(var) for k, var in enumerate(expr.vars) if again and self.moves(expr, k)}
        inits = [self.initial(var, init) for var, init in zip(expr.vars, expr.inits, strict=True)]
        append = self.e.function.append_basic_block
        test, inside, after = append("test"), append("loop"), append("endloop")
        before, line = b.block, body.line
        b.branch(test)
        b.position_at_end(test)
        carried: list[Any] = [b.phi(init.type) for init in inits]
        for var, phi, init in zip(expr.vars, carried, inits, strict=True):
            phi.add_incoming(init, before)
            body.names[var.name] = phi
        mark = body.arena.mark() if again else None
        (more,) = self.block(expr.test)
        b.cbranch(more, inside, after)
        b.position_at_end(inside)
        results = self.block(expr.body)
        for k, (first, second) in turns.items():
            type = _tensor(expr.vars[k])
            target = b.select(b.icmp_unsigned("==", carried[k], first), second, first)
            self.e.copy(target, results[k], size(type.shape) * SIZES[type.dtype])
            results[k] = target
        if mark is not None:
            body.arena.release(mark)
        for phi, result in zip(carried, results, strict=True):
            phi.add_incoming(result, b.block)
        b.branch(test)
        b.position_at_end(after)
        body.line = line
        return carried

    def initial(self, var: Var, init: Var) -> Value:
        """What a loop variable begins with: a copy, if the loop changes it and somebody else may see it."""
        value = self.body.value(init)
        if var.name not in self.ownership.copied:
            return value
        if isinstance(var.type, List):
            return containers.copied(self.body, value, var.type)
        type = _tensor(var)
        own = self.body.tensor(type)
        self.e.copy(own, value, size(type.shape) * SIZES[type.dtype])
        return own

    def moves(self, expr: Loop, k: int) -> bool:
        """Is it a tensor that may be another one in each round?"""
        var = expr.vars[k]
        stays = expr.body.results[k] == var or self.ownership.carried.get(var.name, False)
        return isinstance(var.type, Tensor) and not stays

    def turn(self, var: Var) -> tuple[Value, Value]:
        return self.body.tensor(var.type), self.body.tensor(var.type)

    # Operations.

    def op(self, let: Let, op: Op) -> list[Value]:
        body = self.body
        if op.name in VIEWS and op.args[0].name in body.parts_of_parameters:
            body.parts_of_parameters.add(let.vars[0].name)
        if op.name.startswith("accumulate"):
            gradients.accumulate(body, op)
            return []
        if op.name in OPERATIONS:
            return early_code.write(body, op, let.vars)
        if op.name == "check":
            failed = self.b.not_(body.value(op.args[0]))
            body.fail_if(failed, Failure.CHECK, self.shared.checks[id(op)])
            return []
        if op.name == "products":
            return linear.several(body, op, [var.type for var in let.vars])
        return [self.one(let, op)]

    def one(self, let: Let, op: Op) -> Value:
        """An operation with one result."""
        body, type = self.body, let.vars[0].type
        if TABLE[op.name].elementwise:
            if isinstance(type, Tensor):
                return tensors.elementwise(body, op, type)
            return scalars.scalar(body, op)
        first = op.args[0].type if op.args else None
        if isinstance(first, List):
            match op.name:
                case "len":
                    return containers.length(body, op)
                case "idx":
                    return containers.element(body, op)
                case "update" | "add_at":
                    return containers.changed(body, op, type, id(op) in self.ownership.in_place)
        match op.name:
            case "dot":
                assert isinstance(first, Tensor)
                return linear.dot(self.e, first, body.value(op.args[0]), body.value(op.args[1]))
            case "isnull":
                return containers.is_null(body, op)
            case "update" | "add_at":
                return tensors.changed(body, op, type, id(op) in self.ownership.in_place)
            case _:
                return KERNELS[op.name](body, op, type)


def _tensor(var: Var) -> Tensor:
    assert isinstance(var.type, Tensor)
    return var.type


KERNELS = {
    **dict.fromkeys(("sum", "mean", "max", "min", "argmax", "argmin"), tensors.reduction),
    "outer": linear.outer,
    "matmul": linear.matmul,
    "product_sum": linear.product_sum,
    "softmax": classifiers.softmax,
    "log_softmax": classifiers.softmax,
    "cross_entropy": classifiers.cross_entropy,
    "cross_entropy_back": classifiers.cross_entropy_back,
    "concatenate": tensors.concatenate,
    "stack": tensors.concatenate,
    "reshape": tensors.reshape,
    "transpose": tensors.transpose,
    "broadcast": tensors.broadcast,
    "slice": tensors.slice_,
    "place": tensors.place,
    "idx": tensors.element,
    "list": containers.make_list,
    "fill": containers.fill,
    "append": containers.append,
    "extend": containers.extend,
    "sublist": containers.sublist,
}
