"""Loops."""

from __future__ import annotations

from tests.language.entry import Entry, ragged, tensor

TITLE = "Loops"
ENTRIES = (
    Entry(
        "`while`",
        """
        def f(x):
            steps = 0
            while x > 1:
                x = x // 2
                steps += 1
            return x, steps
        """,
        python=[(37,), (0,)],
    ),
    Entry(
        "`while` with `else`",
        """
        def f(x):
            while x > 3:
                x = x - 1
                if x == 7:
                    break
            else:
                x = x * 100
            return x
        """,
        python=[(5,), (9,), (1,)],
    ),
    Entry(
        "`while True` with `break`",
        """
        def f(x):
            while True:
                x = x * 2
                if x > 20:
                    break
            return x
        """,
        python=[(3,), (50,)],
    ),
    Entry(
        "`while` that begins with a Python condition",
        """
        def f(x, n):
            i = 0
            while i < n:
                x = x + i
                i = i + 1
            return x, i
        """,
        python=[(1, 4), (1, 0)],
        mixtures=[(tensor(1), 4), (1, tensor(4))],
    ),
    Entry(
        "`for` over `range`",
        """
        def f(n):
            total = 0
            for i in range(n):
                total += i * i
            return total
        """,
        python=[(5,), (0,)],
    ),
    Entry(
        "`for` over `range` with start and step",
        """
        def f(start, end, step):
            total = 0
            for i in range(start, end, step):
                total = total * 2 + i
            return total
        """,
        python=[(1, 9, 3), (9, 1, -3), (5, 5, 1)],
        mixtures=[(tensor(1), 9, 3), (1, tensor(9), 3)],
    ),
    Entry(
        "`for` over a short Python `range`, tensors in its body",
        """
        def f(x):
            for i in range(3):
                x = x + i
            return x
        """,
        python=[(1,)],
    ),
    Entry(
        "`for` over a long Python `range`, tensors in its body",
        """
        def f(x):
            for i in range(500):
                x = (x * 3 + i) % 1000
            return x
        """,
        python=[(1,)],
    ),
    Entry(
        "`for` over a long Python `range`, its index used as a Python value",
        """
        def f(x):
            names = []
            for i in range(300):
                x = (x + i) % 100
                names.append(f"step {i}")
            return x, len(names), names[-1]
        """,
        python=[(1,)],
    ),
    Entry(
        "`for` over the elements",
        """
        def f(xs):
            total = 0
            for x in xs:
                total = total * 2 + x
            return total
        """,
        python=[([1, 2, 3],)],
        tensors=[(tensor([1, 2, 3]),)],
        mixtures=[([tensor(1), 2, tensor(3)],)],
    ),
    Entry(
        "`for` over the rows of a matrix",
        """
        def f(m):
            total = 0
            for row in m:
                for x in row:
                    if x > 1:
                        total += x
            return total
        """,
        python=[([[1, 2], [3, 4]],)],
        tensors=[(tensor([[1, 2], [3, 4]]),)],
    ),
    Entry(
        "`for` over a tensor without elements",
        """
        def f(xs):
            total = 7
            for x in xs:
                total += x
            return total
        """,
        python=[([],)],
        tensors=[(tensor([], "int32"),)],
    ),
    Entry(
        "`for` over elements whose number is known only when the graph runs",
        """
        def f(x):
            total = 0
            for element in tf.boolean_mask(x, x > 1):
                total = total * 10 + element
            return total
        """,
        tensors=[(tensor([1, 2, 3]),), (tensor([0, 0, 0]),)],
    ),
    Entry(
        "`for` over a ragged tensor",
        """
        def f(rows):
            total = 0
            for row in rows:
                for x in row:
                    total = total * 2 + x
            return total
        """,
        python=[([[1, 2], [], [3]],)],
        tensors=[(ragged([[1, 2], [], [3]]),)],
    ),
    Entry(
        "`for` over the characters of a string",
        """
        def f(x):
            for letter in "abc":
                x = x * 2 + ord(letter)
            return x
        """,
        python=[(1,)],
    ),
    Entry(
        "`for` over `enumerate`",
        """
        def f(xs):
            total = 0
            for i, x in enumerate(xs, 1):
                total += i * x
            return total
        """,
        python=[([4, 5],)],
        tensors=[(tensor([4, 5]),)],
        mixtures=[([4, tensor(5)],)],
    ),
    Entry(
        "`for` over `zip`",
        """
        def f(xs, ys):
            total = 0
            for x, y in zip(xs, ys):
                total += x * y
            return total
        """,
        python=[([4, 5, 6], [1, 2])],
        tensors=[(tensor([4, 5, 6]), tensor([1, 2]))],
        mixtures=[([4, 5], tensor([1, 2]))],
    ),
    Entry(
        "`for` over `reversed`",
        """
        def f(xs):
            total = 0
            for x in reversed(xs):
                total = total * 10 + x
            return total
        """,
        python=[([1, 2, 3],)],
        tensors=[(tensor([1, 2, 3]),)],
    ),
    Entry(
        "`for` over the views of a dictionary",
        """
        def f(x):
            d = {"a": x, "b": x + 1}
            total = 0
            for value in d.values():
                total += value
            for key, value in d.items():
                if value > 2 and key == "b":
                    total += 10
            for key in d:
                total += len(key)
            return total
        """,
        python=[(1,), (5,)],
    ),
    Entry(
        "`for` with `else`",
        """
        def f(xs, wanted):
            for x in xs:
                if x == wanted:
                    place = x * 10
                    break
            else:
                place = -1
            return place
        """,
        python=[([1, 2], 2), ([1, 2], 3)],
        tensors=[(tensor([1, 2]), tensor(2)), (tensor([1, 2]), tensor(3))],
        mixtures=[(tensor([1, 2]), 2), ([1, 2], tensor(3))],
    ),
    Entry(
        "the loop's variable after the loop",
        """
        def f(xs):
            x = -1
            for x in xs:
                pass
            return x
        """,
        python=[([1, 2],), ([],)],
        tensors=[(tensor([1, 2]),), (tensor([], "int32"),)],
    ),
    Entry(
        "a name that only the body of a loop assigns, read afterwards",
        """
        def f(xs):
            for x in xs:
                last = x * 2
            return last
        """,
        python=[([1, 2],)],
        tensors=[(tensor([1, 2]),)],
    ),
    Entry(
        "a shape that changes in a loop",
        """
        def f(x, n):
            while n > 0:
                x = tf.concat([x, x[:1]], 0)
                n -= 1
            return x
        """,
        tensors=[(tensor([1, 2]), tensor(3))],
        mixtures=[(tensor([1, 2]), 3)],
    ),
    Entry(
        "a Python number that becomes a tensor in a loop",
        """
        def f(x):
            y = 0
            total = 0.0
            while y < x:
                y += 1
                total = total + 0.5
            return y, total
        """,
        python=[(3,)],
    ),
    Entry(
        "an `int` that becomes a `float` in a loop",
        """
        def f(x):
            y = 1
            while y < x:
                y = y * 1.5
            return y
        """,
        python=[(3.0,)],
    ),
    Entry(
        "nested loops",
        """
        def f(n):
            total = 0
            for i in range(n):
                j = i
                while j > 0:
                    if j % 2 == 0:
                        total += i
                    j -= 1
            return total
        """,
        python=[(5,)],
    ),
    Entry(
        "a `TensorArray` written in a loop",
        """
        def f(n):
            array = tf.TensorArray(tf.int32, size=3)
            for i in tf.range(n):
                array = array.write(i, i * i)
            return array.stack()
        """,
        tensors=[(tensor(3),)],
    ),
    Entry(
        "a tuple and a dictionary as loop variables",
        """
        def f(n):
            pair, d = (0, 1), {"sum": 0}
            while n > 0:
                pair = (pair[1], pair[0] + pair[1])
                d = {"sum": d["sum"] + pair[0]}
                n -= 1
            return pair, d
        """,
        python=[(6,)],
    ),
    Entry(
        "`while` whose variables are tensors before it",
        """
        def f(x):
            steps = tf.zeros_like(x)
            while x > 1:
                x = x // 2
                steps += 1
            return x, steps
        """,
        tensors=[(tensor(37),), (tensor(0),)],
    ),
    Entry(
        "`for` over the elements, the total a tensor before it",
        """
        def f(xs):
            total = tf.zeros_like(xs[0])
            for x in xs:
                if x > 1.0:
                    total = total * 2.0 + x
            return total
        """,
        tensors=[(tensor([1.0, 2.0, 3.0]),)],
    ),
    Entry(
        "`for` over `tf.range`",
        """
        def f(n):
            total = tf.constant(0)
            for i in tf.range(n):
                if i == 5:
                    continue
                total += i
            return total
        """,
        tensors=[(tensor(8),), (tensor(0),)],
    ),
)
