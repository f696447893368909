"""The same two modules, on the backend that the settings name.

    python -m autograph_hook main.py                                    Lantern, as pyproject.toml says
    python -m autograph_hook --backend tensorflow main.py tensors       TensorFlow

Lantern stages Python's numbers and NumPy's arrays, TensorFlow its tensors: the program hands over the one or the other.
"""

import sys

import network
import numpy as np
import whole_numbers

if sys.argv[1:] == ["tensors"]:
    import tensorflow as tf

    number = array = tf.constant
else:
    number, array = int, np.asarray

random = np.random.default_rng(0)
weights = {"across": array(random.normal(size=(3, 3))), "inwards": array(random.normal(size=(3, 2)))}
inputs = array(random.normal(size=(20, 2, 1)))
start = array(np.zeros((3, 1)))


def show(name, *values):
    print(name, *[np.round(np.asarray(value, dtype=float), 6).ravel().tolist() for value in values])


for _ in range(3):
    show("power", whole_numbers.power(number(3), number(13)))
    show("collatz", whole_numbers.collatz(number(27)))
    show("fib", whole_numbers.fib(number(15)))
    show("states", *network.states(weights, inputs, start, number(0)))
    show("settle", *network.settle(weights, inputs[0], start, number(0)))
