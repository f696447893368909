"""What a statement does that no graph can, by the reason that staging gives, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence

VALUE = (
    r"makes a Python (?:float|int|bool|complex|str) of a tensor|'numpy' of|which needs the value"
    r"|Python value of a tensor"
)

WATCHED = "a gradient tape outside watches the call"

SCRIPT = "<module>"
"""The name of what the loops of a script are pieces of."""

REASONS: Sequence[tuple[str, str]] = (
    (
        VALUE,
        "needs the value of a tensor while {function} runs, {effect}: compute it with tf operations, or "
        "return the tensor and do this where {function} is called",
    ),
    (
        r"^returns a value that is known only when the graph runs: <(?P<name>[^:<>]+): one of two values",
        "leaves {name} as one of two kinds of values, and which is known only when a graph runs, {effect}: give it "
        "values of one type and structure on both paths",
    ),
    (
        r"in \S+: (?P<what>.+), and which of the two is known only when the graph runs: (?P<remedy>.+)$",
        "cannot be in a graph, because {what}, {effect}: {remedy}",
    ),
    (
        r"^(?P<name>\S+) is a Python value that depends on a tensor",
        "makes {name} a Python value that depends on a tensor, which only Python can compute, {effect}: make {name} a "
        "tensor, or a tf.Variable, from the beginning",
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
        r"calls (?P<name>numpy\.\S+), which is not enabled and not known",
        "calls {name}, and NumPy has no graphs, {effect}: use the function of tf or tf.math of the same purpose, or do "
        "this where {function} is called",
    ),
    (
        r"uses a logger|calls logging\.",
        "writes to a log, which no graph does, {effect}: log where {function} is called, or print",
    ),
    (
        r"instance of (?:_thread|threading)\.\w*(?:[Ll]ock|Semaphore|Condition)",
        "takes a lock, which no graph does, {effect}: take it around the call of {function}",
    ),
    (
        r"calls (?P<name>\S+), a generator",
        "calls the generator {name}, which runs bit by bit between other code, {effect}: let it return a list, or call "
        "it where {function} is called",
    ),
    (
        r"calls (?P<name>\S+), which is not enabled and not known",
        "calls {name}, which is not enabled, {effect}: enable its module, or name it in trace_safe if it "
        "does nothing but compute",
    ),
    (
        r"uses an instance of (?P<name>[\w.]+), whose class is not enabled",
        "uses an instance of {name}, which is not enabled, {effect}: enable its module, or use it where {function} is "
        "called",
    ),
    (
        r"makes an instance of builtins\.(?P<name>\w*(?:Error|Exception))",
        "raises {name}, which a graph of ours does only in an assertion, {effect}: use assert, or test for it where "
        "{function} is called",
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
        r"uses (?:an instance of )?_io\.\w+",
        "reads or writes a file, which no graph does, {effect}: do it where {function} is called, or collect in a list "
        "what is to be written",
    ),
    (
        r"uses (?:an instance of )?(?P<name>\S+), (?:of which it is not known how it changes|which reading uses up)",
        "uses a {name} from outside, and no graph follows how that changes, {effect}: use it where "
        "{function} is called, or use a list",
    ),
    (
        r"a NumPy array, (?:whose content|which) may change",
        "uses a NumPy array whose content may change, {effect}: make it a tensor or a tf.Variable",
    ),
    (
        r"changes a NumPy array in place",
        "changes a NumPy array, which no graph does, {effect}: make it a tensor or a tf.Variable, or change it around "
        "the call of {function}",
    ),
    (
        r"GradientTape\.\w+, which changes an object that was there before",
        "differentiates what ran plain under the tape, {effect}: it becomes part of a graph with the lines under the "
        "tape, once these can be one",
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
        WATCHED,
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

OF_A_SCRIPT: Sequence[tuple[str, str]] = (
    ("where <module> is called", "outside the loop"),
    ("around the call of <module>", "outside the loop"),
    ("outside <module>", "outside the loop"),
    ("while <module> runs", "in the loop"),
    ("<module>", "the script"),
)
"""A script is not called. What runs as pieces in it are its loops."""
