"""The paper's dynamic_rnn and beam search as ordinary Python."""

import tensorflow as tf


def dynamic_rnn(cell, inputs, state, lengths):
    inputs = tf.transpose(inputs, [1, 0, 2])
    steps = tf.reduce_max(lengths)
    outputs = tf.TensorArray(tf.float32, size=steps, element_shape=state.shape)
    for i in tf.range(steps):
        previous = state
        output, state = cell(inputs[i], state)
        running = tf.expand_dims(i < lengths, 1)
        state = tf.where(running, state, previous)
        output = tf.where(running, output, tf.zeros_like(output))
        outputs = outputs.write(i, output)
    return tf.transpose(outputs.stack(), [1, 0, 2]), state


def beam_search(decoder, state, start, end, beams, limit):
    """The best sequences of a decoder: (sequences [beams, limit], log-probabilities [beams])."""
    tokens = tf.fill([beams], start)
    scores = tf.concat([tf.zeros([1]), tf.fill([beams - 1], -1e9)], 0)
    finished = tf.fill([beams], False)
    sequences = tf.fill([beams, limit], end)
    length = tf.constant(0)
    while length < limit:
        logits, state = decoder(tokens, state)
        gains = tf.nn.log_softmax(logits)
        size = gains.shape[1]
        stay = tf.one_hot(tf.fill([beams], end), size, on_value=0.0, off_value=-1e9)
        gains = tf.where(tf.expand_dims(finished, 1), stay, gains)
        scores, chosen = tf.math.top_k(tf.reshape(tf.expand_dims(scores, 1) + gains, [-1]), beams)
        parents = chosen // size
        tokens = chosen % size
        state = tf.gather(state, parents)
        sequences = tf.gather(sequences, parents)
        column = tf.one_hot(length, limit, on_value=True, off_value=False)
        sequences = tf.where(column, tf.expand_dims(tokens, 1), sequences)
        finished = tf.logical_or(tf.gather(finished, parents), tokens == end)
        length += 1
        if tf.reduce_all(finished):
            break
    return sequences, scores


class Cell:
    """A recurrent cell with tanh."""

    def __init__(self, kernel, recurrent, bias):
        self.kernel = kernel
        self.recurrent = recurrent
        self.bias = bias

    def __call__(self, x, state):
        state = tf.tanh(x @ self.kernel + state @ self.recurrent + self.bias)
        return state, state


class Decoder:
    """Token and state to logits and state."""

    def __init__(self, embedding, cell, output):
        self.embedding = embedding
        self.cell = cell
        self.output = output

    def __call__(self, tokens, state):
        hidden, state = self.cell(tf.gather(self.embedding, tokens), state)
        return hidden @ self.output, state
