"""Lists, dictionaries, tuples, sets and slices."""

from __future__ import annotations

from tests.language.entry import Entry, tensor

TITLE = "Containers"
ENTRIES = (
    Entry(
        "`append` in a loop, then `tf.stack`",
        """
        def f(xs):
            found = []
            for x in xs:
                found.append(x * 2)
            return tf.stack(found)
        """,
        python=[([1, 2, 3],)],
        tensors=[(tensor([1, 2, 3]),)],
        mixtures=[([tensor(1), 2],)],
    ),
    Entry(
        "`append` under a condition in a loop",
        """
        def f(xs):
            found = []
            for x in xs:
                if x > 1:
                    found.append(x)
            return tf.stack(found)
        """,
        python=[([1, 2, 3],)],
        tensors=[(tensor([1, 2, 3]),)],
    ),
    Entry(
        "`append` under a condition",
        """
        def f(x):
            found = [x]
            if x > 0:
                found.append(x * 2)
            return tf.stack(found)
        """,
        python=[(1,), (-1,)],
    ),
    Entry(
        "a list that a loop grows, returned as it is",
        """
        def f(n):
            found = []
            for i in range(n):
                found.append(i)
            return found
        """,
        python=[(3,)],
        refused="StagingError: code that is not enabled, or the caller of a graph, is given the list found",
    ),
    Entry(
        "`len` of a list that a loop grows",
        """
        def f(n):
            found = []
            while n > 0:
                found.append(n)
                n -= 2
            return len(found)
        """,
        python=[(5,)],
    ),
    Entry(
        "`pop` in a loop",
        """
        def f(n):
            stack = [n]
            total = 0
            while len(stack) > 0:
                top = stack.pop()
                total += top
                if top > 1:
                    stack.append(top - 1)
            return total
        """,
        python=[(4,)],
    ),
    Entry(
        "`pop(0)` and `insert(0, x)` in a loop",
        """
        def f(n):
            queue = [0, 1]
            while n > 0:
                queue.insert(0, n)
                first = queue.pop(0)
                n -= 1
            return first, tf.stack(queue)
        """,
        python=[(3,)],
    ),
    Entry(
        "`extend` in a loop",
        """
        def f(n):
            found = []
            while n > 0:
                found.extend([n, n * 10])
                n -= 1
            return tf.stack(found)
        """,
        python=[(3,)],
    ),
    Entry(
        "indexing, slicing and iterating over a list that a loop grows",
        """
        def f(n):
            found = [0]
            for i in range(n):
                found.append(found[-1] + i)
            total = 0
            for each in found:
                total += each
            return total, found[0], tf.stack(found[1:3])
        """,
        python=[(5,)],
    ),
    Entry(
        "a list of fixed length, its elements changed in a loop",
        """
        def f(n):
            pair = [0, 1]
            while n > 0:
                pair[0], pair[1] = pair[1], pair[0] + pair[1]
                n -= 1
            return pair
        """,
        python=[(6,)],
    ),
    Entry(
        "a list index that is a tensor",
        """
        def f(xs, i):
            return xs[i]
        """,
        python=[([1, 2, 3], 1)],
        mixtures=[([1, 2, 3], tensor(1))],
    ),
    Entry(
        "a list index that is a tensor, elements of different kinds",
        """
        def f(i):
            return [1, "two", None][i]
        """,
        python=[(1,)],
        refused="StagingError: an index that is known only when the graph runs picks from elements of different kinds",
    ),
    Entry(
        "a dictionary with fixed keys in a loop",
        """
        def f(n):
            d = {"count": 0, "sum": 0}
            while n > 0:
                d["count"] += 1
                d["sum"] = d["sum"] + n
                n -= 1
            return d
        """,
        python=[(4,)],
    ),
    Entry(
        "a dictionary whose keys grow in a loop",
        """
        def f(n):
            d = {}
            for i in range(n):
                d[i] = i
            return len(d)
        """,
        python=[(3,)],
        refused="StagingError: the key of a dict is a tensor, whose value is known only when the graph runs",
    ),
    Entry(
        "a dictionary's methods: `get`, `update`, `setdefault`, `items`",
        """
        def f(x):
            d = {"a": x}
            d.update(b=x + 1)
            d.setdefault("c", 0)
            if d.get("missing") is None:
                d["c"] = d.get("c") + x
            return {key: value * 2 for key, value in d.items()}
        """,
        python=[(1,)],
    ),
    Entry(
        "a list's methods: `reverse`, `remove`, `index`, `copy`, `+`, `*`",
        """
        def f(x):
            xs = [x, 1, 2]
            xs.reverse()
            ys = xs.copy() + [x] * 2
            ys += (x,)
            ys.remove(2)
            return ys, xs.index(1), len(ys)
        """,
        python=[(5,)],
    ),
    Entry(
        "sets of Python values beside tensors",
        """
        def f(x):
            seen = {1, 2}
            seen.add(3)
            for each in sorted(seen | {4}):
                x = x + each
            return x
        """,
        python=[(1,)],
    ),
    Entry(
        "a tuple that grows in Python",
        """
        def f(x):
            shape = ()
            for size in (1, 2):
                shape += (size,)
            return tf.reshape(x, shape)
        """,
        tensors=[(tensor([1.0, 2.0]),)],
    ),
    Entry(
        "indexing and slicing of tensors",
        """
        def f(x, i):
            return x[i], x[-1], x[:i], x[::2], x[..., tf.newaxis]
        """,
        tensors=[(tensor([1, 2, 3]), tensor(1))],
        mixtures=[(tensor([1, 2, 3]), 2)],
    ),
    Entry(
        "`x[i] = v` on a tensor in a loop",
        """
        def f(x, n):
            for i in range(n):
                x[i] = i * 10
            return x

        def updated(x, n):
            for i in range(n):
                x = tf.tensor_scatter_nd_update(x, [[i]], [i * 10])
            return x
        """,
        python=[([1, 2, 3], 2)],
        tensors=[(tensor([1, 2, 3]), tensor(2))],
        mixtures=[(tensor([1, 2, 3]), 2)],
        measure="updated",
    ),
    Entry(
        "`x[a:b] = v` and `x[i] += v` on a tensor",
        """
        def f(x):
            x[0] += 5
            x[1:] = tf.constant([7, 8])
            return x

        def updated(x):
            return tf.concat([x[:1] + 5, [7, 8]], 0)
        """,
        tensors=[(tensor([1, 2, 3]),)],
        measure="updated",
    ),
    Entry(
        "a list of the caller's, changed by a helper",
        """
        def add(found, x):
            if x > 0:
                found.append(x)

        def f(x):
            found = []
            add(found, x)
            add(found, x)
            return len(found)
        """,
        python=[(1,), (-1,)],
    ),
)
