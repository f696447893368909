"""Compiled programs, called with Python's and NumPy's values.

The interpreter lock is not held while compiled code runs, and threads may run one program at once: all that a call
changes is in its own context, and in the targets that it is given.
"""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from autograph_hook.backends.lantern.ir import Def, Program, Scalar, Tensor
from autograph_hook.backends.lantern.llvm import cache, errors
from autograph_hook.backends.lantern.llvm.early import early
from autograph_hook.backends.lantern.llvm.host import host
from autograph_hook.backends.lantern.llvm.lowering import Lowering, entry_name, places
from autograph_hook.backends.lantern.llvm.memory import CONTEXTS, Context, Slot
from autograph_hook.backends.lantern.llvm.objects import Loaded, object_code
from autograph_hook.backends.lantern.llvm.values import Given, Held, Layout, Taken, address, array
from autograph_hook.backends.lantern.op_meanings import DTYPES

ENTRY = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p)


# Plain numbers, since a subscript by a member of an enumeration takes its time.
GLOBALS, TARGETS, SCALE, FRESH = (int(slot) for slot in (Slot.GLOBALS, Slot.TARGETS, Slot.SCALE, Slot.FRESH))


@dataclass(frozen=True)
class Place:
    """Where compiled code failed; an exception that it raises has it as its attribute `place`."""

    function: str
    path: str
    line: int


@dataclass(frozen=True)
class Targets:
    """What gradients are added to: an array for each parameter that has one (see `Compiled.targets`)."""

    address: int
    kept: tuple[Any, ...]
    scale_bits: int
    fresh: bool


def bits(number: float) -> int:
    """A double as the integer of the same bits."""
    found: int = struct.unpack("q", struct.pack("d", number))[0]
    return found


class Compiled:
    """A program as native code. `values` are the arrays of its parameters and constants, which are not copied if they
    are dense and of the right dtype: what is changed in them later, the program sees.

    >>> from autograph_hook.backends.lantern.text import read
    >>> program = read('''(program (param w f64) (def f ((x f64)) (f64) (begin
    ...   (let (y f64) (* w x)) (let (z f64) (tanh y)) (tuple z))))''')
    >>> Compiled(program, {"w": 0.5}).run("f", 2.0)
    (np.float64(0.7615941559557649),)
    """

    def __init__(
        self,
        program: Program,
        values: Mapping[str, Any] | None = None,
        entries: Iterable[str] | None = None,
        directory: Path | None = None,
    ) -> None:
        names = tuple(d.name for d in program.defs) if entries is None else tuple(entries)
        self.program = program = early(program, names)
        machine = host()
        code = cache.cached(
            directory,
            cache.key(program, names, machine),
            lambda: object_code(Lowering(program, machine).text(names), machine),
            program.function(names[-1]).path if names else "",
        )
        self._loaded = Loaded(code, machine, map(entry_name, names))
        addresses = self._loaded.addresses
        layout = Layout(program)
        self._entries = {
            name: Entry(self, program.function(name), addresses[entry_name(name)], layout) for name in names
        }
        self._bound: tuple[Any, ...] = ()
        self.table = 0
        self.no_targets = self.targets({})
        if values is not None:
            self.bind(values)

    def bind(self, values: Mapping[str, Any]) -> None:
        """Use these arrays for parameters and constants. Not while the program runs."""
        found = []
        for var in (*self.program.params, *self.program.consts):
            assert isinstance(var.type, Scalar | Tensor)
            shape = var.type.shape if isinstance(var.type, Tensor) else ()
            found.append(array(values[var.name], Tensor(var.type.dtype, shape)))
        table = np.array([address(one) for one in found] or [0], np.int64)
        self._bound = (table, *found)
        self.table = address(table)

    def targets(self, arrays: Mapping[str, Any], scale: float = 1.0, fresh: bool = False) -> Targets:
        """Where gradients go: arrays by the parameters' names, of their dtypes and shapes. Made once, used for many
        calls. Gradients are multiplied with `scale` first; with `fresh`, they take the place of what the array held.
        A target may be the array that the parameter itself is in.
        """
        table, kept = np.zeros(max(1, len(self.program.params)), np.int64), []
        for k, param in enumerate(self.program.params):
            if param.name in arrays:
                target = arrays[param.name]
                type = param.type
                assert isinstance(type, Scalar | Tensor)
                shape = type.shape if isinstance(type, Tensor) else ()
                fits = target.dtype == DTYPES[type.dtype] and target.shape == shape and target.flags.c_contiguous
                if not fits or not target.flags.writeable:
                    raise ValueError(f"the target of `{param.name}` must be a dense, writeable array of {type}")
                table[k] = address(target)
                kept.append(target)
        return Targets(address(table), (table, *kept), bits(scale), fresh)

    def entry(self, name: str) -> Entry:
        """A def, to be called."""
        return self._entries[name]

    def run(self, name: str, *args: Any, targets: Targets | None = None) -> tuple[Any, ...]:
        """Call a def: its results. Raises what its operations raise."""
        return self._entries[name](*args, targets=targets)


class Entry:
    """A def that can be called. What its types decide is prepared here."""

    def __init__(self, owner: Compiled, definition: Def, pointer: int, layout: Layout) -> None:
        self.owner = owner
        self.definition = definition
        self.layout = layout
        self.function = ENTRY(pointer)
        types = [param.type for param in definition.params]
        self.inputs = list(zip(types, places(types), strict=True))
        self.outputs = list(zip(definition.results, places(definition.results), strict=True))
        self.words = places([*definition.results, Scalar("i64")])[-1] // 8

    def hold(self, number: int, value: Any) -> Held:
        """An argument, given by its number, laid out once for many calls."""
        return Held(self.layout, value, self.definition.params[number].type)

    def __call__(self, *args: Any, targets: Targets | None = None) -> tuple[Any, ...]:
        if len(args) != len(self.inputs):
            raise TypeError(f"`{self.definition.name}` takes {len(self.inputs)} arguments, not {len(args)}")
        given = Given(self.layout)
        parts = [
            value.words if value.__class__ is Held else given.words(value, type)
            for value, (type, _) in zip(args, self.inputs, strict=True)
        ]
        # Every part begins at a multiple of 8 bytes.
        inputs = b"".join([part if len(part) & 7 == 0 else part.ljust(8, b"\0") for part in parts])
        context = CONTEXTS.take()
        try:
            context.reserve(self.words)
            arrays: dict[int, Any] = {}
            for k, (type, place) in enumerate(self.outputs):
                if isinstance(type, Tensor):
                    arrays[k] = np.empty(type.shape, DTYPES[type.dtype])
                    context.results[place >> 3] = address(arrays[k])
            self.prepare(context, targets)
            base = context.results_address
            if self.function(context.address, inputs, base):
                raise self.failure(context)
            taken = Taken(self.layout)
            return tuple(
                [
                    arrays[k] if k in arrays else taken.value(base + place, type)
                    for k, (type, place) in enumerate(self.outputs)
                ]
            )
        finally:
            CONTEXTS.put(context)

    def prepare(self, context: Context, targets: Targets | None) -> None:
        slots, owner = context.slots, self.owner
        if not owner.table:
            owner.bind({})
        slots[GLOBALS] = owner.table
        if targets is None:
            slots[TARGETS] = owner.no_targets.address
        else:
            slots[TARGETS] = targets.address
            slots[SCALE] = targets.scale_bits
            slots[FRESH] = targets.fresh

    def failure(self, context: Context) -> Exception:
        slots, program = context.slots, self.owner.program
        error = errors.exception(program, slots[Slot.ERROR], slots[Slot.DETAIL], slots[Slot.OTHER])
        where = program.defs[slots[Slot.DEF]]
        error.__dict__["place"] = Place(where.name, where.path, slots[Slot.LINE])
        return error
