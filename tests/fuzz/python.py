"""Pure Python: every function of the module runs as its twin, and once more with its gate shut."""

from __future__ import annotations

import contextlib
import functools
import itertools
import sys
import types
from collections.abc import Iterator
from typing import Any

from autograph_hook.runtime import gate as gating
from autograph_hook.runtime.attach import attach
from autograph_hook.runtime.errors import user_frames
from autograph_hook.runtime.gate import Gate, Module
from autograph_hook.runtime.operators.naming import returned
from autograph_hook.runtime.recursion import watched
from autograph_hook.runtime.twins import twin_at_gate
from autograph_hook.settings import ModuleOptions
from autograph_hook.transpiler import transform
from autograph_hook.transpiler.sites import SCRIPT
from tests.fuzz.observe import HEAD_PATH, MODULE, difference, run
from tests.fuzz.programs import Program, programs

make = programs()
numbers = itertools.count()


def module_of(*codes: types.CodeType) -> types.ModuleType:
    """A module in which these run, one after the other."""
    module = sys.modules[MODULE] = types.ModuleType(MODULE)
    try:
        for code in codes:
            exec(code, vars(module))
    finally:
        del sys.modules[MODULE]
    return module


@functools.cache
def _compiled(head: str) -> types.CodeType:
    return compile(head, HEAD_PATH, "exec", dont_inherit=True)


@functools.cache
def _transformed(head: str) -> Any:
    return transform(head.encode(), HEAD_PATH).payload()


def plain(program: Program, path: str) -> types.ModuleType:
    return module_of(_compiled(program.head), compile(program.source, path, "exec", dont_inherit=True))


class Enabled:
    """The code of a program with gates, and what is known of its two parts."""

    def __init__(self, program: Program, path: str) -> None:
        self.program = program
        self.path = path
        transformed = transform(program.source.encode(), path)
        self.problems = transformed.problems
        self.payloads = {HEAD_PATH: _transformed(program.head), path: transformed.payload()}

    def module(self, options: ModuleOptions) -> tuple[types.ModuleType, list[Module]]:
        codes: list[types.CodeType] = []
        records: list[Module] = []
        for path, payload in self.payloads.items():
            text = self.program.head if path == HEAD_PATH else self.program.source
            codes.append(attach(payload, MODULE, path, options, lambda text=text: (text.encode(), frozenset())))
            made = [module for module in (r() for r in gating.MODULES[::-1]) if module is not None and module.path == path]
            records += made[:1]  # none where there are no functions
        if gating._entered is _as_twin:
            for record in records:
                gating.open_module(record)
        return module_of(*codes), records


def _as_twin(gate: Gate, values: tuple[Any, ...], keywords: dict[str, Any]) -> bool:
    """What a gate does: run the twin."""
    twin = None if gate.function[0] == SCRIPT else twin_at_gate(gate, values[0], sys._getframe(2).f_globals)
    if twin is None:
        return False
    with user_frames():
        result = returned(watched(twin, gate)(*values[1:], **keywords))
    gating.thread().results.append(result)
    return True


@contextlib.contextmanager
def as_twins() -> Iterator[None]:
    """Open gates lead to twins, whatever runs."""
    before = gating._entered
    gating.enter_by(_as_twin)
    try:
        yield
    finally:
        gating._entered = before


def check(program: Program) -> str | None:
    """How the program can tell that it is enabled; None if it cannot."""
    path = f"<made {next(numbers)}>"
    expected = run(plain(program, path), program.steps, path)
    enabled = Enabled(program, path)
    if enabled.problems:
        return f"problems: {enabled.problems}"
    shut, _ = enabled.module(ModuleOptions(mode="off"))
    found = difference(expected, run(shut, program.steps, path))
    if found is not None:
        return f"with gates that are shut:\n{found}"
    with as_twins():
        twins, _ = enabled.module(ModuleOptions(mode="traced"))
        return difference(expected, run(twins, program.steps, path))
