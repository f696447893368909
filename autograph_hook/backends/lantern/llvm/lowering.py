"""A program as a module of LLVM: a function for each def, and an entry for each def that is called from Python.

An entry is given a context, a block with the arguments and a block for the results. A number stands in such a block by
itself, a tensor and a record by address, a list by its three words; in the block of results, the addresses of tensors
are those of arrays, to which they are copied; afterwards those from which they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from llvmlite import ir

from autograph_hook.backends.lantern.ir import Def, List, Program, Scalar, Tensor, Type
from autograph_hook.backends.lantern.llvm import gradients
from autograph_hook.backends.lantern.llvm.blocks import Writer
from autograph_hook.backends.lantern.llvm.body import Body, bytes_of, dtype_of, kind_of, result_kind, shape_of
from autograph_hook.backends.lantern.llvm.emit import INT, POINTER, Emit, Unit, long
from autograph_hook.backends.lantern.llvm.errors import checks
from autograph_hook.backends.lantern.llvm.facts import facts
from autograph_hook.backends.lantern.llvm.host import SIZES, Host
from autograph_hook.backends.lantern.llvm.memory import Arena, Slot, begin
from autograph_hook.backends.lantern.llvm.nests import size


class Lowering:
    """What the functions of a program share."""

    def __init__(self, program: Program, host: Host) -> None:
        self.program = program
        self.unit = Unit(host)
        self.facts = facts(program)
        self.globals = {var.name: k for k, var in enumerate((*program.params, *program.consts))}
        self.logs = gradients.logs(program)
        self.checks = {id(op): k for k, op in enumerate(checks(program))}
        self.functions: dict[str, Any] = {}
        for definition in program.defs:
            arguments = [POINTER, *(kind_of(param.type) for param in definition.params)]
            function = self.unit.function(f"def_{definition.name}", result_kind(definition), arguments)
            function.linkage = "internal"
            function.attributes.add("nounwind")
            self.functions[definition.name] = function

    def text(self, entries: Iterable[str]) -> str:
        """The module, as LLVM's text."""
        for number, definition in enumerate(self.program.defs):
            Writer(self, Body(self, definition, number)).define()
        for name in entries:
            self.entry(self.program.function(name))
        return str(self.unit.module)

    def entry(self, definition: Def) -> None:
        function = self.unit.function(entry_name(definition.name), INT, [POINTER] * 3)
        context, arguments, results = function.args
        e = Emit(self.unit, function)
        b, arena = e.b, Arena(e, context)
        if self.logs:
            table = b.alloca(ir.ArrayType(long(0).type, 3 * len(self.logs)))
            e.clear(table, 24 * len(self.logs))
            b.store(table, arena.slot(Slot.LOGS))
        b.call(begin(self.unit), [context])
        given = [context]
        for param, place in zip(definition.params, places(param.type for param in definition.params), strict=True):
            pointer = e.byte(arguments, place)
            if isinstance(param.type, Scalar):
                given.append(e.load(pointer, param.type.dtype))
            else:
                given.append(b.load(pointer, typ=kind_of(param.type), align=8))
        made = b.call(self.functions[definition.name], given)
        status = b.extract_value(made, 0)
        with b.if_then(b.icmp_signed("!=", status, ir.Constant(INT, 0)), likely=False):
            b.ret(status)
        for k, (type, place) in enumerate(zip(definition.results, places(definition.results), strict=True)):
            value, pointer = b.extract_value(made, k + 1), e.byte(results, place)
            if isinstance(type, Scalar):
                e.store(value, pointer, type.dtype)
            elif isinstance(type, Tensor):
                e.copy(b.load(pointer, typ=POINTER), value, size(shape_of(type)) * SIZES[dtype_of(type)])
                b.store(value, pointer, align=8)
            else:
                b.store(value, pointer, align=8)
        if self.program.params:
            # Those that nothing was added to, too: a fresh target holds what was in memory before.
            gradients.settle(e, context, self)
        b.ret(ir.Constant(INT, 0))


def entry_name(name: str) -> str:
    return f"entry_{name}"


def places(types: Iterable[Type]) -> list[int]:
    """Where values stand in a block of arguments or results, in bytes."""
    found, end = [], 0
    for type in types:
        found.append(end)
        end += bytes_of(type) if isinstance(type, List) else 8
    return found
