"""What no graph can choose between is an error only where it is used, and the error names both values and lines."""

from __future__ import annotations

import pytest

from autograph_hook.errors import StagingError
from tests.joins.test_names import staged

tf = pytest.importorskip("tensorflow")

CONFLICTS = {
    "a text and a tensor": (
        """
        def f(x):
            if x > 0:
                mode = "a"
            else:
                mode = x
            return mode + "b"
        """,
        r":3, in f: mode is the Python str 'a' from line 4 and an int32 tensor of shape \(\) from line 6, and which of the "
        "two is known only when the graph runs: give it values of one type and structure on both paths",
    ),
    "the value from before": (
        """
        def f(x):
            mode = "a"
            if x > 0:
                mode = x
            return mode + 1
        """,
        r":4, in f: mode is an int32 tensor of shape \(\) from line 5 and the Python str 'a' from before line 4",
    ),
    "structures that differ": (
        """
        def f(x):
            if x > 0:
                p = (x, x)
            else:
                p = (x,)
            return p[0]
        """,
        ":3, in f: p is a tuple of 2 from line 4 and a tuple of 1 from line 6",
    ),
    "dtypes without a common one": (
        """
        def f(x):
            y = x
            if x > 0:
                y = tf.cast(x, tf.float32)
            return y * y
        """,
        r":4, in f: y is a float32 tensor of shape \(\) from line 5 and an int32 tensor of shape \(\) from before line 4",
    ),
    "functions that differ": (
        """
        def f(x):
            g = tf.sin
            if x > 0:
                g = tf.cos
            return g(1.0)
        """,
        ":4, in f: g is .* from line 5 and .* from before line 4",
    ),
    "a deeper assignment": (
        """
        def f(x):
            mode = "a"
            if x > 0:
                if x > 1:
                    mode = x
            return [mode]
        """,
        r":5, in f: mode is an int32 tensor of shape \(\) from line 6 and the Python str 'a'",
    ),
    "handed to another function": (
        """
        def f(x):
            mode = "a"
            if x > 0:
                mode = x
            return tf.identity(mode)
        """,
        ":4, in f: mode is",
    ),
    "asked for its kind": (
        """
        def f(x):
            mode = "a"
            if x > 0:
                mode = x
            if isinstance(mode, str):
                return x
            return x + 1
        """,
        ":4, in f: mode is",
    ),
    "compared by identity": (
        """
        def f(x):
            mode = "a"
            if x > 0:
                mode = x
            return x if mode is f else x + 1
        """,
        ":4, in f: mode is",
    ),
    "the result, on two paths": (
        """
        def f(x):
            if x > 0:
                return "yes"
            return x
        """,
        r":3, in f: the function returns the Python str 'yes' in line 4 and an int32 tensor of shape \(\) in line 5, and "
        "which of the two is known only when the graph runs: return values of one kind on every path",
    ),
    "the result, None on one path": (
        """
        def f(x):
            if x > 0:
                return x
        """,
        r":3, in f: the function returns an int32 tensor of shape \(\) in line 4 and None",
    ),
    "in a loop": (
        """
        def f(x):
            mode = "a"
            for i in tf.range(x):
                mode = (i, mode)
            return mode
        """,
        r":4, in f: mode is the Python str 'a' before the loop and a tuple of 2 after an iteration from line 5, and how "
        "often the loop runs is known only when the graph runs",
    ),
    "the dtype in a loop": (
        """
        def f(x):
            y = x
            for i in tf.range(x):
                y = tf.cast(y, tf.float32) * 0.5
            return y
        """,
        r":4, in f: y is an int32 tensor of shape \(\) before the loop and a float32 tensor of shape \(\) after",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CONFLICTS)
def test_its_use_is_an_error_that_names_both(what: str) -> None:
    source, text = CONFLICTS[what]
    with pytest.raises(StagingError, match=text):
        staged(source)(tf.constant(3))
