"""A generative adversarial network that learns a ring of eight Gaussians."""

import numpy as np
import tensorflow as tf
from tensorflow import keras

STEPS = 400
BATCH = 64
NOISE = 8

keras.utils.set_random_seed(2)

generator = keras.Sequential(
    [
        keras.Input((NOISE,)),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(32, activation="relu"),
        keras.layers.Dense(2),
    ]
)
discriminator = keras.Sequential(
    [
        keras.Input((2,)),
        keras.layers.Dense(32),
        keras.layers.LeakyReLU(),
        keras.layers.Dense(32),
        keras.layers.LeakyReLU(),
        keras.layers.Dense(1),
    ]
)
cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)
generator_optimizer = keras.optimizers.Adam(1e-3)
discriminator_optimizer = keras.optimizers.Adam(1e-3)


def discriminator_loss(real, fake):
    return cross_entropy(tf.ones_like(real), real) + cross_entropy(tf.zeros_like(fake), fake)


def generator_loss(fake):
    return cross_entropy(tf.ones_like(fake), fake)


def train_step(images):
    noise = tf.random.normal([BATCH, NOISE])
    with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
        generated = generator(noise, training=True)
        real = discriminator(images, training=True)
        fake = discriminator(generated, training=True)
        g_loss = generator_loss(fake)
        d_loss = discriminator_loss(real, fake)
    g_gradients = generator_tape.gradient(g_loss, generator.trainable_variables)
    d_gradients = discriminator_tape.gradient(d_loss, discriminator.trainable_variables)
    generator_optimizer.apply_gradients(zip(g_gradients, generator.trainable_variables))
    discriminator_optimizer.apply_gradients(zip(d_gradients, discriminator.trainable_variables))
    return g_loss, d_loss


rng = np.random.default_rng(2)
turn = rng.integers(0, 8, STEPS * BATCH) * (np.pi / 4)
ring = np.stack([np.cos(turn), np.sin(turn)], axis=1) + rng.normal(0, 0.05, (STEPS * BATCH, 2))
dataset = tf.data.Dataset.from_tensor_slices(ring.astype(np.float32)).batch(BATCH)

for step, images in enumerate(dataset, start=1):
    g_loss, d_loss = train_step(images)
    if step % 20 == 0:
        print(f"step {step:4}  generator {g_loss.numpy():.4f}  discriminator {d_loss.numpy():.4f}")
