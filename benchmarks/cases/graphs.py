"""The same, written by hand as graphs."""

import tensorflow as tf

from .imperative import Cell, Decoder  # noqa: F401


def warm(x, n):
    """Not one of the cases: has TensorFlow load what it needs for graphs with control flow."""

    def body(i, total):
        def up():
            return total + x * tf.cast(i, tf.float32)

        def down():
            return total - x

        return i + 1, tf.cond(tf.reduce_sum(x) > 0.0, up, down)

    _, total = tf.while_loop(lambda i, total: i < n, body, [tf.constant(0), tf.zeros_like(x)])
    return tf.while_loop(lambda total: tf.reduce_sum(total) > 1.0, lambda total: [total / 2.0], [total])[0]


def dynamic_rnn(cell, inputs, state, lengths):
    inputs = tf.transpose(inputs, [1, 0, 2])
    steps = tf.reduce_max(lengths)
    outputs = tf.TensorArray(tf.float32, size=steps, element_shape=state.shape)

    def body(i, state, outputs):
        output, following = cell(inputs[i], state)
        running = tf.expand_dims(i < lengths, 1)
        following = tf.where(running, following, state)
        output = tf.where(running, output, tf.zeros_like(output))
        return i + 1, following, outputs.write(i, output)

    _, state, outputs = tf.while_loop(lambda i, *_: i < steps, body, [tf.constant(0), state, outputs])
    return tf.transpose(outputs.stack(), [1, 0, 2]), state


def beam_search(decoder, state, start, end, beams, limit):
    tokens = tf.fill([beams], start)
    scores = tf.concat([tf.zeros([1]), tf.fill([beams - 1], -1e9)], 0)
    finished = tf.fill([beams], False)
    sequences = tf.fill([beams, limit], end)

    def running(length, tokens, state, scores, finished, sequences):
        return tf.logical_and(length < limit, tf.logical_not(tf.reduce_all(finished)))

    def body(length, tokens, state, scores, finished, sequences):
        logits, state = decoder(tokens, state)
        gains = tf.nn.log_softmax(logits)
        size = gains.shape[1]
        stay = tf.one_hot(tf.fill([beams], end), size, on_value=0.0, off_value=-1e9)
        gains = tf.where(tf.expand_dims(finished, 1), stay, gains)
        scores, chosen = tf.math.top_k(tf.reshape(tf.expand_dims(scores, 1) + gains, [-1]), beams)
        parents = chosen // size
        tokens = chosen % size
        sequences = tf.gather(sequences, parents)
        column = tf.one_hot(length, limit, on_value=True, off_value=False)
        sequences = tf.where(column, tf.expand_dims(tokens, 1), sequences)
        finished = tf.logical_or(tf.gather(finished, parents), tokens == end)
        return length + 1, tokens, tf.gather(state, parents), scores, finished, sequences

    start_values = [tf.constant(0), tokens, state, scores, finished, sequences]
    *_, scores, _, sequences = tf.while_loop(running, body, start_values)
    return sequences, scores
