"""In which fields of a node there can be more nodes.

Every analysis walks over all nodes, and most fields hold names, numbers, and operators that have nothing below them:
not to look at those saves some of the time that a transformation takes.
"""

from __future__ import annotations

import ast

_WITHOUT = frozenset({"ctx", "op", "ops", "id", "attr", "arg", "kind", "conversion", "type_comment"})


class Parts(dict[type, tuple[str, ...]]):
    """For each kind of node, found out when it is first met.

    >>> Parts()[ast.Attribute], Parts()[ast.Compare], Parts()[ast.Constant]
    (('value',), ('left', 'comparators'), ())
    """

    def __missing__(self, kind: type) -> tuple[str, ...]:
        fields: tuple[str, ...] = kind._fields if kind is not ast.Constant else ()  # type: ignore[attr-defined]
        names = self[kind] = tuple(name for name in fields if name not in _WITHOUT)
        return names


PARTS = Parts()
