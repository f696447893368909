# autograph: enable backend=lantern
"""A binary TreeLSTM that classifies every phrase of a sentence, as plain NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Phrase:
    """A word, or two phrases side by side; each has a label."""

    label: int
    word: int = -1
    left: Phrase | None = None
    right: Phrase | None = None


def sigmoid(x: Any) -> Any:
    return 1.0 / (1.0 + np.exp(-x))


def cross_entropy(logits: Any, label: int) -> Any:
    top = np.max(logits)
    return np.log(np.sum(np.exp(logits - top))) + top - logits[label]


def leaf(p: dict[str, Any], x: Any) -> tuple[Any, Any]:
    i = sigmoid(p["Wi"] @ x + p["bi"])
    o = sigmoid(p["Wo"] @ x + p["bo"])
    u = np.tanh(p["Wu"] @ x + p["bu"])
    c = i * u
    return o * np.tanh(c), c


def join(p: dict[str, Any], left: tuple[Any, Any], right: tuple[Any, Any]) -> tuple[Any, Any]:
    (hl, cl), (hr, cr) = left, right
    i = sigmoid(p["Uil"] @ hl + p["Uir"] @ hr + p["ci"])
    fl = sigmoid(p["Ufll"] @ hl + p["Uflr"] @ hr + p["cfl"])
    fr = sigmoid(p["Ufrl"] @ hl + p["Ufrr"] @ hr + p["cfr"])
    o = sigmoid(p["Uol"] @ hl + p["Uor"] @ hr + p["co"])
    u = np.tanh(p["Uul"] @ hl + p["Uur"] @ hr + p["cu"])
    c = i * u + fl * cl + fr * cr
    return o * np.tanh(c), c


def encode(p: dict[str, Any], words: Any, phrase: Phrase) -> tuple[Any, Any, Any]:
    """The phrase's hidden state and cell, and the losses of all phrases in it."""
    if phrase.left is None:
        h, c = leaf(p, words[phrase.word])
        below = 0.0
    else:
        hl, cl, loss_left = encode(p, words, phrase.left)
        hr, cr, loss_right = encode(p, words, phrase.right)
        h, c = join(p, (hl, cl), (hr, cr))
        below = loss_left + loss_right
    return h, c, below + cross_entropy(p["V"] @ h + p["v"], phrase.label)


def loss(p: dict[str, Any], words: Any, phrase: Phrase) -> Any:
    _, _, total = encode(p, words, phrase)
    return total
