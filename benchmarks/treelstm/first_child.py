"""One fresh process: the first step of training with the model in a directory. Prints its seconds and the loss."""

from __future__ import annotations

import importlib
import json
import sys
import time

import autograph_hook

autograph_hook.install()
sys.path.insert(0, sys.argv[1])

from autograph_hook import lantern  # noqa: E402
from benchmarks.treelstm import data  # noqa: E402


def main() -> None:
    model = importlib.import_module("model")
    (tree,) = data.trees(model.Phrase, 1)
    weights, words = data.weights(), data.embeddings()
    start, worked = time.perf_counter(), time.process_time()
    step = lantern.sgd(model.loss, learning_rate=0.002)
    loss = step(weights, words, tree)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    print(json.dumps({"passed": seconds, "worked": worked, "loss": float(loss)}))


if __name__ == "__main__":
    main()
