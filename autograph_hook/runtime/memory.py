"""What is learnt in one run and used in the next: which statements and functions are Python, and why.

A function or piece that an earlier run has staged is traced after one plain run, and what no trace has carried is not
tried again. All of it is advice: a graph is still used only while its guards hold, and where a piece that was a graph
turns out to be none, its group is learnt anew. What was written by another version, under other settings, or before one
of the enabled modules has changed, is not used.
"""

from __future__ import annotations

import _imp
import atexit
import os
import sys
from typing import Any

from autograph_hook.reporting import journal
from autograph_hook.runtime.gate import MODULES, Gate, Module
from autograph_hook.runtime.mixed import MixedFunction
from autograph_hook.runtime.owners import departing
from autograph_hook.staging.known import Staging

FORM = 1
LONGEST_REASON = 300
MOST_FUNCTIONS = 1000
MOST_PARTS = 1000
"""Of one group."""
MOST_NEIGHBOURS = 200
"""Enabled modules whose change makes what was learnt of one of them worthless."""

Functions = dict[int, tuple[Any, Any]]
"""By the number of the gate: what is known of the function as a whole, and by the number of each group its parts."""

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_OURS = ("autograph_hook failed", "staging failed")
"""How reasons begin that are defects of ours."""
_learning: dict[Module, Functions] = {}
"""The modules that are learnt from, with what earlier runs have left."""
_surroundings: bytes | None = None


def staging_of(gate: Gate) -> Staging:
    """What is known of a function at its first call."""
    staging = Staging()
    whole = _of(gate)[0]
    if type(whole) is tuple and len(whole) == 5 and whole[0] == "plain":
        _, reason, line, name, is_small = whole
        staging.give_up(reason)
        staging.line, staging.name, staging.is_small = line, name, is_small
    elif whole == ("staged",):
        staging.is_recalled = True
    return staging


def recall(mixed: MixedFunction) -> None:
    """Begin with the parts that an earlier run has ended with."""
    groups = _of(mixed.gate)[1]
    for parts in mixed.parts if type(groups) is dict else ():
        kept = groups.get(parts.group.number)
        if type(kept) is tuple:
            parts.recall(kept)


def _of(gate: Gate) -> tuple[Any, Any]:
    module = gate.module
    if module.memory is None or module.options.warm_up != "auto":
        return None, None
    if module not in _learning:
        if not _learning:
            atexit.unregister(_keep)
            atexit.register(_keep)
        _learning[module] = _read(module)
    found = _learning[module].get(gate.number)
    return found if type(found) is tuple and len(found) == 2 else (None, None)


def _read(module: Module) -> Functions:
    """What earlier runs have left, if it still holds."""
    content: Any = module.memory.read() if module.memory is not None else None
    try:
        form, surroundings, options, neighbours, functions = content
    except (TypeError, ValueError):
        return {}
    if form != FORM or surroundings != _around() or options != _options(module) or type(functions) is not dict:
        return {}
    return functions if all(_stamp(path) == stamp for path, *stamp in neighbours) else {}


def _keep() -> None:
    """The program ends: write what is new."""
    neighbours = _neighbours()
    for module, before in list(_learning.items()):
        _write(module, before, neighbours)


def _departed(module: Module) -> None:
    """The module goes."""
    before = _learning.pop(module, None)
    if before is not None:
        _write(module, before, _neighbours())


def _write(module: Module, before: Functions, neighbours: Any) -> None:
    try:
        functions = _learnt(module, before)
        if functions != before and module.memory is not None:
            module.memory.write((FORM, _around(), _options(module), neighbours, functions))
    except Exception:  # the program must go on, or end, as if nothing had been tried
        return


def _forget_decisions(module: Module) -> None:
    """Of a notebook's statement only its own: a cell has others."""
    names = {name.rpartition(".")[2] for name, *_ in module.functions()} if module.owner is None else None
    journal.forget(module.path, names)


departing.append(_departed)
departing.append(_forget_decisions)


def _learnt(module: Module, before: Functions) -> Functions:
    found = dict(before)
    for gate in module.gates:
        whole, groups = found.get(gate.number, (None, None))
        staging = gate.staging
        if staging is not None:
            whole = _whole(staging) or whole
        mixed = gate.mixed
        if isinstance(mixed, MixedFunction):
            groups = dict(groups or {})
            for parts in mixed.parts:
                kept = parts.kept(LONGEST_REASON)
                if kept is not None and len(kept) <= MOST_PARTS:
                    groups[parts.group.number] = kept
        if (whole or groups) and (gate.number in found or len(found) < MOST_FUNCTIONS):
            found[gate.number] = whole, groups or None
    return found


def _whole(staging: Staging) -> tuple[Any, ...] | None:
    """What is worth knowing of a function as a whole."""
    if staging.reason is None:
        return ("staged",) if staging.is_worth_keeping() else None
    if staging.has_failed() or staging.reason.startswith(_OURS):
        return None
    return "plain", staging.reason[:LONGEST_REASON], staging.line, staging.name, staging.is_small


def _options(module: Module) -> tuple[str, ...]:
    options = module.options
    return tuple(f"{name} {getattr(options, name)!r}" for name in options.__slots__)


def _around() -> bytes:
    """A digest of the versions of everything that decides: Python, the framework, this package."""
    global _surroundings
    if _surroundings is None:
        versions = [sys.version]
        for name in ("tensorflow", "keras", "tf_keras", "numpy"):
            if name in sys.modules:
                versions.append(f"{name} {getattr(sys.modules[name], '__version__', '')}")
        for place, directories, names in os.walk(_PACKAGE):
            directories.sort()
            for name in sorted(names):
                if name.endswith(".py"):
                    path = os.path.join(place, name)
                    versions.append(f"{os.path.relpath(path, _PACKAGE)} {_stamp(path)}")
        _surroundings = _imp.source_hash(FORM, "\n".join(versions).encode("utf-8", "surrogateescape"))
    return _surroundings


def _neighbours() -> tuple[tuple[Any, ...], ...]:
    """The enabled modules, with what tells whether they have changed."""
    paths = sorted({module.path for reference in list(MODULES) if (module := reference()) is not None})
    return tuple((path, *_stamp(path)) for path in paths[:MOST_NEIGHBOURS])


def _stamp(path: str) -> list[int]:
    try:
        status = os.stat(path)
    except OSError:
        return [0, 0]
    return [status.st_mtime_ns, status.st_size]
