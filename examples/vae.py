"""A variational autoencoder for small pictures of bars."""

import numpy as np
import tensorflow as tf

EPOCHS = 16
BATCH = 32
SIDE = 8
LATENT = 4

tf.keras.utils.set_random_seed(5)


class Autoencoder(tf.keras.Model):
    def __init__(self, latent):
        super().__init__()
        self.latent = latent
        self.encoder = tf.keras.Sequential(
            [
                tf.keras.layers.Input((SIDE, SIDE, 1)),
                tf.keras.layers.Flatten(),
                tf.keras.layers.Dense(48, activation="relu"),
                tf.keras.layers.Dense(2 * latent),
            ]
        )
        self.decoder = tf.keras.Sequential(
            [
                tf.keras.layers.Input((latent,)),
                tf.keras.layers.Dense(48, activation="relu"),
                tf.keras.layers.Dense(SIDE * SIDE),
                tf.keras.layers.Reshape((SIDE, SIDE, 1)),
            ]
        )

    def encode(self, x):
        mean, log_variance = tf.split(self.encoder(x), num_or_size_splits=2, axis=1)
        return mean, log_variance

    def sample(self, mean, log_variance):
        return mean + tf.random.normal(tf.shape(mean)) * tf.exp(0.5 * log_variance)

    def decode(self, z):
        return self.decoder(z)


def log_normal(sample, mean, log_variance):
    log_two_pi = tf.math.log(2.0 * np.pi)
    terms = (sample - mean) ** 2.0 * tf.exp(-log_variance) + log_variance + log_two_pi
    return tf.reduce_sum(-0.5 * terms, axis=1)


def compute_loss(model, x):
    mean, log_variance = model.encode(x)
    z = model.sample(mean, log_variance)
    logits = model.decode(z)
    cross = tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=x)
    log_x = -tf.reduce_sum(cross, axis=[1, 2, 3])
    return -tf.reduce_mean(log_x + log_normal(z, 0.0, 0.0) - log_normal(z, mean, log_variance))


def train_step(model, x, optimizer):
    with tf.GradientTape() as tape:
        loss = compute_loss(model, x)
    gradients = tape.gradient(loss, model.trainable_variables)
    optimizer.apply_gradients(zip(gradients, model.trainable_variables))
    return loss


def bars(rng, count):
    pictures = np.zeros((count, SIDE, SIDE, 1), np.float32)
    for picture in pictures:
        place = rng.integers(0, SIDE)
        if rng.random() < 0.5:
            picture[place, :, 0] = 1.0
        else:
            picture[:, place, 0] = 1.0
    return pictures


rng = np.random.default_rng(5)
train = tf.data.Dataset.from_tensor_slices(bars(rng, 40 * BATCH)).batch(BATCH)
test = tf.data.Dataset.from_tensor_slices(bars(rng, 3 * BATCH)).batch(BATCH)
model = Autoencoder(LATENT)
optimizer = tf.keras.optimizers.Adam(1e-3)

for epoch in range(1, EPOCHS + 1):
    for x in train:
        train_step(model, x, optimizer)
    mean = tf.keras.metrics.Mean()
    for x in test:
        mean(compute_loss(model, x))
    print(f"epoch {epoch:2}  test set evidence lower bound {-mean.result().numpy():.4f}")
