"""What is kept for the functions of a module goes when the module goes, or is loaded again; in a notebook, when they
are defined again.

The garbage collector does not look into code objects. A gate is held by one, so whatever the gate holds is in use as
far as the collector can tell; and compiled graphs, guards and mixed code hold the functions and names of the module,
and so that code. Such a cycle is never found: it is cut here, by hand. A function that lives on, because somebody else
has it, begins anew at its next call.
"""

from __future__ import annotations

from _weakref import ref
from collections import deque
from sys import is_finalizing

from autograph_hook.runtime.gate import MODULES, Module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from types import ModuleType
    from typing import Any

_latest: dict[str, ref[Module]] = {}
"""By the name of a module: what was made when it was last loaded."""
_definitions: dict[str, ref[Module]] = {}
"""By a name of the notebook: the statement that has defined it last."""
_passing: deque[ref[Module]] = deque()
"""The statements of a notebook that were run last and define nothing."""
MOST_PASSING = 32
departing: list[Callable[[Module], None]] = []
"""Asked to let go of a module, too."""


def owned(module: ModuleType, path: str) -> None:
    """The code that was last attached for this module is about to run in it."""
    name = module.__name__
    record = _attached(name, path)
    if record is None:
        return
    earlier = _latest.get(name)
    former = earlier() if earlier is not None else None
    if former is not None and former is not record and former.owner is not None and former.owner() is module:
        former.has_departed = True
        let_go(former)
    reference = _latest[name] = ref(record)
    record.owner = ref(module, _gone(name, reference))


def _attached(name: str, path: str) -> Module | None:
    for reference in reversed(MODULES):
        record = reference()
        if record is not None and record.name == name and record.path == path:
            return record
    return None


def _gone(name: str, record: ref[Module]) -> Callable[[Any], None]:
    # While Python ends nothing is taken apart, and names of ours may be gone already.
    def gone(_: object, is_finalizing: Callable[[], bool] = is_finalizing) -> None:
        if is_finalizing():
            return
        if _latest.get(name) is record:
            del _latest[name]
        found = record()
        if found is not None:
            found.has_departed = True
            let_go(found)

    return gone


def defines(names: Collection[str], record: Module | None) -> None:
    """A statement of a notebook is about to run, which defines functions and classes of these names. Statements that
    have no name left are let go, and so are old ones that define nothing: their loops have ended."""
    former = []
    for name in names:
        earlier = _definitions.pop(name, None)
        if earlier is not None:
            former.append(earlier)
        if record is not None:
            _definitions[name] = ref(record)
    if record is not None and not names:
        _passing.append(ref(record))
        if len(_passing) > MOST_PASSING:
            former.append(_passing.popleft())
    needed = [reference() for reference in _definitions.values()]
    for reference in former:
        found = reference()
        if found is not None and not any(found is other for other in needed):
            let_go(found)


def let_go(record: Module) -> None:
    """Let the gates of a module forget all that they have learnt and made."""
    for told in departing:
        told(record)
    for gate in record.gates:
        gate.staging = gate.mixed = None
        gate.calls = 0
    record.forget_codes()
