"""Running mixed code: the groups of a frame, and the graphs that stand for pieces of them."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

from autograph_hook.backends.protocol import UNDEFINED, Backend
from autograph_hook.errors import VerificationError
from autograph_hook.interrupts import is_interrupt
from autograph_hook.runtime import chunks
from autograph_hook.runtime import gate as gates
from autograph_hook.runtime.beside import Statements
from autograph_hook.runtime.errors import gave_up, parts_of, unbound_local, without_ours
from autograph_hook.runtime.gate import Gate
from autograph_hook.runtime.twins import live_code, made_of
from autograph_hook.staging import outermost, parts_told
from autograph_hook.staging.effects import is_array
from autograph_hook.staging.known import Staging
from autograph_hook.staging.objects import Stored
from autograph_hook.staging.pieces import FEW_ITERATIONS, Part, Parts
from autograph_hook.staging.trace import Host
from autograph_hook.transpiler.pieces import Mixed, Piece

Statement = Callable[[], None]

_SIZE = 25
"""The operations that a piece is taken to have at least: those of the functions that it calls are not counted, and
they wait for it."""


_NEVER = 64
"""Runs of a piece without a tensor, for each with one, after which none is looked for any more."""
SETTLED = 64
RARE = 16
"""After so many calls, what runs in one of so many is a part of the function that hardly ever runs."""

_NONE: frozenset[str] = frozenset()


class MixedFunction:
    """The mixed code of one function, with what was learnt of its groups."""

    def __init__(
        self, gate: Gate, mixed: Mixed, code: types.CodeType, host: Host, may_stage: Callable[[], Backend | None]
    ) -> None:
        self.gate = gate
        self.mixed = mixed
        self.code = code
        self.host = host
        self.may_stage = may_stage
        """The backend that may stage something here and now; None while a graph is being built or somebody watches."""
        self.plain: types.CodeType | None = None
        self.calls = 0
        by_counts = gate.module.options.warm_up == "auto"
        self.parts = [Parts(mixed, group, by_counts) for group in mixed.groups]

    def stands_for(self, plain: types.CodeType) -> None:
        """Its entries in tracebacks are those of this code."""
        if self.plain is not plain:
            self.plain = plain
            parts_of(plain, (self.code, *(c for c in self.code.co_consts if isinstance(c, types.CodeType))))

    def is_staged(self) -> bool:
        """Has a graph run in the place of one of its pieces?"""
        return any(parts.is_staged() for parts in self.parts)

    def is_long(self, calls: int) -> bool:
        """Do graphs run in it, or may they soon, since its loops have many iterations in each call?"""
        loops = [parts.runs for parts in self.parts if parts.group.loop is not None]
        return self.is_staged() or max(loops, default=0) > FEW_ITERATIONS * calls

    def is_spent(self) -> bool:
        """Has nothing been left in it that may become a graph, but what hardly ever runs?"""
        return all(
            self._is_rare(parts) or all(part.reason is not None for part in parts.parts) for parts in self.parts
        )

    def _is_rare(self, parts: Parts) -> bool:
        """Does a group run so seldom that the other statements are no longer to pay for it? A call that runs in pieces
        costs more than one that does not."""
        return self.calls >= SETTLED and parts.runs * RARE <= self.calls and not parts.is_staged()

    def described(self) -> list[dict[str, Any]]:
        """What runs as graphs and what does not, for a report."""
        found = [entry for parts in self.parts for entry in parts_told.described(parts)]
        return sorted(found, key=lambda entry: entry["line"])

    def live(self, piece: Piece) -> types.CodeType:
        """The code of a piece, ready to run. Asked for only to trace it."""
        return live_code(piece.code, self.gate)

    def run(
        self, cells: types.FunctionType | None, namespace: dict[str, Any], arguments: tuple[Any, ...],
        keywords: dict[str, Any],
    ) -> Any:
        """One call. `cells` closes over the free variables of the user's function."""
        from autograph_hook.runtime import operators

        self.calls += 1
        available: dict[str, types.CellType] = {}
        if cells is not None:
            available.update(zip(cells.__code__.co_freevars, cells.__closure__ or (), strict=True))
        available["ag__"] = types.CellType(operators)
        frame = _Frame(self, cells, namespace)
        available["ag__mixed"] = types.CellType(frame)
        closure = tuple(available[name] for name in self.code.co_freevars)
        try:
            return types.FunctionType(self.code, namespace, self.code.co_name, None, closure)(*arguments, **keywords)
        finally:
            frame.end()


class _Frame:
    """One call of a mixed function: what `ag__mixed` is in it."""

    def __init__(self, function: MixedFunction, cells: types.FunctionType | None, namespace: dict[str, Any]) -> None:
        self.function = function
        self.cells = cells
        self.namespace = namespace
        self.runs: dict[int, Run] = {}
        self.names: dict[str, types.CellType] = {}
        """The cells of the frame's names."""

    def end(self) -> None:
        """What the call's names held goes when the call has ended, not when Python looks for circles."""
        self.runs.clear()
        self.names.clear()

    def group(self, number: int, functions: Sequence[types.FunctionType]) -> Statement:
        for function in functions:
            self.names.update(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
        run = self.runs[number] = Run(self, self.function.parts[number], functions)
        return run

    def ahead(self, number: int, iterable: Any, bind: types.FunctionType) -> Any:
        """What the loop around a group runs over."""
        for name, cell in zip(bind.__code__.co_freevars, bind.__closure__ or (), strict=True):
            self.names[name] = cell
        return chunks.ahead(self.runs[number], iterable, bind, self.function.may_stage())

    def unbound_local(self, error: NameError) -> UnboundLocalError | None:
        """What the plain code raises in the place of this error: the names of the frame are no locals of the functions
        that its statements have become."""
        name = getattr(error, "name", None)
        mixed = self.function.mixed
        if type(error) is not NameError or name not in self.names or name not in mixed.own or name in mixed.site.free:
            return None
        entry = error.__traceback__
        while entry is not None and entry.tb_next is not None:
            entry = entry.tb_next
        if entry is None or entry.tb_frame.f_code not in self.function.code.co_consts:
            return None
        made = unbound_local(name).with_traceback(error.__traceback__)
        made.__context__ = error.__context__
        return made

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: types.TracebackType | None) -> None:
        """A context manager of the user's is about to be told of an error."""
        if error is not None:
            error.__traceback__ = without_ours(traceback)

    def caught(self) -> None:
        """A handler of the user's begins to run: it must see the traceback that it would have seen."""
        error = sys.exc_info()[1]
        if error is not None:
            error.__traceback__ = without_ours(error.__traceback__)


class Run:
    """One group in one frame; called, it runs its statements."""

    __slots__ = ("frame", "functions", "parts")

    def __init__(self, frame: _Frame, parts: Parts, functions: Sequence[types.FunctionType]) -> None:
        self.frame = frame
        self.parts = parts
        self.functions = functions

    def __call__(self) -> None:
        functions = self.functions
        self.parts.runs += 1
        backend = self.frame.function.may_stage()
        if backend is not None and self.parts.over_objects is None and self.parts.group.loop is not None:
            self._note_targets(backend)
        if self.parts.is_cold() or self.parts.waits(self.frame.function.parts):
            backend = None
        try:
            for part in self.parts.parts:
                if part.reason is not None or backend is None or not self._staged(part, backend):
                    for i in range(part.start, part.end):
                        functions[i]()
            return
        except NameError as error:
            problem = self.frame.unbound_local(error)
            if problem is None:
                raise
        raise problem

    def _staged(self, part: Part, backend: Backend) -> bool:
        """Run a part as a graph, if it is time and one fits."""
        parts = self.parts
        if not part.variants and parts.rests():
            return False
        inputs = parts.inputs(part)
        values = list(map(self.get, inputs))
        unbound = _NONE
        if any(value is UNDEFINED for value in values):
            unbound = frozenset(name for name, value in zip(inputs, values, strict=True) if value is UNDEFINED)
            values = [value for value in values if value is not UNDEFINED]
        found = parts.piece(part, unbound)
        if found is None:
            return False
        piece, staging = found
        if piece.annotated and not self._has_annotations(piece.annotated):
            return False
        if staging.qualifies is None:
            staging.qualifies = self._names_values(piece, backend)
            if parts.chunks_left is None and self._is_large(piece):
                parts.leave_chunks("its body calls large functions")
                return False
        is_new = staging.reason is None and not staging.specializations
        if is_new:
            if parts.rests() or parts.is_staged_inside(part, self.frame.function.parts):
                return False
            parts.note_inputs(part, piece.inputs, values, staging)
        refusals = staging.refusals
        if self.take(part, piece, staging, backend, tuple(values)):
            return True
        if staging.reason is not None:
            parts.gave_up(part, staging)
        elif staging.refusals > refusals:
            parts.refused(part, staging)
        elif staging.calls_plain >= _NEVER * (1 + staging.calls):
            parts.leave(part, "meets no tensor")
        return False

    def take(
        self,
        part: Part,
        piece: Piece,
        staging: Staging,
        backend: Backend,
        values: tuple[Any, ...],
        iterated: frozenset[int] = frozenset(),
    ) -> bool:
        """Run a graph in the place of statements, if there is one or it is time for one."""
        call = _PieceCall(self, piece, part, backend, values, iterated)
        try:
            outcome = outermost.enter(call, staging)
        except VerificationError:
            raise
        except Exception as error:
            if call.has_run or is_interrupt(error):
                raise
            gave_up(self.frame.function.gate, staging, error)
            return False
        if outcome != outermost.TAKEN:
            return False
        self.put(piece, call.thread.results.pop())
        if call.afterwards is not None:
            call.afterwards()
        return True

    def _note_targets(self, backend: Backend) -> None:
        values = [value for name in self.parts.group.targets() if (value := self.get(name)) is not UNDEFINED]
        self.parts.note_targets(values, lambda value: backend.tensor_test(value) is not None or is_array(value))

    def _has_annotations(self, names: frozenset[str]) -> bool:
        found = self.frame.namespace.get("__annotations__")
        return type(found) is dict and names <= found.keys()

    def _names_values(self, piece: Piece, backend: Backend) -> bool:
        """Does a piece name something of the backend's that is there for everybody?"""
        names = self.frame.namespace
        values = [names[name] for name in piece.mentioned if name in names]
        return any(backend.recognises(type(value)) or backend.provides(value) for value in values)

    def _is_large(self, piece: Piece) -> bool:
        """Does a piece call functions of the program with so much in them that one graph for some iterations gains
        nothing?"""
        names = self.frame.namespace
        called = [gate for name in piece.mentioned if (gate := _gate_of(names.get(name))) is not None]
        return sum(gate.function[2] for gate in called) > chunks.MOST_CALLED

    def put(self, piece: Piece, results: tuple[dict[str, Any], tuple[str, ...]]) -> None:
        values, kept = results
        for name in piece.outputs:
            if name in values:
                self.set(name, values[name])
            elif name not in kept and self.get(name) is not UNDEFINED:
                self._delete(name)

    def get(self, name: str) -> Any:
        cell = self.frame.names.get(name)
        if cell is None:
            return self.frame.namespace.get(name, UNDEFINED)
        try:
            return cell.cell_contents
        except ValueError:
            return UNDEFINED

    def set(self, name: str, value: Any) -> None:
        cell = self.frame.names.get(name)
        if cell is None:
            self.frame.namespace[name] = value
        else:
            cell.cell_contents = value

    def _delete(self, name: str) -> None:
        cell = self.frame.names.get(name)
        if cell is None:
            del self.frame.namespace[name]
        else:
            del cell.cell_contents


def _gate_of(value: Any) -> Gate | None:
    return gates.gate_of(value) if type(value) is types.FunctionType else None


class _Place:
    """Where a piece runs, as staging looks at frames."""

    __slots__ = ("f_back", "f_code", "f_globals")

    def __init__(self, code: types.CodeType, namespace: dict[str, Any], back: types.FrameType | None) -> None:
        self.f_code = code
        self.f_globals = namespace
        self.f_back = back


class _PieceCall:
    """A piece that is about to run, for staging: a call of a function of the names that it reads."""

    __slots__ = (
        "afterwards", "arguments", "backend", "cells", "frame", "function", "has_run", "host", "iterated", "keywords",
        "options", "part", "piece", "run", "thread",
    )  # fmt: skip

    def __init__(
        self, run: Run, piece: Piece, part: Part, backend: Backend, values: tuple[Any, ...],
        iterated: frozenset[int],
    ) -> None:
        whole = run.frame.function
        self.run = run
        self.iterated = iterated
        """The lists that the loop runs over, which must not change."""
        self.part = part
        self.piece = piece
        self.host = whole.host
        self.thread = gates.thread()
        self.backend = backend
        self.options: outermost.Options = whole.gate.module.options
        name, line, _size, _flags = whole.gate.function
        self.function = (name, line, max(piece.size, _SIZE), piece.flags)
        self.cells = run.frame.cells
        self.arguments = values
        self.keywords: dict[str, Any] = {}
        self.afterwards: Callable[[], None] | None = None
        self.has_run = False
        self.frame: Any = _Place(run.functions[part.start].__code__, run.frame.namespace, sys._getframe(4))

    @property
    def may_shrink(self) -> bool:
        return self.part.end - self.part.start > 1

    def twin(self) -> types.FunctionType:
        """The function to trace; asked for only when that is about to happen."""
        self.run.parts.note_inputs(self.part, self.piece.inputs, self.arguments)
        return made_of(self.run.frame.function.live(self.piece), self.run.frame.namespace, self.cells)

    def beside(self) -> Statements:
        return Statements(self)

    def stored(self) -> Stored:
        frame = self.run.frame
        cells = {id(frame.names[name]): name for name in self.piece.stored if name in frame.names}
        inputs = frozenset(self.piece.inputs)
        taken = frozenset(id(frame.names[name]) for name in inputs if name in frame.names)
        return Stored(
            frame.namespace, self.piece.stored - frame.names.keys(), cells, inputs - frame.names.keys(), taken,
            self.iterated,
        )


