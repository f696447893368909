"""The same programs as somebody writes them who writes graphs: `tf.while_loop`, `tf.cond`, TensorArrays.

The numbers are computed by the same formulas as in `programs`; what a graph allows to do better is done better
(a dataset's batches are counted where their number is known, elements that need no gradient are gathered).
"""

from __future__ import annotations

import tensorflow as tf

from benchmarks.cases.graphs import beam_search, dynamic_rnn
from benchmarks.paper.programs.lbfgs import dot, inverse_hessian_times, value_and_gradient
from benchmarks.paper.programs.maml import adapted, error

__all__ = ["beam_search", "dynamic_rnn", "meta_train", "minimize", "train", "translate"]


def train(model, dataset, steps, rate):  # type: ignore[no-untyped-def]
    variables = [model.weights, model.bias]
    iterator = iter(dataset)

    def running(step, loss, total):  # type: ignore[no-untyped-def]
        return step < steps

    def body(step, loss, total):  # type: ignore[no-untyped-def]
        images, labels = next(iterator)
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, model(images))
            loss = tf.reduce_mean(losses)
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.assign_sub(rate * gradient)
        return step + 1, loss, total + loss

    _, loss, total = tf.while_loop(running, body, [tf.constant(0), tf.constant(0.0), tf.constant(0.0)])
    return loss, total / tf.cast(steps, tf.float32)


def minimize(function, x, memory, tolerance, limit):  # type: ignore[no-untyped-def]
    value, gradient = value_and_gradient(function, x)

    def running(count, x, value, gradient, history):  # type: ignore[no-untyped-def]
        return tf.logical_and(count < limit, tf.norm(gradient) >= tolerance)

    def body(count, x, value, gradient, history):  # type: ignore[no-untyped-def]
        direction = -inverse_hessian_times(gradient, *history)
        step = line_search(function, x, value, gradient, direction) * direction
        x = x + step
        value, following = value_and_gradient(function, x)
        change = following - gradient
        curvature = dot(step, change)

        def longer():  # type: ignore[no-untyped-def]
            steps, changes, inverses, _ = history
            return (
                [*steps[1:], step],
                [*changes[1:], change],
                [*inverses[1:], 1.0 / curvature],
                curvature / dot(change, change),
            )

        return count + 1, x, value, following, tf.cond(curvature > 1e-10, longer, lambda: history)

    history = (
        [tf.zeros_like(x)] * memory,
        [tf.zeros_like(x)] * memory,
        [tf.zeros_like(value)] * memory,
        tf.ones_like(value),
    )
    count, x, value, *_ = tf.while_loop(running, body, (tf.constant(0), x, value, gradient, history))
    return x, value, count


def line_search(function, x, value, gradient, direction):  # type: ignore[no-untyped-def]
    slope = 1e-4 * dot(gradient, direction)

    def running(size):  # type: ignore[no-untyped-def]
        return tf.logical_and(size >= 1e-8, function(x + size * direction) > value + size * slope)

    return tf.while_loop(running, lambda size: [size * 0.5], [tf.ones_like(value)])[0]


def meta_train(variables, dataset, inner_rate, outer_rate):  # type: ignore[no-untyped-def]
    iterator = iter(dataset)

    def loss_of(weights, batch):  # type: ignore[no-untyped-def]
        count = tf.shape(batch[0])[0]
        arrays = [tf.TensorArray(tf.float32, count, element_shape=part.shape[1:]).unstack(part) for part in batch]

        def body(i, loss):  # type: ignore[no-untyped-def]
            x, y, new_x, new_y = (array.read(i) for array in arrays)
            return i + 1, loss + error(adapted(weights, x, y, inner_rate), new_x, new_y)

        return tf.while_loop(lambda i, loss: i < count, body, [tf.constant(0), tf.constant(0.0)])[1]

    def step(i, last, total):  # type: ignore[no-untyped-def]
        batch = next(iterator)
        with tf.GradientTape() as tape:
            weights = [tf.convert_to_tensor(variable) for variable in variables]
            loss = loss_of(weights, batch)
        for variable, gradient in zip(variables, tape.gradient(loss, variables), strict=True):
            variable.assign_sub(outer_rate * gradient)
        return i + 1, loss, total + loss

    steps = dataset.cardinality()
    start = [tf.constant(0, tf.int64), tf.constant(0.0), tf.constant(0.0)]
    _, last, total = tf.while_loop(lambda i, last, total: i < steps, step, start)
    return last, total


def translate(model, source, target, state, teacher_forcing):  # type: ignore[no-untyped-def]
    source = tf.transpose(source)
    target = tf.transpose(target)

    def encode(i, state):  # type: ignore[no-untyped-def]
        return i + 1, model.encoder(tf.gather(model.embedding, source[i]), state)

    length = tf.shape(source)[0]
    _, state = tf.while_loop(lambda i, state: i < length, encode, [tf.constant(0), state])
    size = tf.shape(target)[0] - 1
    outputs = tf.TensorArray(tf.float32, size, element_shape=[state.shape[0], model.output.shape[1]])

    def decode(i, tokens, state, outputs):  # type: ignore[no-untyped-def]
        state = model.decoder(tf.gather(model.embedding, tokens), state)
        logits = state @ model.output
        if teacher_forcing:
            tokens = target[i + 1]
        else:
            tokens = tf.argmax(logits, axis=1, output_type=tokens.dtype)
        return i + 1, tokens, state, outputs.write(i, logits)

    start = [tf.constant(0), target[0], state, outputs]
    *_, outputs = tf.while_loop(lambda i, *_: i < size, decode, start)
    return tf.transpose(outputs.stack(), [1, 0, 2])
