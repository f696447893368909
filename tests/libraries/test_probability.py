"""TensorFlow Probability's distributions and bijectors in staged functions: the numbers of the eager run."""

from __future__ import annotations

import pytest

pytest.importorskip("tensorflow_probability")

import tensorflow as tf

from tests.keras.training import symbolic_in
from tests.staging.programs import Program

X = tf.reshape(tf.linspace(-1.0, 1.0, 12), (4, 3))
START = """
import tensorflow_probability as tfp
tfd, tfb = tfp.distributions, tfp.bijectors
w = tf.Variable([[0.1, 0.4], [-0.2, 0.3], [0.5, -0.6]])
scale = tf.Variable([0.5, 1.5])
prior = tfd.MultivariateNormalDiag(tf.zeros([2]), tf.ones([2]))
moved = tfd.Normal(loc=tf.constant([0.2, -0.1]), scale=scale)
positive = tfb.Softplus()
"""

BODIES = {
    "made in the function": "return tfd.Normal(pad(x @ w), 0.5).log_prob(0.3)",
    "from outside": "return prior.log_prob(pad(x @ w))",
    "with a variable from outside": "return tf.reduce_sum(moved.log_prob(pad(x @ w)))",
    "drawn from": "z = tfd.Normal(pad(x @ w), 0.5).sample()\nreturn z, tf.random.normal([2])",
    "drawn from, outside": "return prior.sample(3), pad(x)",
    "drawn from, with a seed": "return tfd.Normal(pad(x @ w), 0.5).sample(seed=[1, 2])",
    "a policy": (
        "policy = tfd.Categorical(logits=pad(x @ w))\n"
        "action = policy.sample()\n"
        "return action, policy.log_prob(action), policy.entropy()"
    ),
    "independent, with moments": (
        "q = tfd.Independent(tfd.Normal(pad(x @ w), tf.nn.softplus(x @ w) + 0.1), 1)\n"
        "return q.mean(), q.stddev(), q.log_prob(q.mode()), q.entropy()"
    ),
    "a divergence": "return tfd.Normal(pad(x @ w), 0.5).kl_divergence(moved)",
    "a mixture": (
        "parts = tfd.Normal(pad(x @ w), tf.exp(x @ w))\n"
        "return tfd.MixtureSameFamily(tfd.Categorical(probs=[0.3, 0.7]), parts).log_prob(0.1)"
    ),
    "a bijector from outside": "y = positive.forward(pad(x @ w))\nreturn y, positive.inverse(y + 0.5)",
    "a transformed distribution": (
        "d = tfd.TransformedDistribution(tfd.Normal(pad(x @ w), 1.0), tfb.Exp())\nreturn d.log_prob(d.sample())"
    ),
    "a gradient through a draw": (
        "with tf.GradientTape() as tape:\n"
        "    q = tfd.Normal(pad(x @ w), scale)\n"
        "    loss = tf.reduce_mean(q.log_prob(q.sample()) - moved.log_prob(q.sample()))\n"
        "return [loss, *tape.gradient(loss, [w, scale])]"
    ),
    "what it is": "d = tfd.Normal(pad(x @ w), 0.5)\nreturn d.log_prob(0.1), d.batch_shape, d.dtype, d.name",
}


def program(body: str) -> Program:
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return Program(f"{START}\ndef f(x):\n{lines}\n")


@pytest.mark.parametrize("name", BODIES)
def test_a_distribution(name: str) -> None:
    made = program(BODIES[name])
    for module in (made.plain, made.hooked):
        tf.random.set_seed(3)
        module.results = [module.f(X) for _ in range(6)]
    made.both(lambda module: module.results)
    made.assert_staged("f")
    for name in ("prior", "moved", "positive"):
        assert len(symbolic_in(getattr(made.hooked, name))) == len(symbolic_in(getattr(made.plain, name)))


CHANGES = {
    "a parameter that is a variable": "scale.assign([0.1, 3.0])",
    "another distribution in its place": "moved = tfd.Normal(1.0, tf.ones([2]))",
    "an attribute": "moved._loc = tf.constant([9.0, 8.0])",
    "a method of its class": "moved.log_prob = lambda value: value * 0.0",
    "the class of the name": "tfd = type('tfd', (), {'Normal': tfd.Laplace})",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_between_calls(name: str) -> None:
    made = program("return moved.log_prob(pad(x @ w)) + tfd.Normal(0.0, 1.0).log_prob(0.5)")
    made.calls(4, lambda module: module.f(X))
    made.assert_staged("f")
    for module in (made.plain, made.hooked):
        exec(CHANGES[name], vars(module))
    made.calls(4, lambda module: module.f(X))


def test_one_that_is_given_is_used_as_it_is() -> None:
    made = Program(START + "\ndef g(d, x):\n    return tf.reduce_sum(d.log_prob(pad(x @ w)))\n")
    for loc in (0.0, 0.0, 1.0, 1.0, 0.0):
        made.both(lambda module, loc=loc: module.g(module.tfd.Normal(loc, 1.0), X))
        made.both(lambda module: module.g(module.moved, X))
    made.assert_staged("g")


def test_one_that_is_returned_is_made_by_python() -> None:
    made = program("return tfd.Normal(pad(x @ w), 0.5)")
    for _ in range(4):
        made.both(lambda module: module.f(X).log_prob(0.2))
    made.assert_plain("f", "returns a new tensorflow_probability.python.distributions.normal.Normal")


def test_a_class_of_the_users_is_not_taken_for_the_librarys() -> None:
    made = Program(
        START
        + """
seen = []
class Odd(tfd.Normal):
    def _log_prob(self, x):
        seen.append(len(seen))
        return super()._log_prob(x) * len(seen)
odd = Odd(0.0, 1.0)
def f(x):
    return odd.log_prob(pad(x @ w)) + Odd(0.5, 1.0).log_prob(x @ w)
"""
    )
    made.calls(5, lambda module: module.f(X))
    assert made.plain.seen == made.hooked.seen


LEFT = {
    "in an attribute": (
        "class Holder: pass\nheld = Holder()\n",
        "held.last = tfd.Normal(pad(x @ w), 0.5)\nreturn held.last.log_prob(0.1)",
        "held.last.log_prob(0.3)",
    ),
    "in a list": ("kept = []\n", "kept.append(tfd.Normal(pad(x @ w), 0.5))", "[d.log_prob(0.3) for d in kept]"),
    "by a coroutine": (
        "seen = []\n@tfd.JointDistributionCoroutineAutoBatched\ndef joint():\n    seen.append(1)\n"
        "    z = yield tfd.Normal(0.0, 1.0)\n    yield tfd.Normal(z, 1.0)\n",
        "return joint.log_prob(0.1, 0.2) + pad(x @ w)",
        "len(seen)",
    ),
    "by a function of a bijector": (
        "seen = []\ndef double(t):\n    seen.append(1)\n    return t * 2.0\n"
        "bent = tfb.Inline(forward_fn=double, inverse_fn=lambda y: y / 2.0, forward_min_event_ndims=0)\n",
        "return bent.forward(pad(x @ w))",
        "len(seen)",
    ),
}


@pytest.mark.parametrize("place", LEFT)
def test_what_a_call_leaves(place: str) -> None:
    setup, body, after = LEFT[place]
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    made = Program(f"{START}{setup}\ndef f(x):\n{lines}\n")
    made.calls(6, lambda module: module.f(X))
    made.both(lambda module: eval(after, vars(module)))
