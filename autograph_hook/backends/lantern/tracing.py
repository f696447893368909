"""A trace in progress: the program that is being written, the def and the block that lets go to, and what changes.

What must hold: a symbol knows the def in which its value is bound. Used in another def (a function that closes over
it), it becomes one more parameter of that def, which every call of it hands over.
"""

from __future__ import annotations

import sys
import threading
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from autograph_hook.backends.lantern.build import Builder, Names
from autograph_hook.backends.lantern.ir import (
    Attr,
    Block,
    Def,
    Lit,
    Program,
    Ptr,
    Record,
    Scalar,
    Tensor,
    Var,
)
from autograph_hook.backends.lantern.op_types import Mismatch
from autograph_hook.errors import StagingError


class NeedsStatic(StagingError):
    """A Python number is needed where there is one of the compiled code's."""


class Unknown(BaseException):
    """The result of a call of a function that is being traced, before it is known what it is."""


class Impossible(BaseException):
    """What is being traced cannot succeed: a branch that does this is one that is not taken, or that fails."""

    def __init__(self, kind: str, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text


class Frame:
    """A def that is being traced."""

    def __init__(self, names: Names, outer: Frame | None = None) -> None:
        self.names = names
        self.outer = outer
        self.path = ""
        self.captures: dict[tuple[int, str], tuple[Frame, Var, Var]] = {}
        """By the frame and the name there: that frame, the name there, and the parameter here."""

    def capture(self, var: Var, home: Frame) -> Var:
        key = (id(home), var.name)
        if key not in self.captures:
            self.captures[key] = home, var, Var(self.names.fresh(var.name), var.type)
        return self.captures[key][2]


class Scope:
    """A block of a construct: the arrays from before it that have changed in it, with what they were."""

    def __init__(self) -> None:
        self.saved: dict[int, tuple[Any, Any]] = {}


class Session:
    """What one compiled function is traced into."""

    def __init__(self) -> None:
        self.globals: list[str] = []
        self.params: list[Var] = []
        self.consts: list[Var] = []
        self.constants: dict[str, Any] = {}
        """The arrays of constants that the traced code itself made."""
        self.records: dict[str, Record] = {}
        self.defs: list[Def] = []
        self.def_names = Names()
        self.path = ""
        """The user's source file."""
        self.frame = Frame(Names())
        self.builder = Builder(self.frame.names)
        self.scopes: list[Scope] = []
        self.operations = 0
        self.repeats = False
        """Is there a loop or a recursion, which may run for long?"""
        self.captured: dict[int, tuple[Any, Any]] = {}
        """Arrays from outside by identity: the array and its symbol."""
        self.wanted: frozenset[int] = frozenset()
        """Arrays that a gradient is wanted of, by identity."""
        self.functions: Any = None
        self.standing: dict[int, tuple[Any, Any]] = {}
        """Containers from outside by identity, and what stands for each."""
        self.stands: set[int] = set()
        self.made: dict[tuple[int, str], tuple[str, tuple[Var, ...]]] = {}
        """How a name came to be, for patterns of several operations."""

    # Lets.

    def var(self, symbol: Any) -> Var:
        """The name of a symbol, in the def that is being traced."""
        var, home = symbol.located()
        if home is None or home is self.frame:
            return var  # type: ignore[no-any-return]
        return self.frame.capture(var, home)

    def op(self, name: str, *args: Var, hint: str = "", **attrs: Attr | None) -> Var:
        (made,) = self.ops(name, *args, hint=hint, **attrs)
        return made

    def ops(self, name: str, *args: Var, hint: str = "", **attrs: Attr | None) -> tuple[Var, ...]:
        self.builder.line = line()
        self.operations += 1
        try:
            made = self.builder.ops(name, *args, hint=hint, **attrs)
        except Mismatch as mismatch:
            raise error(_in_words(str(mismatch))) from None
        for var in made:
            self.made[id(self.frame), var.name] = name, args
        return made

    def lit(self, value: Any, type: Scalar | Ptr) -> Var:
        return self.builder.lit(value, type)

    def origin(self, var: Var) -> tuple[str, tuple[Var, ...]]:
        """The operation that gave a name its value, and its operands."""
        return self.made.get((id(self.frame), var.name), ("", ()))

    def literal_of(self, var: Var) -> Any:
        """The value of a name that is bound to a literal in the block that is being written; else None."""
        for let in reversed(self.builder.lets[-12:]):
            if let.vars and let.vars[0] is var:
                return let.expr.value if isinstance(let.expr, Lit) else None
        return None

    def check(self, holds: Var, error: str, message: str) -> None:
        self.ops("check", holds, error=error, message=message)

    def constant(self, type: Scalar | Tensor, hint: str) -> Var:
        """A new constant of the program."""
        return self._global(self.consts, type, hint)

    def parameter(self, type: Scalar | Tensor, hint: str) -> Var:
        """A new parameter of the program, which has a gradient."""
        return self._global(self.params, type, hint)

    def _global(self, where: list[Var], type: Scalar | Tensor, hint: str) -> Var:
        var = Var(f"{hint}.g{len(self.globals)}", type)
        self.globals.append(var.name)
        where.append(var)
        return var

    # Blocks.

    @contextmanager
    def block(self) -> Iterator[Builder]:
        """Lets go to an inner block."""
        outer, self.builder = self.builder, self.builder.inner()
        try:
            yield self.builder
        finally:
            self.builder = outer

    @contextmanager
    def scope(self) -> Iterator[Scope]:
        """What changes is noted, and put back at the end."""
        scope = Scope()
        self.scopes.append(scope)
        try:
            yield scope
        finally:
            self.scopes.pop()
            for array, state in scope.saved.values():
                array.restore(state)

    def noting(self, array: Any) -> None:
        """An array is about to change."""
        for scope in self.scopes:
            if id(array) not in scope.saved and array.depth <= self.scopes.index(scope):
                scope.saved[id(array)] = array, array.state()

    def mark(self) -> tuple[Any, ...]:
        return self.frame, self.builder, len(self.builder.lets), len(self.defs), self.operations

    def back_to(self, mark: tuple[Any, ...]) -> None:
        self.frame, self.builder, lets, defs, self.operations = mark
        del self.builder.lets[lets:]
        del self.defs[defs:]

    # The whole.

    def program(self) -> Program:
        return Program(tuple(self.params), tuple(self.consts), tuple(self.records.values()), tuple(self.defs))


class _Thread(threading.local):
    def __init__(self) -> None:
        self.sessions: list[Session] = []


_thread = _Thread()
_watchers: list[tuple[Callable[[], object], Callable[[], None]]] = []


def tracing() -> bool:
    return bool(_thread.sessions)


def watch(opened: Callable[[], object], closed: Callable[[], None]) -> None:
    _watchers.append((opened, closed))


def session() -> Session:
    return _thread.sessions[-1]


@contextmanager
def begun() -> Iterator[Session]:
    """A trace, in this thread."""
    made = Session()
    building = [opened() for opened, _ in _watchers]
    outer = len(_thread.sessions)
    try:
        _thread.sessions.append(made)
        yield made
    finally:
        del _thread.sessions[outer:]
        building.clear()
        for _, closed in _watchers:
            closed()


# Where the user's code stands.

_OURS = "autograph_hook."


def user_frame() -> types.FrameType | None:
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        if not name.startswith((_OURS, "numpy.", "contextlib")) or frame.f_globals.get("__user__"):
            return frame
        frame = frame.f_back
    return None


def line() -> int:
    frame = user_frame()
    if frame is None:
        return 0
    s = session()
    s.path = s.path or frame.f_code.co_filename
    return frame.f_lineno


def error(text: str, kind: type[StagingError] = StagingError) -> StagingError:
    """The error of the user's line that an operator works for."""
    frame = user_frame()
    if frame is None:
        return kind(text)
    return kind(f"{frame.f_code.co_filename}:{frame.f_lineno}, in {frame.f_code.co_name}: {text}")


def _in_words(text: str) -> str:
    return text.replace("(tensor ", "(array ").replace("tensors", "arrays").replace("tensor", "array")


def finished(block: Builder, *results: Var) -> Block:
    return block.block(*results)
