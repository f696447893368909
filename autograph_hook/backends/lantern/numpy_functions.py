"""NumPy's functions on symbols, all together: the other modules find them here."""

from __future__ import annotations

import sys
from typing import Any

from autograph_hook.backends.lantern.arithmetic import shape_of, var_of
from autograph_hook.backends.lantern.numpy_elementwise import clip, sigmoid
from autograph_hook.backends.lantern.numpy_reductions import dot, matmul, reduce
from autograph_hook.backends.lantern.numpy_shapes import array, copy, reshape, stack, transpose
from autograph_hook.backends.lantern.numpy_table import TABLE, Function, call, implements, operand, standing_for, strong
from autograph_hook.backends.lantern.symbols import wrapped
from autograph_hook.backends.lantern.tracing import error, session

__all__ = [
    "array", "call", "clip", "copy", "dot", "matmul", "reduce", "reshape", "stack", "standing_for", "take_scipy",
    "transpose",
]  # fmt: skip


def take_scipy() -> None:
    """SciPy's functions of the same names, if the program has imported it."""
    special = sys.modules.get("scipy.special")
    if special is not None and id(special.expit) not in TABLE:
        implements(special.expit)(sigmoid)
        implements(special.softmax)(_classifier("softmax"))
        implements(special.log_softmax)(_classifier("log_softmax"))


def _classifier(name: str) -> Function:
    def function(x: Any, axis: Any = -1) -> Any:
        x = operand(x)
        if axis not in (-1, len(shape_of(x)) - 1) and not (axis is None and len(shape_of(x)) == 1):
            raise error(f"{name} along another axis than the last")
        return wrapped(session().op(name, var_of(x, strong(x))))

    return function
