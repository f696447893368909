"""`print` and f-strings."""

from __future__ import annotations

from tests.language.entry import Entry, tensor

TITLE = "Printing"
ENTRIES = (
    Entry(
        "`print` of Python values",
        """
        def f(x):
            print("step", 1, sep="-")
            return x + 1
        """,
        python=[(1,)],
    ),
    Entry(
        "`print` of tensors",
        """
        def f(x):
            print("x is", x)
            return x + 1
        """,
        python=[(1,)],
    ),
    Entry(
        "`print` of tensors in a branch and a loop",
        """
        def f(x):
            while x > 0:
                print("left", x, end=";")
                x -= 1
            if x < 0:
                print("below", x)
            return x
        """,
        python=[(2,), (-1,)],
    ),
    Entry(
        "an f-string with a tensor in `print`",
        """
        def f(x):
            print(f"x = {x}")
            return x + 1
        """,
        python=[(1,)],
    ),
    Entry(
        "an f-string with a format for a tensor in `print`",
        """
        def f(x):
            print(f"x = {x:.2f}")
            return x + 1
        """,
        python=[(1.5,)],
        tensors=[(tensor(1.5),)],
        refused="TypeError: unsupported format string passed to SymbolicTensor.__format__",
    ),
    Entry(
        "an f-string of Python values as a key or a name",
        """
        def f(x):
            d = {f"layer_{i}": x + i for i in range(2)}
            return d["layer_1"]
        """,
        python=[(1,)],
    ),
    Entry(
        "`tf.print`",
        """
        def f(x):
            if x > 100:
                tf.print("large", x)
            return x + 1
        """,
        tensors=[(tensor(1),)],
    ),
)
