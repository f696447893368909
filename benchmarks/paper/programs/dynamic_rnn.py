"""A recurrent network over a batch of sequences of different lengths."""

# autograph: enable

import tensorflow as tf


def dynamic_rnn(cell, inputs, state, lengths):
    """The outputs [batch, time, hidden], zero where a sequence has ended, and the last state of each sequence."""
    inputs = tf.transpose(inputs, [1, 0, 2])
    outputs = []
    for i in tf.range(tf.reduce_max(lengths)):
        previous = state
        output, state = cell(inputs[i], state)
        running = tf.expand_dims(i < lengths, 1)
        state = tf.where(running, state, previous)
        outputs.append(tf.where(running, output, tf.zeros_like(output)))
    return tf.transpose(tf.stack(outputs), [1, 0, 2]), state
