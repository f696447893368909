"""The setting `debug`: a function that holds a breakpoint runs as it is written, so that the debugger stops in it.

A function holds a breakpoint if it calls `breakpoint`, `set_trace` or `embed`, under whatever module's name, or if a
comprehension in it does. A function that it defines decides for itself.
"""

from __future__ import annotations

from types import CodeType

from autograph_hook.runtime.gate import Gate

BREAKPOINTS = frozenset({"breakpoint", "embed", "post_mortem", "set_trace"})


def keep_plain(code: CodeType) -> bool:
    """Keep the gates of all functions in this code shut for good that hold a breakpoint. Is there one in what belongs
    to no function?"""
    gates = [constant for constant in code.co_consts if type(constant) is Gate]
    inner = [keep_plain(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    holds = any(inner) or not BREAKPOINTS.isdisjoint(code.co_names)
    if holds:
        for gate in gates:
            gate.plain = True
            gate.clear()
    return holds and not gates


def is_kept(gate: Gate) -> bool:
    """Is this the gate of a function that runs as written, for a debugger's sake, in graphs as well?"""
    return gate.plain and gate.module.options.debug
