"""A small transformer encoder for sequences of numbers."""

import numpy as np
import tensorflow as tf


class Linear(tf.Module):
    def __init__(self, rng, inputs, outputs):
        super().__init__()
        self.w = tf.Variable(rng.normal(0, np.sqrt(1 / inputs), (inputs, outputs)), dtype=tf.float32)
        self.b = tf.Variable(tf.zeros([outputs]))

    def __call__(self, x):
        return tf.tensordot(x, self.w, 1) + self.b


class Norm(tf.Module):
    def __init__(self, width):
        super().__init__()
        self.gain = tf.Variable(tf.ones([width]))
        self.shift = tf.Variable(tf.zeros([width]))

    def __call__(self, x):
        mean, variance = tf.nn.moments(x, axes=[-1], keepdims=True)
        return self.gain * (x - mean) * tf.math.rsqrt(variance + 1e-5) + self.shift


class Attention(tf.Module):
    def __init__(self, rng, width, heads):
        super().__init__()
        self.heads = heads
        self.query = Linear(rng, width, width)
        self.key = Linear(rng, width, width)
        self.value = Linear(rng, width, width)
        self.out = Linear(rng, width, width)

    def split(self, x):
        batch, length, width = x.shape
        return tf.transpose(tf.reshape(x, [batch, length, self.heads, width // self.heads]), [0, 2, 1, 3])

    def __call__(self, x):
        q, k, v = self.split(self.query(x)), self.split(self.key(x)), self.split(self.value(x))
        scores = tf.matmul(q, k, transpose_b=True) / np.sqrt(q.shape[-1])
        mixed = tf.matmul(tf.nn.softmax(scores), v)
        return self.out(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), x.shape))


class Block(tf.Module):
    def __init__(self, rng, width, heads):
        super().__init__()
        self.attention = Attention(rng, width, heads)
        self.first = Norm(width)
        self.second = Norm(width)
        self.wide = Linear(rng, width, 2 * width)
        self.narrow = Linear(rng, 2 * width, width)

    def __call__(self, x):
        x = x + self.attention(self.first(x))
        return x + self.narrow(tf.nn.relu(self.wide(self.second(x))))


class Encoder(tf.Module):
    def __init__(self, rng, vocabulary, length, width=16, heads=2, depth=2):
        super().__init__()
        self.tokens = tf.Variable(rng.normal(0, 1, (vocabulary, width)), dtype=tf.float32)
        self.places = tf.Variable(rng.normal(0, 1, (length, width)), dtype=tf.float32)
        self.blocks = [Block(rng, width, heads) for _ in range(depth)]
        self.last = Linear(rng, width, vocabulary)

    def __call__(self, tokens):
        x = tf.gather(self.tokens, tokens) + self.places
        for block in self.blocks:
            x = block(x)
        return self.last(x)
