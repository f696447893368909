"""Generator functions have a twin, but no gate in their code: only a twin that calls one reaches its twin.

What leads from the function to its twin is a placeholder among its constants that no instruction refers to, put there
after compiling. So the plain code runs as if we were not there, and costs nothing.
"""

from __future__ import annotations

import types
from collections.abc import Mapping, Sequence

from autograph_hook.transpiler.gates import placeholder
from autograph_hook.transpiler.sites import Site

GENERATOR = 0x20
"""The flag of generator functions' code."""
Key = tuple[str, int]


def generator_numbers(sites: Sequence[Site]) -> dict[Key, int]:
    """Name and first line of each generator function that has a twin; not where two on one line share a name."""
    found: dict[Key, int] = {}
    twice: set[Key] = set()
    for site in sites:
        if site.is_generator:
            key = site.name, site.first_line
            if key in found:
                twice.add(key)
            found[key] = site.number
    return {key: number for key, number in found.items() if key not in twice}


def marked(code: types.CodeType, numbers: Mapping[Key, int], *, inside: bool = False) -> types.CodeType:
    """The code in which each generator function of `numbers` has its placeholder; with `inside` not itself.

    >>> from autograph_hook.transpiler.gates import is_placeholder
    >>> module = compile('def g(x):\\n    yield x', 'm.py', 'exec')
    >>> inner = next(c for c in marked(module, {('g', 1): 7}).co_consts if isinstance(c, types.CodeType))
    >>> is_placeholder(inner.co_consts[-1]), inner.co_consts[-1][1]
    (True, 7)
    """
    if not numbers:
        return code
    constants = [marked(c, numbers) if isinstance(c, types.CodeType) else c for c in code.co_consts]
    if code.co_flags & GENERATOR and not inside:
        number = numbers.get((code.co_name, code.co_firstlineno))
        if number is not None:
            constants.append(placeholder(number))
    if len(constants) == len(code.co_consts) and all(map(_is, constants, code.co_consts)):
        return code
    return code.replace(co_consts=tuple(constants))


def _is(one: object, other: object) -> bool:
    return one is other
