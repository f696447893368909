"""Python lists that change in loops of the graph: what the eager run gives."""

from __future__ import annotations

import gc
import weakref

import pytest

from tests.twins.both import enabled
from tests.twins.graphs import same_in_graph

tf = pytest.importorskip("tensorflow")

from autograph_hook.backends.protocol import Elements  # noqa: E402
from autograph_hook.errors import StagingError  # noqa: E402

X = tf.constant([1.0, 2.0, 3.0])
EMPTY = tf.constant([], tf.float32)


def test_a_loop_appends() -> None:
    same_in_graph(
        """
        def f(x):
            xs = []
            for e in x:
                xs.append(e * 2)
            return tf.stack(xs), tf.reduce_sum(xs)
        """,
        (X,),
    )


def test_a_while_loop_appends_after_what_was_there() -> None:
    same_in_graph(
        """
        def f(x):
            xs = [x[0]]
            i = 0
            while tf.reduce_sum(x) < 100.0:
                x = x * 2
                xs.append(x[i % 3])
                i += 1
            return tf.stack(xs), len(xs), i
        """,
        (X,),
        (X * 1000,),
    )


def test_nested_loops_append() -> None:
    same_in_graph(
        """
        def f(x):
            xs = []
            for a in x:
                for b in x:
                    if a < b:
                        xs.append(a * 10 + b)
            return tf.stack(xs), len(xs)
        """,
        (X,),
    )


def test_a_branch_appends() -> None:
    same_in_graph(
        """
        def f(x):
            xs = [x]
            if tf.reduce_sum(x) > 3.0:
                xs.append(x + 1)
            return tf.stack(xs)
        """,
        (X,),
        (-X,),
    )


def test_a_callee_appends_to_its_argument() -> None:
    same_in_graph(
        """
        def add(to, value):
            to.append(value)

        def f(x):
            xs = []
            for e in x:
                add(xs, e)
                if e > 1.0:
                    add(xs, -e)
            return tf.stack(xs)
        """,
        (X,),
    )


def test_aliases_see_what_a_loop_appends() -> None:
    same_in_graph(
        """
        def f(x):
            xs = []
            ys = xs
            add = xs.append
            def get():
                return xs
            for e in x:
                add(e)
            ys.append(tf.constant(9.0))
            return tf.stack(xs), tf.stack(ys), tf.stack(get()), xs is ys
        """,
        (X,),
    )


def test_an_attribute_holds_the_list() -> None:
    same_in_graph(
        """
        class Log:
            def __init__(self):
                self.items = []
            def add(self, value):
                self.items.append(value)

        def f(x):
            log = Log()
            for e in x:
                log.add(e)
                log.items.append(e + 1)
            return tf.stack(log.items)
        """,
        (X,),
    )


def test_a_list_that_is_local_to_the_body_is_an_ordinary_list() -> None:
    same_in_graph(
        """
        def f(x):
            total = tf.constant(0.0)
            for e in x:
                parts = [e]
                parts.append(e * 2)
                more = parts + [e]
                more.append(e)
                total = total + tf.add_n(more)
            return total
        """,
        (X,),
    )


def test_gradients_go_through_the_list() -> None:
    same_in_graph(
        """
        def f(x):
            with tf.GradientTape() as tape:
                tape.watch(x)
                xs = []
                h = tf.constant(1.0)
                for e in x:
                    h = tf.tanh(h * e)
                    xs.append(h)
                    if h > 0.5:
                        xs.append(h * h)
                loss = tf.reduce_sum(tf.stack(xs) ** 2) + xs[1]
            return tape.gradient(loss, x)
        """,
        (X,),
    )


GROWN = """
def grown(x):
    xs = []
    for e in x:
        if e > 0.0:
            xs.append(e)
    return xs
"""


@pytest.mark.parametrize(
    "act",
    [
        "return len(xs), xs[0], xs[-1], xs[1], xs[i]",
        "return tf.stack(xs[1:]), tf.stack(xs[:-1]), tf.stack(xs[::-1]), tf.stack(xs[i:]), tf.stack(xs[-2:2])",
        "return tf.stack(xs[::2]), tf.stack(xs[3:0:-1]), tf.stack(xs[-1:-3:-1]), tf.stack(xs[5:1]), len(xs[i:9])",
        "a = xs.pop(); b = xs.pop(0); return a, b, tf.stack(xs), len(xs)",
        "a = xs.pop(1); b = xs.pop(-2); return a, b, tf.stack(xs)",
        "xs.append(x[0]); a = xs.pop(); return a, tf.stack(xs)",
        "xs.insert(0, x[0]); xs.insert(2, -x[0]); xs.insert(-1, x[1]); xs.insert(99, x[2]); return tf.stack(xs)",
        "xs.extend([x[0], x[1]]); xs.extend(x); xs += [x[0]]; xs += xs; xs.extend(xs); return tf.stack(xs)",
        "xs[0] = -xs[0]; xs[-1] += 10; xs[i] *= 2; return tf.stack(xs)",
        "del xs[0]; del xs[-1]; return tf.stack(xs)",
        "del xs[1:2]; xs[:1] = [x[0], x[0]]; return tf.stack(xs)",
        "xs.reverse(); ys = xs.copy(); xs.clear(); return tf.stack(ys), len(xs), len(ys)",
        "ys = list(xs); ys.append(x[0]); return tf.stack(xs), tf.stack(ys)",
        "ys = xs + [x[0]]; zs = [x[0]] + xs * 2; return tf.stack(ys), tf.stack(zs)",
        "return sum(xs), min(xs), max(xs), tf.stack(sorted(xs)), any(xs), all(xs), sum(xs, x[0])",
        "return x[1] in xs, x[0] - 9 in xs, bool(xs), not xs",
        "t = x[0]\nfor y in xs:\n  t = t * 2 + y\nreturn t",
        "t = x[0]\nfor n, y in enumerate(xs):\n  t = t + tf.cast(n, tf.float32) * y\nreturn t",
        "t = x[0]\nfor a, b in zip(xs, xs[1:]):\n  t = t * a + b\nreturn t",
        "t = x[0]\nfor y in reversed(xs):\n  t = t * 2 + y\nreturn t",
        "ys = [y * 2 for y in xs]; return tf.stack(ys)",
        "ys = [y * 2 for y in xs if y > 2.0]; return tf.stack(ys)",
        "a, *b = xs; return a, tf.stack(b)",
        "a, b, c, d = xs; return d, c, b, a",
        "return tf.stack(xs, 0), tf.add_n(xs), tf.convert_to_tensor(xs), tf.reduce_mean(xs)",
        "return tf.concat([tf.stack(xs), x], 0), tf.concat([y[None] for y in xs], 0)",
        "if xs:\n  y = xs[0]\nelse:\n  y = x[2]\nreturn y",
        "while len(xs) > 1:\n  xs.append(xs.pop() + xs.pop())\nreturn tf.stack(xs)",
        "while xs:\n  t = xs.pop()\nreturn t, len(xs)",
        "if x[0] > 0.0:\n  xs = xs[1:]\nelse:\n  xs.append(x[0])\nreturn tf.stack(xs)",
        "ys = []\nfor y in xs:\n  ys.append(y)\n  ys = ys[-2:]\nreturn tf.stack(ys)",
        "assert xs\nassert len(xs) == 4\nreturn tf.stack(xs)",
    ],
)  # fmt: skip
def test_what_is_done_with_a_list_of_unknown_length(act: str) -> None:
    body = "\n    ".join(act.split("\n"))
    source = f"{GROWN}\ndef f(x, i):\n    xs = grown(x)\n    {body}\n"
    same_in_graph(source, (tf.constant([1.0, -1.0, 2.0, 3.0, 4.0]), tf.constant(2)))


def test_a_bare_except_does_not_hide_a_change() -> None:
    same_in_graph(
        """
        def f(x):
            xs = []
            for e in x:
                try:
                    xs.append(e)
                except:
                    pass
            return tf.stack(xs)
        """,
        (X,),
    )


def test_a_list_of_the_body_grows_in_an_inner_loop() -> None:
    same_in_graph(
        """
        def f(x):
            rows, ragged = [], []
            for e in x:
                row, short = [], []
                for g in x:
                    row.append(e * g)
                    if g <= e:
                        short.append(g)
                rows.append(tf.stack(row))
                ragged.append(short)
            return tf.stack(rows), tf.stack(ragged[-1]), tf.stack(ragged[0])
        """,
        (X,),
    )


def test_the_body_is_traced_a_few_times_however_deep_the_loops() -> None:
    source = """
    import tensorflow as tf

    def f(x, note):
        xs = []
        for a in x:
            note(0)
            for b in x:
                note(1)
                for c in x:
                    note(2)
                    if c > a:
                        xs.append(a + b * c)
        return tf.stack(xs)
    """
    counts = [0, 0, 0]

    def note(depth: int) -> None:
        counts[depth] += 1

    module = enabled(source)
    assert tf.function(lambda x: module.f(x, note), autograph=False)(X).shape == [9]
    assert max(counts) <= 5


def test_a_list_of_known_length_leaves_the_graph_as_a_list() -> None:
    same_in_graph(
        """
        def f(x):
            xs = [x[0]]
            for e in x:
                xs.append(e)
                for g in x:
                    if g > 1.0:
                        xs.append(g)
                    else:
                        xs.append(-g)
            ys = []
            for i in tf.range(4):
                ys.append((xs[i], i))
            return xs, ys, len(xs), tuple(ys), isinstance(len(xs), int)
        """,
        (X,),
    )


def test_elements_are_tuples_dictionaries_numbers_and_of_any_shape() -> None:
    same_in_graph(
        """
        def f(x):
            xs, shapes, mixed = [], [x[:1]], []
            h = x[:1]
            for i, e in enumerate(x):
                xs.append((i, {"v": e, "w": [e, e]}))
                h = tf.concat([h, [e]], 0)
                shapes.append(h)
                if e > 1.0:
                    mixed.append(1)
                else:
                    mixed.append(e)
            i, d = xs[-1]
            t = x[0]
            for i, d in xs:
                t = t + d["v"] * d["w"][1]
            for y in shapes:
                t = t * 2 + tf.reduce_sum(y)
            shapes.pop(0)
            shapes.insert(1, x)
            return i, d, t, len(xs), shapes[0], shapes[1], shapes[-1], tf.concat(shapes, 0), tf.stack(mixed)
        """,
        (X,),
    )


def test_a_tensor_picks_and_sets_elements_of_a_python_list() -> None:
    same_in_graph(
        """
        def f(x, i):
            xs = [x[0], x[1], x[2]]
            xs[i] = x[2] * 10
            for j in tf.range(3):
                xs[j] = xs[j] + 1
                xs[j] += x[0]
            a, b, c = xs
            return a, b, c, len(xs)
        """,
        (X, tf.constant(1)),
    )


def test_a_queue_is_worked_off() -> None:
    same_in_graph(
        """
        def f(x):
            queue, seen = [x[0]], []
            while queue:
                e = queue.pop(0)
                seen.append(e)
                if e < 4.0:
                    queue.append(e * 2)
                    queue.append(e + 3)
            return tf.stack(seen)
        """,
        (X,),
    )


def test_break_and_return_leave_the_list_as_it_is_then() -> None:
    same_in_graph(
        """
        def f(x):
            xs = []
            for e in x:
                if e > 2.0:
                    break
                xs.append(e)
            else:
                xs.append(x[0])
            for e in x:
                if e > 2.0:
                    return tf.stack(xs) + e
                xs.append(e)
            return tf.stack(xs)
        """,
        (X,),
        (X / 10,),
    )


def test_a_loop_may_not_change_the_list_that_it_goes_over() -> None:
    source = """
    import tensorflow as tf

    def f(x):
        xs = []
        for e in x:
            if e > 1.0:
                xs.append(e)
        for y in xs:
            xs.append(y)
        return tf.stack(xs)
    """
    with pytest.raises(StagingError, match="the loop changes the list that it goes over"):
        tf.function(enabled(source).f)(X)


def test_a_graph_with_lists_is_freed() -> None:
    module = enabled(
        """
        import tensorflow as tf

        def f(x):
            xs = []
            for e in x:
                xs.append(e)
                if e > 1.0:
                    xs.append(xs[0] + xs[-1])
            return tf.stack(xs), xs[1]
        """
    )
    function = tf.function(module.f)
    function(X)
    graph = weakref.ref(function.get_concrete_function(X).graph)
    del function
    gc.collect()
    assert graph() is None
    assert not Elements.alive
