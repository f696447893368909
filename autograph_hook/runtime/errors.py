"""Tracebacks as the user's code alone would give them.

On the way out of a twin an exception loses

- the entries of this package;
- those of a twin that only say where a construct stands whose body raised: a body is a function inside the twin,
  under the twin's name, so the function would be there once for each construct around the line; and with them the
  framework's, which build the graph of the body;
- those of a function that stood at its gate while its twin ran.
"""

from __future__ import annotations

import os
import re
import sys
import types
import weakref
from collections.abc import Iterable

from autograph_hook import log
from autograph_hook.backends.protocol import Backend
from autograph_hook.backends.registry import FRAMEWORKS
from autograph_hook.errors import StagingError, warn
from autograph_hook.runtime.gate import MODULES, Gate
from autograph_hook.staging.known import Staging

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__))) + os.sep


def unbound_local(name: str) -> UnboundLocalError:
    """What Python raises where a function reads a name of its own that has no value."""
    if sys.version_info >= (3, 11):
        return UnboundLocalError(f"cannot access local variable {name!r} where it is not associated with a value")
    return UnboundLocalError(f"local variable {name!r} referenced before assignment")


class user_frames:
    """What is raised inside has the traceback of the user's code."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, traceback: types.TracebackType | None) -> None:
        if error is not None:
            error.__traceback__ = without_ours(traceback)


class traced(user_frames):
    """The same of a twin that runs in a graph of the user's; and the exception says where and what to do, if it is one
    of ours or one that eager execution does not know."""

    __slots__ = ("backends",)

    def __init__(self, backends: Iterable[Backend]) -> None:
        self.backends = backends

    def __exit__(self, kind: object, error: BaseException | None, traceback: types.TracebackType | None) -> None:
        super().__exit__(kind, error, traceback)
        if isinstance(error, Exception):
            for backend in self.backends:
                backend.shorten()
                explain(error, backend)


def gave_up(gate: Gate, staging: Staging, error: Exception) -> None:
    """A defect of ours must not reach the user's program: what was to be staged is plain, and the user is told."""
    qualname, line, *_ = gate.function
    reason = f"autograph_hook failed: {type(error).__name__}: {error}"
    staging.give_up(reason)
    if gate.module.options.strict:
        raise StagingError(f"{gate.module.path}:{line}: {qualname} cannot be staged: {reason}") from error
    warn(f"{qualname} runs plain: {reason}", gate.module.path, line)


_PLACED = re.compile(r".+:\d+(, in [^\s:]+)?: ")


def explain(error: Exception, backend: Backend) -> None:
    """Before what an error of ours says stands where; what the framework says is followed by what it means."""
    entries = _users(error.__traceback__)
    if not entries:
        return
    # Methods that a library has made of a text, as those of a data class, stand in no file.
    entries = [entry for entry in entries if entry.tb_frame.f_code.co_filename != "<string>"] or entries
    own = next((entry for entry in reversed(entries) if not _is_installed(entry)), entries[-1])
    place = f"{own.tb_frame.f_code.co_filename}:{own.tb_lineno}, in {own.tb_frame.f_code.co_name}"
    if isinstance(error, StagingError):
        if len(error.args) == 1 and not _PLACED.match(str(error)):
            error.args = (f"{place}: {error.args[0]}",)
        return
    meaning = backend.meaning(error, _not_enabled(entries[-1].tb_frame))
    if meaning is None or meaning in str(error):
        return
    text = f"{place}: {meaning}"
    said = backend.said(error)
    if len(error.args) == 1 and said is not None:
        error.args = (f"{said}\n{text}",)
    elif sys.version_info >= (3, 11) and text not in getattr(error, "__notes__", ()):
        error.add_note(text)


def _users(traceback: types.TracebackType | None) -> list[types.TracebackType]:
    """The entries that are neither ours nor the framework's."""
    found = []
    while traceback is not None:
        if not _is_framework(traceback) and not traceback.tb_frame.f_code.co_filename.startswith(_PACKAGE):
            found.append(traceback)
        traceback = traceback.tb_next
    return found


def _is_installed(entry: types.TracebackType) -> bool:
    return "site-packages" in entry.tb_frame.f_code.co_filename


def _not_enabled(frame: types.FrameType) -> str | None:
    """The name of the module whose code this is, if it is not enabled."""
    path = frame.f_code.co_filename
    modules = [reference() for reference in MODULES]
    if any(module is not None and module.path == path for module in modules):
        return None
    return str(frame.f_globals.get("__name__"))


_whole: weakref.WeakKeyDictionary[types.CodeType, weakref.ref[types.CodeType]] = weakref.WeakKeyDictionary()
"""For each code that runs a part of a function of the user's, that function's own code."""


def parts_of(whole: types.CodeType, parts: Iterable[types.CodeType]) -> None:
    """These codes run in the place of parts of a function: together they are one entry of a traceback."""
    for part in parts:
        _whole[part] = weakref.ref(whole)


def _continues(frame: types.FrameType, before: types.FrameType) -> bool:
    """Is this a part of the call that the entry before belongs to? A function that calls itself runs the same codes
    again, but stands at its gate in between."""
    found = _whole.get(frame.f_code)
    whole = found() if found is not None else None
    if whole is None:
        return False
    back = frame.f_back
    while back is not None and back is not before and back.f_code is not whole:
        back = back.f_back
    return back is not None and back is before


def whole_functions(error: BaseException, traceback: types.TracebackType | None) -> types.TracebackType | None:
    """The traceback of an exception that nobody has caught, without entries of ours, those of parts as one. Those of
    the exceptions that came before it are changed in the same way."""
    seen = {id(error)}
    before = error.__cause__ or error.__context__
    while before is not None and id(before) not in seen:
        seen.add(id(before))
        before.__traceback__ = without_ours(before.__traceback__)
        before = before.__cause__ or before.__context__
    return without_ours(traceback)


def without_ours(traceback: types.TracebackType | None) -> types.TracebackType | None:
    """The same traceback with the user's entries; as it was where nothing else would be left, and with --verbose."""
    if log.verbose:
        return traceback
    found: list[types.TracebackType] = []
    behind_ours: set[int] = set()
    entry = traceback
    while entry is not None:
        if not entry.tb_frame.f_code.co_filename.startswith(_PACKAGE):
            found.append(entry)
        else:
            behind_ours.add(len(found))
        entry = entry.tb_next
    if not found:
        return traceback
    kept: list[types.TracebackType] = []
    start = place = 0
    while place < len(found):
        after = next((i for i in range(place + 1, len(found)) if not _is_framework(found[i])), None)
        if after is not None and (
            _repeats(found[place].tb_frame, found[after].tb_frame)
            # A bare `raise` in a body, which is no entry, of what was raised in a frame around it.
            or (after in behind_ours and any(found[i].tb_frame is found[after].tb_frame for i in range(start, after)))
        ):
            place = after
        else:
            kept.append(found[place])
            start = place = place + 1
    for this, following in zip(kept, [*kept[1:], None], strict=True):
        this.tb_next = following
    return kept[0]


def _is_framework(entry: types.TracebackType) -> bool:
    """An entry of a framework: between a construct and its body it only says how a graph is built."""
    return str(entry.tb_frame.f_globals.get("__name__")).partition(".")[0] in FRAMEWORKS


def _repeats(outer_frame: types.FrameType, inner_frame: types.FrameType) -> bool:
    """Is it the same function of the user's?"""
    code, inner = outer_frame.f_code, inner_frame.f_code
    if code is inner:
        return False  # it calls itself
    if inner in _whole:
        return _continues(inner_frame, outer_frame)
    if code.co_name == inner.co_name and inner in _bodies(code):
        return True
    gate = next((constant for constant in code.co_consts if type(constant) is Gate), None)
    twin = gate.code() if gate is not None else None
    return twin is not None and (twin is inner or inner in _bodies(twin))


_known_bodies: weakref.WeakKeyDictionary[types.CodeType, frozenset[types.CodeType]] = weakref.WeakKeyDictionary()


def _bodies(code: types.CodeType) -> frozenset[types.CodeType]:
    """The codes inside one that bear its name: what the passes have made of its constructs. Kept, by code."""
    known = _known_bodies.get(code)
    if known is None:
        known = _known_bodies[code] = _bodies_in(code)
    return known


def _bodies_in(code: types.CodeType) -> frozenset[types.CodeType]:
    found: list[types.CodeType] = []
    todo = [code]
    for part in todo:
        for constant in part.co_consts:
            if isinstance(constant, types.CodeType) and _is_same_name(constant, code):
                found.append(constant)
                todo.append(constant)
    return frozenset(found)


def _is_same_name(one: types.CodeType, other: types.CodeType) -> bool:
    if sys.version_info >= (3, 11):
        return one.co_qualname == other.co_qualname
    return one.co_name == other.co_name
