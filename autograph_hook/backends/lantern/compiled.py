"""A traced function as native code: called with eager inputs, it returns the list of its outputs."""

from __future__ import annotations

import ctypes
import struct
from collections.abc import Callable, Sequence
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import numpy as np

from autograph_hook import kept as keeping
from autograph_hook.backends.lantern import nests, passes
from autograph_hook.backends.lantern.flattening import Flat
from autograph_hook.backends.lantern.inputs import ArrayInput, Input, ListInput, TreeInput, dense, input_of, thread
from autograph_hook.backends.lantern.ir import Def, Program, Tensor, Type, Var
from autograph_hook.backends.lantern.llvm import call as native
from autograph_hook.backends.lantern.llvm.memory import CONTEXTS
from autograph_hook.backends.lantern.llvm.values import Layout, Taken, address
from autograph_hook.backends.lantern.op_meanings import DTYPES
from autograph_hook.backends.lantern.symbols import VIEW, Array
from autograph_hook.backends.lantern.tracing import Session, begun, error
from autograph_hook.backends.lantern.verify import check
from autograph_hook.backends.lantern.walk import free
from autograph_hook.errors import StagingError

MAIN = "main"
FEWEST = 10
MANY = 1_000_000


class Traced:
    """A function as a program: its def `main`, the inputs, and what its outputs are."""

    def __init__(
        self,
        function: Callable[[list[Any]], Sequence[Any]],
        inputs: Sequence[Any],
        name: str,
    ) -> None:
        found = [input_of(value) for value in inputs]
        if None in found:
            raise StagingError("is given what the compiled code cannot be given")
        self.inputs: list[Input] = [i for i in found if i is not None]
        params: list[Var] = []
        with begun() as s:
            s.wanted = thread.wanted
            symbols = [i.symbol(s, f"x{k}", params) for k, i in enumerate(self.inputs)]
            self.params = params
            outputs = list(function(symbols))
            self.structures = [nests.structure(output) for output in outputs]
            _require_own(outputs, self.structures)
            self.givens = [given for t in self.structures for given in nests.givens(t)]
            results = [v for o, t in zip(outputs, self.structures, strict=True) for v in nests.leaves(o, t)]
            block = s.builder.block(*results)
            types = tuple(v.type for v in results)
            self.name = s.def_names.fresh(_plain(name))
            s.defs.append(Def(self.name, tuple(params), types, block, s.path))
            self.session: Session = s
            _keep_used(s)
            self.program: Program = s.program()
        self.captured = [value for value, _ in s.captured.values()]
        self.operations = MANY if s.repeats else s.operations

    def values(self) -> list[tuple[Any, Any]]:
        """For each parameter and constant of the program: the number of the input, or the array itself."""
        sources: dict[str, Any] = {}
        for k, one in enumerate(self.inputs):
            if isinstance(one, ArrayInput) and one.var is not None:
                sources[one.var.name] = k
        for k, (_, symbol) in enumerate(self.session.captured.values()):
            sources[symbol.value.name] = len(self.inputs) + k
        found: list[tuple[Any, Any]] = []
        for var in (*self.program.params, *self.program.consts):
            found.append((sources.get(var.name), self.session.constants.get(var.name)))
        return found


def _require_own(outputs: Sequence[Any], structures: Sequence[Any]) -> None:
    """What is returned is new, or an object that was given: a view would show changes of what it is a view of."""
    for output, structure in zip(outputs, structures, strict=True):
        if isinstance(output, Array) and output.base is not None:
            root: Array = output
            while root.base is not None:
                root = root.base
            if root.others() or any(root is other for other in outputs):
                raise error("returns a view of an array that others have: return a copy")
        elif VIEW in nests.givens(structure):
            raise error("returns what may be a view of an array that others have: return a copy")


def cache_directory(path: str) -> Path | None:
    """Where object code of this source file is kept: beside its bytecode."""
    if not keeping.allowed or not path.endswith(".py"):
        return None
    try:
        return Path(cache_from_source(path)).parent
    except NotImplementedError:
        return None


def _keep_used(s: Session) -> None:
    """Drop constants and captured arrays that the traced code does not read."""
    used: set[str] = set()
    for definition in s.defs:
        used.update(v.name for v in free(definition.body.lets, definition.body.results))
    s.consts = [var for var in s.consts if var.name in used]
    s.params = [var for var in s.params if var.name in used]
    s.captured = {key: (value, symbol) for key, (value, symbol) in s.captured.items() if symbol.value.name in used}


def _plain(name: str) -> str:
    return "".join(c if c.isalnum() or c in "._" else "_" for c in name.replace(".<locals>", "")) or "function"


class Compiled:
    """See `protocol.Compiled`. `captured` are the arrays from outside, whose present content each call reads: a call
    is given them after its inputs."""

    writes = False

    def __init__(self, traced: Traced, directory: Path | None) -> None:
        self.traced = traced
        self.operations = traced.operations
        self.captured = traced.captured
        if self.operations < FEWEST:
            return
        program = check(traced.program)
        self.program = check(passes.optimize(program, [traced.name]))
        self._prepare(traced.name, directory)

    def _prepare(self, name: str, directory: Path | None) -> None:
        directory = directory or cache_directory(self.traced.session.path)
        self.native = native.Compiled(self.program, None, [name], directory)
        self.entry = self.native.entry(name)
        self.globals = self.traced.values()
        self.layout = Layout(self.program)
        self.numbers = [
            (k, one) for k, one in enumerate(self.traced.inputs) if not isinstance(one, ArrayInput)
        ]  # fmt: skip
        self.trees = [(k, one) for k, one in self.numbers if isinstance(one, TreeInput | ListInput)]

    def __call__(self, inputs: list[Any]) -> list[Any]:
        kept: list[Any] = []
        values, flats = self.call(inputs, kept, None)
        return self.outputs(values, flats)

    def table(self, inputs: Sequence[Any], kept: list[Any]) -> int:
        """Where the parameters and constants are."""
        addresses = []
        for k, constant in self.globals:
            value = constant if k is None else dense(inputs[k])
            kept.append(value)
            addresses.append(value.__array_interface__["data"][0])
        block = ctypes.create_string_buffer(struct.pack(f"{len(addresses)}q", *addresses), max(8, 8 * len(addresses)))
        kept.append(block)
        return ctypes.addressof(block)

    def call(self, inputs: Sequence[Any], kept: list[Any], targets: Any, table: int | None = None) -> Any:
        entry = self.entry
        words = b"".join([one.pack(inputs[k], kept) for k, one in self.numbers])
        if table is None:
            table = self.table(inputs, kept)
        context = CONTEXTS.take()
        try:
            context.reserve(entry.words)
            arrays: dict[int, Any] = {}
            for k, (type, place) in enumerate(entry.outputs):
                if isinstance(type, Tensor):
                    arrays[k] = np.empty(type.shape, DTYPES[type.dtype])
                    context.results[place >> 3] = arrays[k].__array_interface__["data"][0]
            slots = context.slots
            slots[native.GLOBALS] = table
            if targets is None:
                slots[native.TARGETS] = self.native.no_targets.address
            else:
                slots[native.TARGETS] = targets.address
                slots[native.SCALE] = targets.scale_bits
                slots[native.FRESH] = targets.fresh
            base = context.results_address
            if entry.function(context.address, words, base):
                raise entry.failure(context)
            taken = Taken(self.layout)
            givens = [*self.traced.givens, *[0] * (len(entry.outputs) - len(self.traced.givens))]
            given = self._given(inputs, kept) if any(givens) else {}
            values = []
            for k, (type, place) in enumerate(entry.outputs):
                if k in arrays:
                    # What the code hands on is the object that it was given.
                    same = given.get(context.results[place >> 3]) if givens[k] else None
                    values.append(arrays[k] if same is None or not arrays[k].size else same)
                else:
                    values.append(_value(taken, base + place, type, kept, given if givens[k] else {}))
            return values, kept
        finally:
            CONTEXTS.put(context)

    def _given(self, inputs: Sequence[Any], kept: Sequence[Any]) -> dict[int, Any]:
        """The arrays among the inputs, by the address at which the code has them."""
        found: dict[int, Any] = {}
        for one in kept:
            for array in one if isinstance(one, list) else one.held.kept if isinstance(one, Flat) else ():
                if isinstance(array, np.ndarray):
                    found[address(array)] = array
        for k, _ in self.globals:
            if k is not None and inputs[k].flags.c_contiguous:
                found[address(inputs[k])] = inputs[k]
        return found

    def outputs(self, values: Sequence[Any], kept: list[Any]) -> list[Any]:
        left = iter(values)
        return [rebuilt(structure, left) for structure in self.traced.structures]


def _value(taken: Taken, pointer: int, type: Type, kept: list[Any], given: dict[int, Any]) -> Any:
    from autograph_hook.backends.lantern.ir import List, Ptr

    if isinstance(type, Ptr) and not type.record.startswith("d."):
        target = ctypes.c_int64.from_address(pointer).value
        return _node(target, kept)
    if isinstance(type, List) and isinstance(type.element, Ptr) and not type.element.record.startswith("d."):
        length, data = ctypes.c_int64.from_address(pointer).value, ctypes.c_int64.from_address(pointer + 8).value
        return [_node(ctypes.c_int64.from_address(data + 8 * k).value, kept) for k in range(length)]
    value = taken.value(pointer, type)
    if given and isinstance(type, List):
        data = ctypes.c_int64.from_address(pointer + 8).value
        places = [ctypes.c_int64.from_address(data + 8 * k).value for k in range(len(value))]
        return [given.get(place, each) for place, each in zip(places, value, strict=True)]
    return value


def _node(target: int, kept: list[Any]) -> Any:
    if not target:
        return None
    for each in kept:
        for one in each if isinstance(each, list) else [each]:
            if isinstance(one, Flat):
                node = one.node(target)
                if node is not None:
                    return node
    raise LookupError("a node that is none of the tree's")


def rebuilt(structure: Any, values: Any) -> Any:
    """The user's value of a structure, of the values of its leaves."""
    match structure:
        case ("number", dtype, python):
            value = next(values)
            if python:
                return float(value) if dtype in ("f64", "f32") else value
            return value if isinstance(value, np.generic) else DTYPES[dtype](value)
        case ("array", *_) | ("tree", _):
            return next(values)
        case ("maybe", inner):
            present = next(values)
            value = rebuilt(inner, values)
            return value if present else None
        case ("elements", kind):
            columns = [next(values) for _ in nests.types(kind)]
            return [rebuilt(kind, iter(row)) for row in zip(*columns, strict=True)]
        case ("tuple", kind, parts):
            made = [rebuilt(part, values) for part in parts]
            return tuple(made) if kind is tuple else tuple.__new__(kind, made)
        case ("list", parts):
            return [rebuilt(part, values) for part in parts]
        case ("constant", static) | ("static", static):
            return static.value
    raise error(f"a result of the kind {structure[0]}")
