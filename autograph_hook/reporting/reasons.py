"""What a statement does that no graph can, by the reason that staging gives, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

VALUE = (
    r"makes a Python (?:float|int|bool|complex|str) of a tensor|'numpy' of|which needs the value"
    r"|Python value of a tensor"
)

REASONS: Sequence[tuple[str, str]] = (
    (
        VALUE,
        "needs the value of a tensor while {function} runs, {effect}: compute it with tf operations, or "
        "return the tensor and do this where {function} is called",
    ),
    (
        r"calls (?:time|datetime)\.",
        "asks for the time, which no graph can, {effect}: measure around the call of {function}",
    ),
    (
        r"calls (?:_?io\.)?(?:open|input)\b",
        "reads or writes outside, {effect}: do it around the call of {function}",
    ),
    (
        r"uses a logger|calls logging\.",
        "writes to a log, which no graph does, {effect}: log around the call of {function}, or print there",
    ),
    (
        r"calls (?:tensorflow|keras)\.\S*?(?P<name>[^.\s]+\.?[^.\s]+), which is not enabled and not known",
        "calls {name}, which no graph of ours repeats, {effect}: call it where {function} is called, and "
        "pass what it gives",
    ),
    (
        r"(?:instance of|uses|calls) numpy\.random\.",
        "draws a random number of NumPy's, which a graph would keep, {effect}: use tf.random, or draw where "
        "{function} is called",
    ),
    (
        r"calls (?:random|Random)\.",
        "draws a random number of Python's, which a graph would keep, {effect}: use tf.random, or draw "
        "where {function} is called",
    ),
    (
        r"calls (?P<name>\S+), which is not enabled and not known",
        "calls {name}, which is not enabled, {effect}: enable its module, or name it in trace_safe if it "
        "does nothing but compute",
    ),
    (
        r"makes an instance of (?P<name>[\w.]+)",
        "makes an instance of {name}, which is not enabled, {effect}: make it once, outside {function}, "
        "or enable its module",
    ),
    (
        r"imports a module",
        "imports while {function} runs, {effect}: import at the top of the file",
    ),
    (
        r"defines a class",
        "defines a class while {function} runs, {effect}: define it outside",
    ),
    (
        r"draws random numbers with a seed of their own",
        "draws random numbers with their own seed, whose state only eager operations have, {effect}: use "
        "tf.random.set_seed alone, or the functions of tf.random that are stateless",
    ),
    (
        r"uses (?P<name>\S+), (?:of which it is not known how it changes|which reading uses up)",
        "uses a {name} from outside, and no graph follows how that changes, {effect}: use it where "
        "{function} is called, or use a list",
    ),
    (
        r"a NumPy array, whose content may change",
        "uses a NumPy array whose content may change, {effect}: make it a tensor or a tf.Variable",
    ),
    (
        r"changes a NumPy array in place",
        "changes a NumPy array, which no graph does, {effect}: make it a tensor or a tf.Variable, or change it around "
        "the call of {function}",
    ),
    (
        r"which changes an object that was there before",
        "changes an object from outside in a way that no graph repeats, {effect}: return the value, and "
        "store it where {function} is called",
    ),
    (
        r"unrolls more than",
        "unrolls a Python loop that is too long for one graph, {effect}: loop over tf.range",
    ),
    (
        r"a gradient tape outside watches the call",
        "is watched by a gradient tape of its caller, {effect} there: stage the function that holds the "
        "tape as well, or hold the tape in {function}",
    ),
    (
        r"asks (?:whether a tensor|for the (?:type|class))",
        "asks a tensor for its Python type, {effect}: decide that where {function} is called",
    ),
)
"""What stands in the reason, and what is said of the statement: the first that fits counts.
`{effect}` says what that does to the function."""
