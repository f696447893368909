"""Put live gates into the code of a module that is being loaded.

On the warm path: it loads nothing heavy and looks at no constant that the layout does not name.
"""

from __future__ import annotations

from autograph_hook.runtime import frameworks
from autograph_hook.runtime import gate as gating
from autograph_hook.runtime.gate import TYPE, Gate, Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType
    from typing import Any

    from autograph_hook.runtime.gate import Memory, Source
    from autograph_hook.settings import ModuleOptions
    from autograph_hook.transpiler.layout import Layout


def attach(
    payload: tuple[Any, ...], module: str, path: str, options: ModuleOptions, source: Source | None = None,
    memory: Memory | None = None,
) -> CodeType:
    """The code to execute for a module, with a new gate in each function that has one.

    `payload` is what `transpiler.Transformed.payload()` gave; `path` the source file's present path,
    `source` reads the file
    again and says which lines stay plain, `memory` is what earlier runs have learnt. Raises
    whatever a damaged payload leads to: the caller treats it as a cache miss.
    """
    return attached(payload, module, path, options, source, memory)[0]


def attached(
    payload: tuple[Any, ...], module: str, path: str, options: ModuleOptions, source: Source | None = None,
    memory: Memory | None = None,
) -> tuple[CodeType, Module | None]:
    """The same with what is known of the module; None where no function of it has a gate."""
    code, layout, count, functions, twins, problems = payload
    if layout is None:
        return code, None
    record = Module(module, path, options, functions, twins, problems, source, memory)
    if options.backend not in ("auto", "tensorflow"):
        frameworks.use_backend(options.backend)
    if gating.begin is gating.SHUT:
        frameworks.look()
    is_open = gating.begin if options.mode != "off" else gating.SHUT
    gates = record.gates
    for number in range(count):
        gate = Gate(TYPE, is_open)
        gate.module = record
        gate.number = number
        gates.append(gate)
    placed = place(code, layout, gates)
    if options.debug:
        from autograph_hook.runtime.debugging import keep_plain

        keep_plain(placed)
    return placed, record


def place(code: CodeType, layout: Layout, gates: list[Gate]) -> CodeType:
    """The code with gates where the layout says, at every depth."""
    own, leaves, inner = layout
    constants = list(code.co_consts)
    row = iter(own)
    for i in row:
        constants[i] = gates[next(row)]
    row = iter(leaves)
    for i in row:
        leaf = constants[i]
        its = list(leaf.co_consts)
        its[next(row)] = gates[next(row)]  # the number first: Python evaluates the value before the target
        constants[i] = leaf.replace(co_consts=tuple(its))
    for i, inside in inner:
        constants[i] = place(constants[i], inside, gates)
    return code.replace(co_consts=tuple(constants))
