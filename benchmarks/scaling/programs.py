"""The programs that grow: texts of modules of a given size."""

from __future__ import annotations

HEAD = "# autograph: enable warm_up=1\nimport tensorflow as tf\n\n\n"
BLOCK = """    if tf.reduce_sum(x) > {k}.0:
        x = x * 0.5 + {k}.0
    else:
        x = tf.tanh(x) - {k}.0
    x = x + tf.reduce_mean(x) * {k}.0
    for _ in tf.range(3):
        x = x * 0.9
"""
BY_HAND = """    x = tf.cond(tf.reduce_sum(x) > {k}.0, lambda: x * 0.5 + {k}.0, lambda: tf.tanh(x) - {k}.0)
    x = x + tf.reduce_mean(x) * {k}.0
    _, x = tf.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * 0.9), [tf.constant(0), x])
"""
BLOCK_LINES = BLOCK.count("\n")
MOST_FOR_AUTOGRAPH = 10
"""Blocks: its analyses take time that grows much faster than the program, half a minute for thirty."""
OPERATIONS = 14
"""Of a function that is worth a graph."""
RECURSIVE = """import {library} as {name}


def down(n, x):
    if n <= 0:
        return x
    return down(n - 1, {name}.tanh(x) * 0.5 + x)
"""


def traced(blocks: int, by_hand: bool = False) -> str:
    """A function of so many blocks of seven lines with a branch and a loop on tensors."""
    block = BY_HAND if by_hand else BLOCK
    return HEAD + "def f(x):\n" + "".join(block.format(k=k) for k in range(blocks)) + "    return x\n"


def taking(arguments: int) -> str:
    """A function of so many tensors: the graph is small whatever they are."""
    names = ", ".join(f"a{i}" for i in range(arguments))
    steps = "    h = tf.tanh(h) * 0.5\n" * (OPERATIONS // 2)
    return f"{HEAD}def f({names}):\n    h = tf.add_n([{names}])\n{steps}    return h\n"


def many(functions: int) -> str:
    """So many functions of one graph each."""
    steps = "    x = tf.tanh(x) * {k}.5\n" * (OPERATIONS // 2)
    return HEAD + "\n\n".join(f"def f{k}(x):\n{steps.format(k=k)}    return x\n" for k in range(functions))


def recursive(library: str, name: str, marker: str = "") -> str:
    return (f"# autograph: {marker}\n" if marker else "") + RECURSIVE.format(library=library, name=name)
