"""Dictionaries, sets and objects that change in branches and loops of the graph, in callees and by other names."""

from __future__ import annotations

import pytest

from tests.twins.both import enabled
from tests.twins.graphs import same_in_graph

tf = pytest.importorskip("tensorflow")

from autograph_hook.errors import StagingError  # noqa: E402

X = tf.constant([1.0, 2.0, 3.0])


def traced(source: str, *arguments: object) -> object:
    return tf.function(enabled("import tensorflow as tf\n" + source).f)(*arguments)


def test_items_of_a_dictionary_are_variables_of_a_loop() -> None:
    same_in_graph(
        """
        def f(x):
            d = {"a": x[0], "n": 0}
            for e in x:
                d["a"] = d["a"] * 2 + e
                d["n"] += 1
                if e > 1.0:
                    d["b"] = e
                else:
                    d["b"] = -e
            d.update(c=d["b"] + 1)
            return d["a"], d["n"], d["b"], len(d), "b" in d
        """,
        (X,),
    )


def test_a_callee_and_an_alias_change_the_same_dictionary() -> None:
    same_in_graph(
        """
        def put(d, k, v):
            d[k] = v

        def f(x):
            d = {"a": x[0]}
            e = d
            if x[0] > 0.0:
                put(d, "a", x[1])
                put(d, "b", x[1])
            else:
                put(e, "b", x[2])
            return d["a"], e["b"], d is e
        """,
        (X,),
        (-X,),
    )


def test_the_first_iteration_makes_what_the_others_find() -> None:
    same_in_graph(
        """
        def f(x):
            d = {}
            for i in tf.range(3):
                d.setdefault("a", []).append(x[i])
            return tf.stack(d["a"])
        """,
        (X,),
    )


def test_an_item_that_one_branch_sets_is_read_where_it_was_set() -> None:
    same_in_graph(
        """
        def f(x):
            d = {}
            if x[0] > 0.0:
                d["a"] = x
            return d["a"]
        """,
        (X,),
    )


def test_whether_a_dictionary_has_a_key_must_not_depend_on_the_graph() -> None:
    with pytest.raises(StagingError, match=r"py:7, in f: whether the dictionary has the key 'a' is known only when"):
        traced(
            """
def f(x):
    d = {}
    if x[0] > 0.0:
        d["a"] = x
    return len(d)
""",
            X,
        )


def test_sets_are_alike_on_both_paths_or_an_error() -> None:
    source = """
def f(x):
    s = {1}
    if x[0] > 0.0:
        s.add(%s)
    else:
        s.add(2)
    return tf.constant(sorted(s))
"""
    assert traced(source % 2, X).numpy().tolist() == [1, 2]
    with pytest.raises(StagingError, match=r"the set s is the set \{1, 3\} .*the set \{1, 2\}"):
        traced(source % 3, X)


def test_attributes_change_in_methods_properties_and_local_objects() -> None:
    same_in_graph(
        """
        import collections
        import dataclasses

        @dataclasses.dataclass
        class Cell:
            h: object
            n: int = 0

            def step(self, e):
                self.h = self.h * e
                self.count += 1
                return self.h

            @property
            def count(self):
                return self.n

            @count.setter
            def count(self, value):
                self.n = value

        Pair = collections.namedtuple("Pair", "a b")

        def f(x):
            c = Cell(x[0])
            same = c
            p = Pair(x[0], x[1])
            for e in x:
                y = c.step(e)
                local = Cell(e)
                local.step(e)
                p = p._replace(a=p.a + local.h)
                if c.h > 1.0:
                    same.step(e)
            return c.h, same.n, p, y
        """,
        (X,),
    )


def test_a_conditional_expression_may_change_things() -> None:
    same_in_graph(
        """
        def put(xs, v):
            xs.append(v)
            return v

        def f(x):
            xs = []
            y = put(xs, x[0]) if x[0] > 0.0 else x[1]
            z = x[0] > 5.0 or put(xs, x[2]) > 1.0
            return y, z, tf.stack(xs)
        """,
        (X,),
        (-X,),
    )


def test_a_loop_over_a_dataset_takes_each_element_once() -> None:
    same_in_graph(
        """
        def f(n):
            data = iter(tf.data.Dataset.range(n))
            xs, log = [], {"n": 0}
            for e in data:
                log["n"] += 1
                xs.append(e)
                if e > 2:
                    break
            for e in data:
                xs.append(-e)
            return tf.stack(xs), log["n"]
        """,
        (tf.constant(6, tf.int64),),
    )


def test_what_is_built_while_tracing_is_built_once() -> None:
    source = """
class Dense:
    def __init__(self):
        self.w = None
        self.built = False

    def __call__(self, x):
        if self.w is None:
            self.w = tf.Variable(3.0)
            self.built = True
        return x * self.w

layer = Dense()

def f(x):
    t = x[0]
    for e in x:
        t = t + layer(e)
    return t, layer.built
"""
    result, built = traced(source, X)
    assert (float(result), bool(built)) == (19.0, True)


def test_an_error_names_the_list_the_line_and_what_to_do() -> None:
    source = """
def f(x):
    xs = []
    for e in x:
        if e > 1.0:
            xs.append(e)
    return %s
"""
    with pytest.raises(StagingError, match=r"the list xs, which changes at .*py:5, in f: its length .*tf\.stack\(\)"):
        traced(source % "xs", X)
    with pytest.raises(StagingError, match=r"flatten\(\) is not enabled, and is given the list xs, which changes at"):
        traced(source % "tf.nest.flatten(xs)", X)
    with pytest.raises(StagingError, match=r"tf\.stack"):
        traced(source % "xs == [1]", X)
    with pytest.raises(StagingError, match=r"sort\(\) needs the values"):
        traced(source % "xs.sort()", X)
    with pytest.raises(tf.errors.InvalidArgumentError, match="empty list"):
        traced(source % "xs.pop()", X * 0)


def test_the_condition_of_a_loop_may_not_change_a_list() -> None:
    source = """
def f(x):
    xs = [x[0], x[1], x[2]]
    while xs.pop() > 1.0:
        xs.insert(0, x[0])
    return tf.stack(xs)
"""
    with pytest.raises(StagingError, match="the loop's condition changes the list xs"):
        traced(source, X)


def test_an_object_of_the_body_that_holds_itself_is_local_to_it() -> None:
    same_in_graph(
        """
        class Node:
            def __init__(self, value):
                self.me = self
                self.value = value
                self.children = []

        def f(x):
            t = x[0]
            for e in x:
                node = Node(e)
                node.children.append(node)
                node.value = node.value * 2
                t = t + node.children[0].value
            return t
        """,
        (X,),
    )
