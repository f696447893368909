"""A pole on a cart, held up by a policy that learns from whole episodes (REINFORCE with a baseline)."""

import math

import numpy as np
import tensorflow as tf

EPISODES = 120
GAMMA = 0.99
RATE = 0.1
LONGEST = 200


class CartPole:
    """A cart is pushed left or right; the episode ends when the pole leans too far or the cart leaves the track."""

    def __init__(self, seed):
        self.random = np.random.default_rng(seed)

    def reset(self):
        self.state = self.random.uniform(-0.05, 0.05, 4)
        self.steps = 0
        return self.state.astype(np.float32)

    def step(self, action):
        place, speed, angle, turning = self.state
        force = 10.0 if action == 1 else -10.0
        sine, cosine = math.sin(angle), math.cos(angle)
        pushed = (force + 0.05 * turning**2 * sine) / 1.1
        bent = (9.8 * sine - cosine * pushed) / (0.5 * (4.0 / 3.0 - 0.1 * cosine**2 / 1.1))
        moved = pushed - 0.05 * bent * cosine / 1.1
        self.state = self.state + 0.02 * np.array([speed, moved, turning, bent])
        self.steps += 1
        fallen = abs(self.state[0]) > 2.4 or abs(self.state[2]) > 0.21
        return self.state.astype(np.float32), 1.0, fallen or self.steps >= LONGEST


class Policy:
    def __init__(self, rng, hidden=32):
        self.w1 = tf.Variable(rng.normal(0, 0.5, (4, hidden)), dtype=tf.float32)
        self.b1 = tf.Variable(tf.zeros([hidden]))
        self.w2 = tf.Variable(rng.normal(0, 0.1, (hidden, hidden)), dtype=tf.float32)
        self.b2 = tf.Variable(tf.zeros([hidden]))
        self.head = tf.Variable(rng.normal(0, 0.1, (hidden, 2)), dtype=tf.float32)
        self.value = tf.Variable(rng.normal(0, 0.1, (hidden, 1)), dtype=tf.float32)
        self.variables = [self.w1, self.b1, self.w2, self.b2, self.head, self.value]

    def __call__(self, states):
        h = tf.nn.relu(states @ self.w1 + self.b1)
        h = tf.nn.relu(h @ self.w2 + self.b2)
        return h @ self.head, tf.squeeze(h @ self.value, axis=1)


def probabilities(policy, state):
    logits, _ = policy(tf.expand_dims(state, 0))
    return tf.nn.softmax(logits)[0]


def update(policy, states, actions, returns):
    with tf.GradientTape() as tape:
        logits, values = policy(states)
        advantage = returns - values
        likelihood = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=actions, logits=logits)
        entropy = -tf.reduce_sum(tf.nn.softmax(logits) * tf.nn.log_softmax(logits), axis=1)
        loss = tf.reduce_mean(tf.stop_gradient(advantage) * likelihood + 0.5 * advantage**2 - 0.01 * entropy)
    gradients = tape.gradient(loss, policy.variables)
    gradients, _ = tf.clip_by_global_norm(gradients, 1.0)
    for variable, gradient in zip(policy.variables, gradients):
        variable.assign_sub(RATE * gradient)
    return loss


def discounted(rewards):
    total, returns = 0.0, []
    for reward in reversed(rewards):
        total = reward + GAMMA * total
        returns.append(total)
    returns = np.array(returns[::-1], dtype=np.float32)
    return (returns - returns.mean()) / (returns.std() + 1e-6)


def main():
    rng = np.random.default_rng(3)
    environment = CartPole(seed=3)
    policy = Policy(rng)
    running, taken = 0.0, 0
    for episode in range(1, EPISODES + 1):
        states, actions, rewards = [], [], []
        state, done = environment.reset(), False
        while not done:
            p = probabilities(policy, tf.constant(state)).numpy()
            action = int(rng.random() < p[1])
            states.append(state)
            actions.append(action)
            state, reward, done = environment.step(action)
            rewards.append(reward)
        loss = update(policy, tf.constant(np.array(states)), tf.constant(actions), tf.constant(discounted(rewards)))
        running = 0.95 * running + 0.05 * sum(rewards)
        taken += len(rewards)
        if episode % 6 == 0:
            print(f"episode {episode:3}  running reward {running:.2f}  loss {float(loss):.3f}  steps {taken}")


main()
