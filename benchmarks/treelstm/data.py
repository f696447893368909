"""Weights, and random trees of the sizes of the Stanford Sentiment Treebank."""

from __future__ import annotations

from typing import Any

import numpy as np

HIDDEN, EMBEDDING, CLASSES, WORDS = 150, 300, 5, 5268
LEAF_GATES = ("i", "o", "u")
GATES = ("i", "fl", "fr", "o", "u")


def weights(seed: int = 0) -> dict[str, Any]:
    shapes: dict[str, tuple[int, ...]] = {}
    for gate in LEAF_GATES:
        shapes |= {f"W{gate}": (HIDDEN, EMBEDDING), f"b{gate}": (HIDDEN,)}
    for gate in GATES:
        shapes |= {f"U{gate}l": (HIDDEN, HIDDEN), f"U{gate}r": (HIDDEN, HIDDEN), f"c{gate}": (HIDDEN,)}
    shapes |= {"V": (CLASSES, HIDDEN), "v": (CLASSES,)}
    random = np.random.default_rng(seed)
    return {name: random.normal(scale=0.05, size=shape).astype(np.float32) for name, shape in shapes.items()}


def embeddings(seed: int = 1) -> Any:
    return np.random.default_rng(seed).normal(scale=0.3, size=(WORDS, EMBEDDING)).astype(np.float32)


def trees(phrase: Any, count: int, seed: int = 2) -> list[Any]:
    """Sentences of 19 words in the mean; two of three splits take off one word. `phrase` makes a node."""
    random = np.random.default_rng(seed)

    def tree(words: int) -> Any:
        label = int(random.integers(CLASSES))
        if words == 1:
            return phrase(label, int(random.integers(WORDS)))
        first = (1, words - 1, random.integers(1, words))[int(random.integers(3))]
        return phrase(label, -1, tree(int(first)), tree(int(words - first)))

    return [tree(int(np.clip(round(random.normal(19.3, 9.3)), 2, 49))) for _ in range(count)]


def stacked(p: dict[str, Any]) -> dict[str, Any]:
    """The same weights with the gates of a kind in one matrix."""
    return {
        "W": np.concatenate([p[f"W{g}"] for g in LEAF_GATES]),
        "b": np.concatenate([p[f"b{g}"] for g in LEAF_GATES]),
        "U": np.concatenate([np.hstack([p[f"U{g}l"], p[f"U{g}r"]]) for g in GATES]),
        "c": np.concatenate([p[f"c{g}"] for g in GATES]),
        "V": p["V"].copy(),
        "v": p["v"].copy(),
    }


def depth(phrase: Any) -> int:
    return 1 if phrase.left is None else 1 + max(depth(phrase.left), depth(phrase.right))


def count(phrase: Any) -> int:
    return 1 if phrase.left is None else 1 + count(phrase.left) + count(phrase.right)


def arrays(phrase: Any) -> tuple[Any, Any, Any, Any]:
    """A tree as its labels, words and children, a parent before its children."""
    labels: list[int] = []
    words: list[int] = []
    lefts: list[int] = []
    rights: list[int] = []

    def visit(node: Any) -> int:
        here = len(labels)
        for column, value in ((labels, node.label), (words, node.word), (lefts, -1), (rights, -1)):
            column.append(value)
        if node.left is not None:
            lefts[here] = visit(node.left)
            rights[here] = visit(node.right)
        return here

    visit(phrase)
    return tuple(np.array(column, np.int32) for column in (labels, words, lefts, rights))  # type: ignore[return-value]
