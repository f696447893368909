"""A character model: trained on a made-up language, then writing in it, one sampled character after the other."""

import numpy as np
import tensorflow as tf

STEPS = 200
BATCH = 16
LENGTH = 16
WIDTH = 48
WRITTEN = 1600

tf.random.set_seed(7)


def invent(rng, words):
    stems = ["".join(rng.choice(list("ptkmnsl")) + rng.choice(list("aeiou")) for _ in range(2)) for _ in range(12)]
    endings = ["", "n", "sa", "ri"]
    return " ".join(rng.choice(stems) + rng.choice(endings) for _ in range(words)) + "."


class CharacterModel(tf.Module):
    def __init__(self, rng, vocabulary, width):
        super().__init__()

        def weight(rows, columns):
            return tf.Variable(rng.normal(0, np.sqrt(1 / rows), (rows, columns)), dtype=tf.float32)

        self.width = width
        self.embedding = weight(vocabulary, width)
        self.gates = weight(2 * width, 2 * width)
        self.candidate = weight(2 * width, width)
        self.output = weight(width, vocabulary)

    def step(self, ids, state):
        x = tf.gather(self.embedding, ids)
        z, r = tf.split(tf.sigmoid(tf.concat([x, state], axis=1) @ self.gates), 2, axis=1)
        new = tf.tanh(tf.concat([x, r * state], axis=1) @ self.candidate)
        state = z * state + (1 - z) * new
        return state @ self.output, state

    def __call__(self, ids):
        state = tf.zeros([ids.shape[0], self.width])
        logits = []
        for t in range(ids.shape[1]):
            scores, state = self.step(ids[:, t], state)
            logits.append(scores)
        return tf.stack(logits, axis=1)


def train_step(model, optimizer, ids):
    with tf.GradientTape() as tape:
        logits = model(ids[:, :-1])
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=ids[:, 1:], logits=logits))
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


def next_character(model, ids, state, temperature):
    logits, state = model.step(ids, state)
    ids = tf.random.categorical(logits / temperature, num_samples=1)[:, 0]
    return ids, state


def generate(model, characters, start, count, temperature=0.8):
    state = tf.zeros([1, model.width])
    ids = tf.constant([characters.index(start)], tf.int64)
    text = start
    for _ in range(count):
        ids, state = next_character(model, ids, state, temperature)
        text += characters[int(ids[0])]
    return text


rng = np.random.default_rng(7)
text = invent(rng, 3000)
characters = sorted(set(text))
encoded = np.array([characters.index(c) for c in text])
model = CharacterModel(rng, len(characters), WIDTH)
optimizer = tf.keras.optimizers.Adam(3e-3)

for step in range(1, STEPS + 1):
    starts = rng.integers(0, len(encoded) - LENGTH - 1, BATCH)
    ids = np.stack([encoded[i : i + LENGTH + 1] for i in starts])
    loss = train_step(model, optimizer, tf.constant(ids))
    if step % 10 == 0:
        print(f"step {step:3}  loss {loss.numpy():.4f}")

for _ in range(20):
    print(generate(model, characters, ".", WRITTEN // 20))
