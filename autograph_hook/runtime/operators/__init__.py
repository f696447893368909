"""The operators: what the code of a twin calls, as `ag__.if_` and so on.

Each reads as the rule that it implements: a Python value is Python's business, a staged value its backend's.
"""

from __future__ import annotations

from autograph_hook.runtime.operators.binding import Binding as binding
from autograph_hook.runtime.operators.calls import call, callee, context, in_frame, spread, super_, values
from autograph_hook.runtime.operators.collecting import (
    append,
    collect,
    collect_lazily,
    decided,
    each,
    generate,
    keep_if,
    listed,
)
from autograph_hook.runtime.operators.control_flow import assert_, for_, if_, while_
from autograph_hook.runtime.operators.leaving import caught, unless_left, unless_raised, unless_swallowed
from autograph_hook.runtime.operators.logic import (
    and_,
    both,
    compare,
    contains,
    either,
    equal,
    greater,
    greater_equal,
    if_exp,
    less,
    less_equal,
    not_,
    or_,
    ordered,
    unequal,
)
from autograph_hook.runtime.operators.matching import captured, holds, matched, matches
from autograph_hook.runtime.operators.mutation import (
    del_attr,
    del_item,
    inplace,
    set_attr,
    set_item,
    update_attr,
    update_item,
)
from autograph_hook.runtime.operators.naming import is_, is_not, local, name, passed
from autograph_hook.runtime.operators.printing import percent, piece, shown, shown_method, text
from autograph_hook.runtime.operators.reading import attr, get_item, iterate, made, slice_, unpack
from autograph_hook.runtime.state import attribute_place, global_place, item_place

__all__ = [
    "and_",
    "append",
    "assert_",
    "attr",
    "attribute_place",
    "binding",
    "both",
    "call",
    "callee",
    "captured",
    "caught",
    "collect",
    "collect_lazily",
    "compare",
    "contains",
    "context",
    "decided",
    "del_attr",
    "del_item",
    "each",
    "either",
    "equal",
    "for_",
    "generate",
    "get_item",
    "global_place",
    "greater",
    "greater_equal",
    "holds",
    "if_",
    "if_exp",
    "in_frame",
    "inplace",
    "is_",
    "is_not",
    "item_place",
    "iterate",
    "keep_if",
    "less",
    "less_equal",
    "listed",
    "local",
    "made",
    "matched",
    "matches",
    "name",
    "not_",
    "or_",
    "ordered",
    "passed",
    "percent",
    "piece",
    "set_attr",
    "set_item",
    "shown",
    "shown_method",
    "slice_",
    "spread",
    "super_",
    "text",
    "unequal",
    "unless_left",
    "unless_raised",
    "unless_swallowed",
    "unpack",
    "update_attr",
    "update_item",
    "values",
    "while_",
]
