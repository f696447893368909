"""Lists and objects that change in loops of what we stage ourselves: staged where exact, plain where not."""

from __future__ import annotations

import pytest

tf = pytest.importorskip("tensorflow")

from tests.staging.programs import Program  # noqa: E402

X = tf.constant([1.0, 2.0, 3.0])


def run(source: str, *arguments: object) -> Program:
    program = Program(source)
    program.calls(4, lambda module: module.f(*arguments))
    return program


def test_a_list_that_grows_in_a_loop_is_staged() -> None:
    program = run(
        """
        def f(x):
            x = pad(x)
            xs = []
            h = x[0]
            for e in x:
                h = tf.tanh(h * e)
                xs.append(h)
            return tf.stack(xs), xs[-1]
        """,
        X,
    )
    program.assert_staged("f")


def test_a_list_of_known_length_is_returned_as_a_list() -> None:
    program = run(
        """
        def f(x):
            x = pad(x)
            xs = [x[1]]
            for e in x:
                xs.append(e * 2)
            return xs, {"last": xs[-1]}
        """,
        X,
    )
    program.assert_staged("f")


def test_a_list_of_unknown_length_is_not_returned() -> None:
    program = run(
        """
        def f(x):
            x = pad(x)
            xs = []
            for e in x:
                if e > 1.0:
                    xs.append(e * 2)
            return xs
        """,
        X,
    )
    program.assert_plain("f", "returns a list whose length depends on a tensor")


def test_python_numbers_in_a_list_stay_python_numbers() -> None:
    program = run(
        """
        def f(x):
            x = pad(x)
            xs = []
            for e in x:
                if e > 1.0:
                    xs.append(1)
            return x, sum(xs)
        """,
        X,
    )
    program.assert_plain("f", "Python numbers")


def test_the_length_of_such_a_list_is_a_python_number() -> None:
    program = run(
        """
        def f(x):
            x = pad(x)
            xs = []
            for e in x:
                if e > 1.0:
                    xs.append(e)
            return tf.stack(xs), len(xs)
        """,
        X,
    )
    program.assert_plain("f", "takes the length of a list")


def test_objects_made_in_the_call_may_change_in_its_loops() -> None:
    program = run(
        """
        class Cell:
            def __init__(self, h):
                self.h = h
                self.seen = []

            def step(self, e):
                self.h = tf.tanh(self.h * e)
                self.seen.append(self.h)

        def f(x):
            x = pad(x)
            cell = Cell(x[0])
            for e in x:
                cell.step(e)
                if e > 2.0:
                    cell.step(-e)
            return cell.h, tf.stack(cell.seen)
        """,
        X,
    )
    program.assert_staged("f")


def test_a_list_from_outside_makes_the_function_plain() -> None:
    program = Program(
        """
        LOG = []
        def f(x):
            x = pad(x)
            for e in x:
                LOG.append(float(e))
            return x, len(LOG)
        """
    )
    program.calls(4, lambda module: module.f(X))
    program.assert_plain("f", "")


def test_an_item_that_only_some_paths_set_makes_the_function_plain() -> None:
    program = run(
        """
        def f(x):
            x = pad(x)
            d = {}
            if x[0] > 5.0:
                d["a"] = x
            return x, len(d)
        """,
        X,
    )
    program.assert_plain("f", "d['a']")


def test_aliases_of_a_list_see_what_a_branch_appends() -> None:
    program = run(
        """
        def f(x):
            x = pad(x)
            xs = [x]
            ys = xs
            if x[0] > 0.0:
                ys.append(x + 1)
            else:
                xs.append(x - 1)
            return xs[1], ys[1], tf.stack(xs)
        """,
        X,
    )
    program.assert_staged("f")
