"""The operators: what the code of a twin calls, as `ag__.if_` and so on.

Each reads as the rule that it implements: a Python value is Python's business, a staged value its backend's.
"""

from __future__ import annotations

from autograph_hook.runtime.operators.calls import call, callee, context, in_frame, spread, super_
from autograph_hook.runtime.operators.control_flow import assert_, for_, if_, while_
from autograph_hook.runtime.operators.logic import and_, compare, contains, if_exp, not_, or_
from autograph_hook.runtime.operators.mutation import (
    del_attr,
    del_item,
    inplace,
    set_attr,
    set_item,
    update_attr,
    update_item,
)
from autograph_hook.runtime.operators.reading import attr, get_item, iterate, made, slice_, unpack
from autograph_hook.runtime.state import attribute_place, global_place, item_place

__all__ = [
    "and_",
    "assert_",
    "attr",
    "attribute_place",
    "call",
    "callee",
    "compare",
    "contains",
    "context",
    "del_attr",
    "del_item",
    "for_",
    "get_item",
    "global_place",
    "if_",
    "if_exp",
    "in_frame",
    "inplace",
    "item_place",
    "iterate",
    "made",
    "not_",
    "or_",
    "set_attr",
    "set_item",
    "slice_",
    "spread",
    "super_",
    "unpack",
    "update_attr",
    "update_item",
    "while_",
]
