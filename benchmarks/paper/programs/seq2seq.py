"""A recurrent encoder, and a decoder that is fed the right tokens or its own."""

# autograph: enable

import tensorflow as tf


class Cell:
    """A gated recurrent unit."""

    def __init__(self, kernel, recurrent, bias):
        self.kernel = kernel
        self.recurrent = recurrent
        self.bias = bias

    def __call__(self, x, state):
        new_z, new_r, new_h = tf.split(x @ self.kernel + self.bias, 3, axis=1)
        old_z, old_r, old_h = tf.split(state @ self.recurrent, 3, axis=1)
        update = tf.sigmoid(new_z + old_z)
        candidate = tf.tanh(new_h + tf.sigmoid(new_r + old_r) * old_h)
        return update * state + (1.0 - update) * candidate


class Model:
    def __init__(self, embedding, encoder, decoder, output):
        self.embedding = embedding
        self.encoder = encoder
        self.decoder = decoder
        self.output = output


def translate(model, source, target, state, teacher_forcing):
    """The logits [batch, time, vocabulary] for the target sentences, which begin with a start token."""
    for tokens in tf.transpose(source):
        state = model.encoder(tf.gather(model.embedding, tokens), state)
    target = tf.transpose(target)
    tokens = target[0]
    outputs = []
    for following in target[1:]:
        state = model.decoder(tf.gather(model.embedding, tokens), state)
        logits = state @ model.output
        outputs.append(logits)
        if teacher_forcing:
            tokens = following
        else:
            tokens = tf.argmax(logits, axis=1, output_type=tokens.dtype)
    return tf.stack(outputs, axis=1)
