"""One fresh process of the first_call benchmark: the first call of one case in one form, timed.

Arguments: the directory that holds the package `cases`, the form and the case. Before the measured call an
unrelated graph written by hand is traced and run, so that what TensorFlow itself loads is in no figure; what
its AutoGraph or this package loads at its first use is.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
import zlib

import numpy as np
import tensorflow as tf


def main() -> None:
    directory, form, case = sys.argv[1:]
    sys.path.insert(0, directory)
    if form == "enabled":
        import autograph_hook

        autograph_hook.install(enable=["cases"])
    start = time.perf_counter()
    cases = importlib.import_module("cases.imperative")
    imported = time.perf_counter() - start
    graphs = importlib.import_module("cases.graphs")
    if form == "graph":
        cases = graphs
    tf.function(graphs.warm, autograph=False)(tf.ones([3]), tf.constant(3))
    function, arguments = CASES[case](cases)
    staged = tf.function(function, autograph=form != "graph")
    start = time.perf_counter()
    staged.get_concrete_function(*arguments)
    trace = time.perf_counter() - start
    results = [tensor.numpy() for tensor in staged(*arguments)]
    first = time.perf_counter() - start
    later = []
    for _ in range(5):
        start = time.perf_counter()
        [tensor.numpy() for tensor in staged(*arguments)]
        later.append(time.perf_counter() - start)
    answer = [int(zlib.crc32(np.round(r.astype(np.float64), 3).tobytes())) for r in results]
    times = {"import": imported, "trace": trace, "first call": first, "later call": sorted(later)[2]}
    print(json.dumps({"times": times, "answer": answer}))


def dynamic_rnn(cases, batch=32, length=64, inputs=64, hidden=256):  # type: ignore[no-untyped-def]
    random = np.random.default_rng(0)
    x = tf.constant(random.normal(size=(batch, length, inputs)), tf.float32)
    lengths = tf.constant(random.integers(length // 2, length + 1, batch), tf.int32)
    cell = make_cell(cases, random, inputs, hidden)
    return cases.dynamic_rnn, (cell, x, tf.zeros([batch, hidden]), lengths)


def beam_search(cases, beams=20, vocabulary=1000, hidden=64, limit=32):  # type: ignore[no-untyped-def]
    random = np.random.default_rng(0)
    decoder = cases.Decoder(
        tf.Variable(random.normal(size=(vocabulary, hidden)), dtype=tf.float32),
        make_cell(cases, random, hidden, hidden),
        tf.Variable(random.normal(size=(hidden, vocabulary)), dtype=tf.float32),
    )
    return cases.beam_search, (decoder, tf.zeros([beams, hidden]), 1, 2, beams, limit)


def make_cell(cases, random, inputs, hidden):  # type: ignore[no-untyped-def]
    def weight(*shape):  # type: ignore[no-untyped-def]
        return tf.Variable(random.normal(size=shape, scale=0.1), dtype=tf.float32)

    return cases.Cell(weight(inputs, hidden), weight(hidden, hidden), weight(hidden))


CASES = {"dynamic_rnn": dynamic_rnn, "beam_search": beam_search}

if __name__ == "__main__":
    main()
