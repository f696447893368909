from __future__ import annotations

import functools
import threading
from typing import Any

import pytest
import tensorflow as tf

from autograph_hook.backends.tensorflow import BACKEND, private


class Count:
    def __init__(self) -> None:
        self.open = 0
        self.opened = 0

    def enter(self) -> None:
        self.open += 1
        self.opened += 1

    def leave(self) -> None:
        self.open -= 1


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    monkeypatch.setattr(tf.Graph, "as_default", tf.Graph.as_default)
    counter = Count()
    BACKEND.watch(counter.enter, counter.leave)
    return counter


def test_a_trace_is_counted_while_it_lasts(count: Count) -> None:
    seen = []

    @tf.function(autograph=False)
    def f(x: Any) -> Any:
        seen.append(count.open)
        return tf.cond(x > 0, lambda: seen.append(count.open) or x, lambda: x)

    assert count.open == 0
    f(tf.constant(1.0))
    assert seen[0] >= 1
    assert seen[1] > seen[0]
    assert count.open == 0
    before = count.opened
    f(tf.constant(2.0))
    tf.constant(1.0) + 1.0
    assert count.opened == before


def test_a_trace_that_raises_is_closed(count: Count) -> None:
    @tf.function(autograph=False)
    def f(x: Any) -> Any:
        raise LookupError("no")

    with pytest.raises(LookupError):
        f(tf.constant(1.0))
    assert count.open == 0


def test_every_way_into_a_graph_is_counted(count: Count) -> None:
    def seen(x: Any) -> Any:
        places.append((count.open > 0, BACKEND.tracing()))
        return x

    for enter in (
        lambda: list(tf.data.Dataset.range(2).map(seen)),
        lambda: tf.function(lambda x: tf.map_fn(seen, x))(tf.range(2)),
        lambda: tf.function(lambda x: tf.while_loop(lambda i: i < 2, lambda i: seen(i) + 1, [x]))(
            tf.constant(0)
        ),
        lambda: tf.compat.v1.wrap_function(seen, [tf.TensorSpec([])])(tf.constant(1.0)),
        lambda: tf.Graph().as_default().__enter__,
    ):
        places: list[Any] = []
        enter()
        assert all(place == (True, True) for place in places)
        assert count.open == 0
    with tf.Graph().as_default() as graph:
        assert (count.open, BACKEND.tracing()) == (1, True)
        assert tf.compat.v1.get_default_graph() is graph
    assert count.open == 0


def test_as_default_is_still_a_decorator(count: Count) -> None:
    graph = tf.Graph()

    @graph.as_default()
    def build() -> Any:
        return tf.constant(1.0)

    assert build().graph is graph
    assert build().graph is graph
    assert count.open == 0


def test_init_scope_and_py_function_are_no_trace(count: Count) -> None:
    seen = []

    def look(x: Any) -> Any:
        seen.append(BACKEND.tracing())
        return x

    @tf.function(autograph=False)
    def f(x: Any) -> Any:
        look(x)
        with tf.init_scope():
            look(x)
        return tf.py_function(look, [x], tf.float32)

    f(tf.constant(1.0))
    assert seen == [True, False, False]


def test_a_thread_that_does_not_trace_says_so_while_another_does(count: Count) -> None:
    answers = []

    @tf.function(autograph=False)
    def f(x: Any) -> Any:
        thread = threading.Thread(target=lambda: answers.append((count.open > 0, BACKEND.tracing())))
        thread.start()
        thread.join()
        return x

    f(tf.constant(1.0))
    assert answers == [(True, False)]


def test_a_trace_that_is_in_progress_when_watching_begins_is_counted_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tf.Graph, "as_default", tf.Graph.as_default)
    counter = Count()

    def inner(x: Any) -> Any:
        BACKEND.watch(counter.enter, counter.leave)
        return x

    @tf.function(autograph=False)
    def f(x: Any) -> Any:
        y = tf.cond(x > 0, lambda: inner(x), lambda: x)
        assert counter.open == 1
        return y

    f(tf.constant(1.0))
    assert counter.open == 0


# TensorFlow's own conversion


def ours(x: Any) -> Any:
    # Converted by TensorFlow, this would become a tf.cond; called as it is, the tensor refuses to be a bool.
    try:
        if x > 0:
            return x
    except tf.errors.OperatorNotAllowedInGraphError:
        return tf.constant(-100.0)
    return x


def theirs(x: Any) -> Any:
    if x > 0:
        return x
    else:
        return -x


class Model:
    def method(self, x: Any) -> Any:
        return ours(x)

    def __call__(self, x: Any) -> Any:
        try:
            if x > 0:
                return x
        except tf.errors.OperatorNotAllowedInGraphError:
            return tf.constant(-200.0)
        return x


@pytest.fixture
def owned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private._conversion, "is_unsupported", private._conversion.is_unsupported)
    enabled = {ours.__code__, Model.method.__code__, Model.__call__.__code__}
    BACKEND.own(lambda function: getattr(function, "__code__", None) in enabled)


def refuses(function: Any) -> Any:
    return float(function(tf.constant(2.0)))


@pytest.mark.usefixtures("owned")
def test_tensorflow_calls_an_enabled_function_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    assert refuses(tf.function(ours)) == -100.0
    assert refuses(tf.function(functools.partial(ours))) == -100.0
    assert refuses(tf.function(Model().method)) == -100.0
    assert refuses(tf.function(Model())) == -200.0
    assert refuses(tf.function(lambda x: ours(x))) == -100.0
    assert refuses(tf.function(lambda x: functools.partial(ours)(x))) == -100.0
    assert refuses(tf.function(lambda x: Model()(x))) == -200.0
    assert float(next(iter(tf.data.Dataset.from_tensors(2.0).map(ours)))) == -100.0
    assert "could not" not in caplog.text


@pytest.mark.usefixtures("owned")
def test_a_wrapper_of_an_enabled_function_keeps_its_conversion() -> None:
    @functools.wraps(ours)
    def wrapper(x: Any) -> Any:
        if x > 0:
            return ours(x) + 1.0
        else:
            return x

    assert refuses(tf.function(wrapper)) == -99.0
    assert "autograph_info__" not in vars(ours)


@pytest.mark.usefixtures("owned")
def test_a_method_decorated_with_tf_function_is_left_alone() -> None:
    class Decorated:
        step = tf.function(Model.method)

    assert float(Decorated().step(tf.constant(2.0))) == -100.0


def test_a_call_out_of_a_twin_is_converted_where_the_trace_converts() -> None:
    def twin(x: Any) -> Any:
        return BACKEND.call(theirs, (x,), {})

    plain = tf.autograph.experimental.do_not_convert(twin)
    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError):
        tf.function(twin, autograph=False)(tf.constant(-2.0))
    with pytest.raises(tf.errors.OperatorNotAllowedInGraphError):
        tf.function(plain)(tf.constant(-2.0))

    @tf.function
    def converted(x: Any) -> Any:
        return twin(x)

    assert float(converted(tf.constant(-2.0))) == 2.0


def test_tensorflows_functions_builtins_and_classes_are_called_as_they_are() -> None:
    @tf.function
    def step(x: Any) -> Any:
        assert BACKEND.call(len, ([1, 2],), {}) == 2
        assert isinstance(BACKEND.call(Model, (), {}), Model)
        return BACKEND.call(tf.reduce_sum, (x,), {"axis": 0})

    assert float(step(tf.constant([1.0, 2.0]))) == 3.0


def test_an_exception_of_a_converted_callee_keeps_its_type() -> None:
    def fails(x: Any) -> Any:
        if x > 0:
            x = x + 1
        raise ValueError("from the callee")

    @tf.function
    def step(x: Any) -> Any:
        return BACKEND.call(fails, (x,), {})

    with pytest.raises(ValueError, match="from the callee"):
        step(tf.constant(1.0))
