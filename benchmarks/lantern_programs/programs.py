# autograph: enable backend=lantern
"""Programs of recursion and loops, as plain Python and NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Tree:
    value: float
    left: Tree | None = None
    right: Tree | None = None


def tree_sum(tree: Tree | None) -> float:
    if tree is None:
        return 0.0
    return tree.value + tree_sum(tree.left) + tree_sum(tree.right)


def tree_product(tree: Tree | None) -> float:
    if tree is None:
        return 1.0
    return tree.value * tree_product(tree.left) * tree_product(tree.right)


def sum_and_product(tree: Tree) -> tuple[float, float]:
    return tree_sum(tree), tree_product(tree)


def encode(p: dict[str, Any], tree: Tree | None) -> Any:
    if tree is None:
        return p["e"]
    return np.tanh(p["L"] @ encode(p, tree.left) + p["R"] @ encode(p, tree.right) + p["b"] * tree.value)


def tree_network(p: dict[str, Any], tree: Tree) -> Any:
    """A recursive network over a tree."""
    return np.sum(encode(p, tree))


def fib(n: int) -> int:
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def parse(p: dict[str, Any], words: Any, sentence: list[int], actions: list[int]) -> Any:
    """A shift-reduce parser network: a stack of phrases; action 0 shifts a word, 1 joins the two on top."""
    stack = [np.zeros(64)]
    at = 0
    score = 0.0
    for action in actions:
        top = stack[-1]
        if action == 0:
            stack.append(np.tanh(p["W"] @ words[sentence[at]] + p["b"]))
            at += 1
        else:
            right = stack.pop()
            left = stack.pop()
            stack.append(np.tanh(p["L"] @ left + p["R"] @ right + p["c"]))
        score += np.log(1.0 + np.exp(-(p["v"] @ (top + stack[-1]))))
    return score


def network(p: dict[str, Any], sequences: list[list[float]]) -> float:
    """A recurrent network over lists of any lengths."""
    total = 0.0
    for sequence in sequences:
        h = np.zeros(32)
        for x in sequence:
            h = np.tanh(p["U"] @ h + p["w"] * x)
        total += np.sum(h * p["v"])
    return total


def newton(numbers: Any) -> tuple[Any, int]:
    """Cube roots by Newton's method, until none of them changes by much."""
    x = numbers * 0.5 + 1.0
    steps = 0
    change = 1.0
    while change > 1e-12:
        following = (2.0 * x + numbers / (x * x)) / 3.0
        change = np.max(np.abs(following - x))
        x = following
        steps += 1
    return x, steps


def distance(a: Any, b: Any) -> int:
    """The edit distance of two texts, as arrays of integers: dynamic programming, row by row."""
    row = np.arange(len(b) + 1)
    for i in range(len(a)):
        diagonal = row[0]
        row[0] = i + 1
        for j in range(len(b)):
            above = row[j + 1]
            best = diagonal if a[i] == b[j] else 1 + min(diagonal, above, row[j])
            row[j + 1] = best
            diagonal = above
    return int(row[len(b)])


def march(width: int, height: int) -> float:
    """Rays through a field of spheres, until they hit or leave: how bright the picture is in all."""
    brightness = 0.0
    for line in range(height):
        for column in range(width):
            dx = (column + 0.5) / width - 0.5
            dy = (line + 0.5) / height - 0.5
            norm = 1.0 / (dx * dx + dy * dy + 1.0) ** 0.5
            along = 0.0
            for _ in range(64):
                x = dx * norm * along
                y = dy * norm * along
                z = norm * along
                x = x - (x + 0.5) // 1.0
                y = y - (y + 0.5) // 1.0
                z = z + 0.5 - (z + 1.0) // 1.0
                away = (x * x + y * y + z * z) ** 0.5 - 0.25
                if away < 0.001 or along > 20.0:
                    break
                along += away
            if along < 20.0:
                brightness += 1.0 / (1.0 + along * along)
    return brightness
