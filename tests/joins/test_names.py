"""A name that has a value on some paths only, or is None on some, is an error only where its value is used."""

from __future__ import annotations

from typing import Any

import pytest

from autograph_hook.transpiler.show import show
from tests.twins.both import enabled
from tests.twins.graphs import same_in_graph

tf = pytest.importorskip("tensorflow")


def staged(source: str, function: str = "f") -> Any:
    """The function of this source, enabled and traced."""
    lines = source.strip("\n").splitlines()
    margin = len(lines[0]) - len(lines[0].lstrip())
    return tf.function(getattr(enabled("import tensorflow as tf\n" + "\n".join(line[margin:] for line in lines)), function))


SAME = {
    "a name defined in one branch and read under the same condition": (
        """
        def f(x):
            if x > 0:
                y = x * 2
            z = x
            if x > 0:
                z = z + y
            return z
        """,
        (3,), (-3,),
    ),
    "a name defined in one branch and read under another condition that implies it": (
        """
        def f(x):
            if x > 0:
                y = x * 2
            if x > 5:
                x = x + y
            return x
        """,
        (7,), (3,), (-3,),
    ),
    "a name defined in one branch that nobody reads there": (
        """
        def f(x):
            if x > 0:
                y = x
            else:
                z = x
            y = 1
            return x + y
        """,
        (3,), (-3,),
    ),
    "an augmented assignment of it": (
        """
        def f(x):
            if x > 0:
                y = x
            if x > 1:
                y += 1
                x = y
            return x
        """,
        (3,), (1,), (-3,),
    ),
    "a structure in one branch only": (
        """
        def f(x):
            if x > 0:
                p = {"a": (x, x + 1), "b": [x]}
            out = x
            if x > 0:
                out = p["a"][1] + p["b"][0]
            return out
        """,
        (3,), (-3,),
    ),
    "None that becomes a tensor, tested with is None": (
        """
        def f(x):
            h = None
            if x > 0:
                h = x * 2
            if h is None:
                h = x - 1
            return h + 1
        """,
        (3,), (-3,),
    ),
    "is not None": (
        """
        def f(x):
            h = None
            if x > 0:
                h = x * 2
            out = x
            if h is not None:
                out = h + 1
            return out
        """,
        (3,), (-3,),
    ),
    "the truth of what may be None": (
        """
        def f(x):
            h = None
            if x > 0:
                h = x - 1
            out = 0
            if h:
                out = h + 1
            if not h:
                out = out + 10
            return out
        """,
        (3,), (1,), (-3,),
    ),
    "or, and a conditional expression": (
        """
        def f(x):
            h = None
            if x > 0:
                h = x * 2
            a = h or x
            b = h if h is not None else x
            c = x if h is None else h
            return a + b + c
        """,
        (3,), (-3,),
    ),
    "comparison with == None": (
        """
        def f(x):
            h = None
            if x > 0:
                h = x * 2
            if h == None:
                h = x
            return h
        """,
        (3,), (-3,),
    ),
    "None in the other branch": (
        """
        def f(x):
            if x > 0:
                h = x
            else:
                h = None
            g = h
            if g is None:
                return x - 100
            return g * 2
        """,
        (3,), (-3,),
    ),
    "None, tested in a loop": (
        """
        def f(n):
            h = None
            for i in tf.range(n):
                if h is None:
                    h = i * 0 + 5
                else:
                    h = h + i
            if h is None:
                h = tf.constant(-1)
            return h
        """,
        (4,), (1,), (0,),
    ),
    "None before a loop that may not run": (
        """
        def f(n):
            last = None
            for i in tf.range(n):
                last = i
            if last is None:
                return tf.constant(-1)
            return last
        """,
        (4,), (0,),
    ),
    "the value of the last iteration": (
        """
        def f(n):
            total = 0
            for i in tf.range(n):
                if i > 0:
                    total = total + previous
                previous = i * 10
            return total
        """,
        (4,), (1,), (0,),
    ),
    "None, used from the second iteration on": (
        """
        def f(n):
            total, h = 0, None
            for i in tf.range(n):
                if i > 0:
                    total = total + h
                h = i * 10
            return total
        """,
        (4,), (1,), (0,),
    ),
    "a loop variable after the loop": (
        """
        def f(n):
            for i in tf.range(n):
                y = i * 2
            if n > 0:
                return i + y
            return n
        """,
        (4,), (0,),
    ),
    "a name that only some iterations define": (
        """
        def f(n):
            for i in tf.range(n):
                if i % 2 == 1:
                    found = i
            if n > 1:
                return found
            return n
        """,
        (4,), (1,), (0,),
    ),
    "a while loop's name": (
        """
        def f(n):
            i = 0
            while i < n:
                i = i + 1
                y = i * 3
            if n > 0:
                i = i + y
            return i
        """,
        (4,), (0,),
    ),
    "del in a branch": (
        """
        def f(x):
            y = x * 2
            if x > 0:
                del y
            if x < 0:
                x = y
            return x
        """,
        (4,), (-4,),
    ),
    "del in a loop": (
        """
        def f(n):
            y = n
            for i in tf.range(n):
                if i > 0:
                    y = i
                del y
            return n
        """,
        (1,), (0,),
    ),
    "definitions in try and except": (
        """
        def f(x):
            try:
                if x > 0:
                    y = x
                z = undefined_name
            except NameError:
                z = x
            if x > 0:
                z = z + y
            return z
        """,
        (4,), (-4,),
    ),
    "a parameter that is None by default": (
        """
        def f(x, h=None):
            for i in tf.range(3):
                h = x if h is None else h * 2
            return h
        """,
        (3,),
    ),
    "a parameter that is given None": (
        """
        def f(x):
            return g(x, None)
        def g(x, h):
            if x > 0:
                h = x
            if h is not None:
                x = x + h
            return x
        """,
        (3,), (-3,),
    ),
    "what may be None handed to another function": (
        """
        def f(x):
            h = None
            if x > 0:
                h = x * 2
            return g(h, x)
        def g(h, x):
            if h is None:
                return x
            return h
        """,
        (3,), (-3,),
    ),
    "a function that returns None on one path, tested by its caller": (
        """
        def f(x):
            y = g(x)
            if y is None:
                return x
            return y * 2
        def g(x):
            if x > 0:
                return x + 1
        """,
        (3,), (-3,),
    ),
    "a function whose mixed result nobody uses": (
        """
        def f(x):
            g(x)
            return x
        def g(x):
            if x > 0:
                return x + 1
        """,
        (3,), (-3,),
    ),
    "a result of mixed kinds that nobody uses": (
        """
        def f(x):
            g(x)
            return x
        def g(x):
            if x > 0:
                return x + 1
            return "no"
        """,
        (3,), (-3,),
    ),
    "an attribute that is None before": (
        """
        class Cell:
            def __init__(self):
                self.h = None
            def step(self, x):
                if self.h is None:
                    self.h = x
                else:
                    self.h = self.h + x
        def f(n):
            cell = Cell()
            for i in tf.range(n):
                cell.step(i + 1)
            if cell.h is None:
                return n
            return cell.h
        """,
        (4,), (0,),
    ),
    "a number or None": (
        """
        def f(x):
            k = None
            if x > 0:
                k = 3
            if k is not None:
                x = x + k
            return x
        """,
        (4,), (-4,),
    ),
    "an object or None": (
        """
        class Scale:
            by = 3
        def f(x):
            scale = None
            if x > 0:
                scale = Scale()
            if scale is not None:
                x = x * scale.by
            return x
        """,
        (4,), (-4,),
    ),
    "a name that an inner function reads": (
        """
        def f(x):
            h = None
            if x > 0:
                y = x * 2
                h = x
            def inner():
                return y + 1
            later = lambda: tf.square(y) + (0 if h is None else h)
            if x > 0:
                x = inner() + later()
            return x
        """,
        (4,), (-4,),
    ),
    "a name that a comprehension reads": (
        """
        def f(x):
            if x > 0:
                y = x * 2
            if x > 0:
                x = sum([y + i for i in range(3)])
            return x
        """,
        (4,), (-4,),
    ),
    "a function that returns None on one path, in a loop": (
        """
        def f(n):
            best = tf.constant(0)
            for i in tf.range(n):
                found = g(i)
                if found is not None:
                    best = best + found
            return best
        def g(i):
            if i % 2 == 0:
                return None
            return i
        """,
        (5,), (1,), (0,),
    ),
    "a nested function of None and no value": (
        """
        def f(x):
            if x > 0:
                if x > 1:
                    h = x
                else:
                    h = None
            if x > 0:
                x = x - 50 if h is None else h * 3
            return x
        """,
        (4,), (1,), (-4,),
    ),
    "a tuple with None": (
        """
        def f(x):
            pair = (x, None)
            if x > 0:
                pair = (x, x * 2)
            a, b = pair
            if b is None:
                return a
            return a + b
        """,
        (4,), (-4,),
    ),
    "values that differ and are not read": (
        """
        def f(x):
            mode = "a"
            if x > 0:
                mode = x
            mode = x + 1
            return mode
        """,
        (4,), (-4,),
    ),
    "values that differ, read in the branches alone": (
        """
        def f(x):
            if x > 0:
                mode = "up"
                y = x if mode == "up" else x - 1
            else:
                mode = 3.5
                y = x * int(mode)
            return y
        """,
        (4,), (-4,),
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", SAME)
def test_the_graph_gives_what_the_eager_run_gives(what: str) -> None:
    source, *calls = SAME[what]
    same_in_graph(source, *calls)


FAILS = {
    "a name without a value": (
        """
        def f(x):
            if x > 0:
                y = x
            return y
        """,
        r":5, in f: cannot access local variable .*y.* where it is not associated with a value: "
        r"y is an int32 tensor of shape \(\) from line 4 and without a value from before line 3",
    ),
    "a deleted name": (
        """
        def f(x):
            y = x * 2
            if x <= 0:
                del y
            return y
        """,
        r":6, in f: cannot access local variable .*y.*without a value from line 5",
    ),
    "None": (
        """
        def f(x):
            h = None
            if x > 0:
                h = x
            return h + 1
        """,
        r":6, in f: h is None here, and its value is used: h is an int32 tensor of shape \(\) from line 5 and None",
    ),
    "None given to other code": (
        """
        def f(x):
            h = None
            if x > 0:
                h = x
            return tf.square(h)
        """,
        r"h is None",
    ),
    "a loop that did not run": (
        """
        def f(x):
            for i in tf.range(x):
                y = i
            return y
        """,
        r":5, in f: cannot access local variable .*y.* without a value before the loop",
    ),
    "the result of a function": (
        """
        def f(x):
            return g(x) + 1
        def g(x):
            if x > 0:
                return x
        """,
        r"the function returned None, and its result is used: it returns an int32 tensor of shape \(\) in line 6 and None",
    ),
}


@pytest.mark.parametrize("what", FAILS)
def test_a_value_that_is_not_there_fails_when_it_is_used(what: str) -> None:
    source, text = FAILS[what]
    function = staged(source)
    function(tf.constant(3))
    with pytest.raises(tf.errors.InvalidArgumentError, match=text):
        function(tf.constant(-3))


def test_gradients_flow_through_a_value_that_may_be_missing() -> None:
    function = staged("""
    def f(x):
        h = None
        if x > 0:
            h = x * x
        for i in tf.range(2):
            h = x * 3 if h is None else h * x
        return h
    """)
    for start, value, slope in ((2.0, 16.0, 32.0), (-2.0, 12.0, -12.0)):
        x = tf.constant(start)
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        assert (float(y), float(tape.gradient(y, x))) == (value, slope)


def test_a_second_read_checks_nothing_anew_and_a_known_value_is_not_checked() -> None:
    function = staged("""
    def f(x, h=None):
        if x > 0:
            y = x
            h = x
        if x < 10:
            if h is not None:
                x = x + h
        return x + y + y + y
    """)
    concrete = function.get_concrete_function(tf.TensorSpec([], tf.int32))
    definition = concrete.graph.as_graph_def()
    kinds = [node.op for node in definition.node] + [n.op for f in definition.library.function for n in f.node_def]
    assert kinds.count("Assert") == 1


def test_reads_of_certain_values_stay_plain_names() -> None:
    source = b"def f(x, n):\n  y = x\n  for i in n:\n    y = y + i\n  if x: z = y\n  else: z = 1\n  y = z\n  return y"
    _, text = show(source, "model.py")
    assert "ag__.for_" in text
    assert "ag__.name" not in text
    assert "ag__.passed" not in text
