"""Stores and deletions."""

from __future__ import annotations

from tests.language.entry import Entry, tensor

TITLE = "Assignment and deletion"
ENTRIES = (
    Entry(
        "augmented assignment of a name",
        """
        def f(x, y):
            if x > 0:
                x += y
                x *= 2
                x -= 1
            else:
                x //= 2
                x **= 2
            return x
        """,
        python=[(3, 4), (-5, 4)],
        mixtures=[(tensor(3), 4), (3, tensor(4))],
    ),
    Entry(
        "annotated assignment",
        """
        def f(x):
            y: int
            if x > 0:
                y: int = x * 2
            else:
                y = x
            return y
        """,
        python=[(3,), (-3,)],
    ),
    Entry(
        "chained assignment",
        """
        def f(x):
            d = {}
            if x > 0:
                a = b = x + 1
            else:
                a = b = x - 1
            c = d["k"] = a + b
            return a, b, c, d["k"]
        """,
        python=[(3,), (-3,)],
    ),
    Entry(
        "`self.x = v` under a condition",
        """
        class Box:
            def __init__(self, x):
                self.x = x
                self.seen = 0

            def grow(self, x):
                if x > 0:
                    self.x = self.x + x
                    self.seen += 1
                return self.x

        def f(x):
            box = Box(x)
            box.grow(x)
            return box.grow(x - 2), box.x, box.seen
        """,
        python=[(3,), (1,), (-1,)],
    ),
    Entry(
        "`a.b.c = v` in a loop",
        """
        class Node:
            pass

        def f(n):
            a = Node()
            a.b = Node()
            a.b.c = 0
            while n > 0:
                a.b.c += n
                n -= 1
            return a.b.c
        """,
        python=[(4,)],
    ),
    Entry(
        "two names for one object, stored through one and read through the other",
        """
        class Box:
            x = 0

        def f(x):
            one = Box()
            other = one
            one.x = x
            if x > 0:
                other.x = one.x + 10
            return one.x, other.x
        """,
        python=[(3,), (-3,)],
    ),
    Entry(
        "an attribute that only one branch makes",
        """
        class Box:
            pass

        def f(x):
            box = Box()
            if x > 0:
                box.x = x
            else:
                box.x = -x
                box.extra = 1
            return box.x
        """,
        python=[(3,), (-3,)],
    ),
    Entry(
        "an attribute of an argument's object, stored",
        """
        class Box:
            x = 1

        def change(box, x):
            if x > 0:
                box.x = x

        def f(x):
            box = Box()
            change(box, x)
            return box.x
        """,
        python=[(3,), (-3,)],
    ),
    Entry(
        '`d["k"] = v` under a condition',
        """
        def f(x):
            d = {"k": x, "n": 0}
            if x > 0:
                d["k"] = d["k"] * 2
                d["n"] += 1
            return d
        """,
        python=[(3,), (-3,)],
    ),
    Entry(
        '`d["k"] = v`, a new key in one branch',
        """
        def f(x):
            d = {}
            if x > 0:
                d["k"] = x
            else:
                d["k"] = 0
            return d["k"]
        """,
        python=[(3,), (-3,)],
    ),
    Entry(
        "`xs[i] = v` on a list under a condition",
        """
        def f(x):
            xs = [x, 0, 1]
            if x > 0:
                xs[1] = x * 2
                xs[-1] += 5
            return xs
        """,
        python=[(3,), (-3,)],
    ),
    Entry(
        "`xs[i] = v` on a list, `i` a tensor",
        """
        def f(i):
            xs = [tf.constant(1), tf.constant(2), tf.constant(3)]
            xs[i] = tf.constant(9)
            return xs
        """,
        python=[(1,)],
        tensors=[(tensor(1),)],
    ),
    Entry(
        "`x[i] = v` on a tensor",
        """
        def f(x):
            x[1] = 9
            return x

        def updated(x):
            return tf.tensor_scatter_nd_update(x, [[1]], [9])
        """,
        python=[([1, 2, 3],)],
        tensors=[(tensor([1, 2, 3]),)],
        measure="updated",
    ),
    Entry(
        "`global` stored under a condition",
        """
        count = 0

        def f(x):
            global count
            count = 0
            if x > 0:
                count = count + x
            result = count * 2
            count = 0
            return result
        """,
        python=[(3,), (-3,)],
    ),
    Entry(
        "`del` of a name",
        """
        def f(x):
            y = x + 1
            if x > 0:
                z = y * 2
                del y
                x = z
            else:
                del y
            return x
        """,
        python=[(3,), (-3,)],
    ),
    Entry(
        "`del` of a name on one path, read afterwards",
        """
        def f(x):
            y = x + 1
            if x > 0:
                del y
            return y
        """,
        python=[(-3,), (3,)],
    ),
    Entry(
        "`del` of an attribute and of an item",
        """
        class Box:
            pass

        def f(x):
            box, d, xs = Box(), {"a": x, "b": 1}, [x, 1, 2]
            box.x = x
            del box.x, d["a"], xs[1]
            return len(d), xs, hasattr(box, "x")
        """,
        python=[(3,)],
    ),
)
