"""What can be seen in a twin's code before it runs: the globals it reads, and what no trace carries."""

from __future__ import annotations

import dis
import types
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

_REFUSED = {
    "IMPORT_NAME": "imports a module",
    "IMPORT_STAR": "imports a module",
    "DELETE_GLOBAL": "deletes a name of the module",
    "LOAD_BUILD_CLASS": "defines a class",
    "STORE_ATTR": "stores to an attribute in a statement that is left as it is",
    "DELETE_ATTR": "deletes an attribute in a statement that is left as it is",
    "STORE_SUBSCR": "stores to an item in a statement that is left as it is",
    "DELETE_SUBSCR": "deletes an item in a statement that is left as it is",
    "STORE_SLICE": "stores to a slice in a statement that is left as it is",
    "MATCH_CLASS": "matches a class pattern",
    "MATCH_MAPPING": "matches a mapping pattern",
    "MATCH_KEYS": "matches a mapping pattern",
    "MATCH_SEQUENCE": "matches a sequence pattern",
    "SETUP_FINALLY": "catches or cleans up after exceptions",
    "GET_AWAITABLE": "awaits",
    "SETUP_ANNOTATIONS": "keeps annotations",
}

_GLOBAL = frozenset({"LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"})
_READING = frozenset({"LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"})
_ATTRIBUTE = frozenset({"LOAD_ATTR", "LOAD_METHOD"})

Position = tuple[str, str, int]


class Seen(NamedTuple):
    reason: str | None
    globals: tuple[str, ...]
    stored: frozenset[str]
    """Free variables that the function rebinds."""
    read: frozenset[str]
    """Those that it reads."""
    used: frozenset[str]
    """Names of either kind of which it reads more than attributes: `log` in `f(log)`, but not in `log.info(x)`."""
    global_stores: frozenset[str]
    """Names of the module to which it stores."""
    inner: frozenset[Position]
    """The functions defined inside."""


_seen: WeakKeyDictionary[types.CodeType, Seen] = WeakKeyDictionary()


def position(code: types.CodeType) -> Position:
    """What a function's plain code and its twin's have in common."""
    return (code.co_filename, code.co_name, code.co_firstlineno)


_CONSTANT = frozenset({"RESUME", "LOAD_CONST", "RETURN_CONST", "RETURN_VALUE", "NOP", "POP_TOP", "LOAD_SMALL_INT"})


_constant: WeakKeyDictionary[types.CodeType, bool] = WeakKeyDictionary()


def is_constant(code: types.CodeType) -> bool:
    """Does a function do nothing but return a constant? Such a function needs no twin. Kept, by code."""
    known = _constant.get(code)
    if known is None:
        known = _constant[code] = all(i.opname in _CONSTANT for i in dis.get_instructions(code))
    return known


def look(code: types.CodeType) -> Seen:
    """What stands in a twin's code. Kept, by code."""
    known = _seen.get(code)
    if known is None:
        known = _seen[code] = _look(code)
    return known


def _look(code: types.CodeType) -> Seen:
    """The bodies of staged constructs are functions inside the twin, under the twin's name. So functions that the
    user defines inside are looked at, too: what is refused there is refused a little early.
    """
    names: dict[str, None] = {}
    stored: set[str] = set()
    read: set[str] = set()
    used: set[str] = set()
    global_stores: set[str] = set()
    inner: set[Position] = set()
    reason: str | None = None
    free = set(code.co_freevars)
    todo = [code]
    for part in todo:
        handlers = withs = 0
        earlier: Any = None
        before: Any = None
        opname_before = ""
        for instruction in dis.get_instructions(part):
            opname = instruction.opname
            if opname in _GLOBAL:
                names[instruction.argval] = None
            elif opname in ("STORE_DEREF", "DELETE_DEREF") and instruction.argval in free:
                stored.add(instruction.argval)
            elif opname in _READING and instruction.argval in free:
                read.add(instruction.argval)
            elif opname == "STORE_GLOBAL":
                global_stores.add(instruction.argval)
            elif opname == "PUSH_EXC_INFO":
                handlers += 1
            elif opname == "WITH_EXCEPT_START":
                withs += 1
            elif opname == "IS_OP" and isinstance(before, bool):
                reason = reason or "asks for the identity of True or False"
            # In a twin, `log.info` is `ag__.attr(log, "info")`.
            is_owner = earlier == "ag__" and before == "attr" and opname_before in _ATTRIBUTE
            if (opname in _GLOBAL or opname in _READING) and not is_owner:
                used.add(instruction.argval)
            earlier, before, opname_before = before, instruction.argval, opname
            reason = reason or _REFUSED.get(opname)
        if handlers > withs:
            reason = reason or _REFUSED["SETUP_FINALLY"]
        for constant in part.co_consts:
            if isinstance(constant, types.CodeType):
                todo.append(constant)
                inner.add(position(constant))
    return Seen(
        reason, tuple(names), frozenset(stored), frozenset(read), frozenset(used), frozenset(global_stores),
        frozenset(inner),
    )  # fmt: skip
