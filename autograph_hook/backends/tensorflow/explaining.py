"""What an error means that TensorFlow raises only while a graph is built, and what to do.

And our own code is left out of what TensorFlow says of errors.
"""

from __future__ import annotations

import os
import re
import runpy

from autograph_hook import log
from autograph_hook.backends.tensorflow import private
from autograph_hook.backends.tensorflow.stories import PACKAGE

_OF_CODE = "`if`, `while`, `for`, `and`, `or`, `not` and range() on tensors become part of a graph in enabled code only"

_DECIDES: tuple[tuple[str, str], ...] = (
    ("as a Python `bool`", "asks Python for the truth of a tensor"),
    ("Iterating over a symbolic", "loops over a tensor"),
    ("object cannot be interpreted as an integer", "uses a tensor as a Python number"),
)
"""What code does that enabling it would mend."""

_NUMPY = (
    "NumPy computes while the graph is built, when a tensor has no value yet: use the function of tf, tf.math or "
    "tf.linalg of the same purpose, or call NumPy when the graph runs with tf.numpy_function"
)
_PYTHON = (
    "Python wants a number here, and a tensor has no value while the graph is built, only when it runs: use a function "
    "of tf or tf.math, and tensors or tf.strings in the place of Python's lists and texts"
)

_TRUTH = (
    "Python asks for the truth of a tensor, which is known only when the graph runs. Enabled code decides by tensors "
    "in the graph, but for the body of a class, coroutines, code that is marked plain, and what functions of Python's "
    "do with the values that they are given: decide with `if` in a function, before it, or with tf.where"
)
_ELEMENTS = (
    "Python goes over the elements of a tensor, where a graph cannot: use a `for` loop in a function, or tf.unstack "
    "before it"
)
_DTYPES = (
    "an operation takes tensors and numbers of one dtype, and what a branch or loop of the graph chooses is a tensor, "
    "an int32 or float32 where it was a Python number: write it as a float (or int) on every path, or convert it with "
    "tf.cast"
)

_NO_OPERATION = (
    "TensorFlow has no such operation on tensors, and what a branch or loop of the graph chooses is a tensor, where it "
    "was a Python number: use `//` and `%` for divmod(), and tf.bitwise for shifts"
)
_NO_LENGTH = (
    "a tensor without dimensions has no length, and what a branch or loop of the graph chooses is a tensor, where it "
    "was Python's text: use tf.strings.length(), or take len() on every path"
)
_NO_SLICE = (
    "a tensor without dimensions has no slices, and what a branch or loop of the graph chooses is a tensor, where it "
    "was Python's text: use tf.strings.substr(), or slice on every path"
)
_CONSTANT = (
    "tf.constant() makes no tensor of a tensor while a graph is built, and what a branch or loop of the graph chooses "
    "is one, where it was a Python number: use tf.convert_to_tensor() or tf.cast()"
)

_MEANINGS: tuple[tuple[str, str], ...] = (
    (
        "object has no attribute 'numpy'",
        "a tensor has no value while the graph is built, only when it runs: leave `.numpy()` out and use the tensor "
        "itself, or take `.numpy()` of what the graph returns",
    ),
    (
        "Tensor is unhashable",
        "a tensor cannot be a key of a dictionary or an element of a set, because its value is known only when the "
        "graph runs: pick from a tensor with tf.gather, look texts and numbers up in a tf.lookup.StaticHashTable, "
        "count distinct values with tf.unique",
    ),
    (
        "only supports singleton tf.Variables",
        "a function is traced more than once, and this makes another variable each time: make the variable once, "
        "outside of the function or where the object is made, and use it here",
    ),
    (
        "__bool__ should return bool, returned SymbolicTensor",
        "an object's __bool__ gives a tensor here, and Python takes nothing but a bool of it; what a branch or loop of "
        "the graph chooses is a tensor, also where it was a Python number: decide with `if` on what __bool__ compares",
    ),
    ("as a Python `bool`", _TRUTH),
    ("Iterating over a symbolic", _ELEMENTS),
    ("passed to parameter", _DTYPES),
    ("that does not match type", _DTYPES),
    ("Expected any non-tensor type", _CONSTANT),
    ("Failed to convert elements of slice(", _NO_SLICE),
    ("object of type 'Tensor' of shape () has no len()", _NO_LENGTH),
    ("SymbolicTensor' and '", _NO_OPERATION),
    ("' and 'SymbolicTensor", _NO_OPERATION),
    ("NumPy call", _NUMPY),
    ("a NumPy array", _NUMPY),
    ("must be real number, not SymbolicTensor", _PYTHON),
    ("'SymbolicTensor' object cannot be interpreted as an integer", _PYTHON),
    ("slice indices must be integers or None or have an __index__ method", _PYTHON),
    (
        "passed to SymbolicTensor.__format__",
        "a tensor has no value while the graph is built, only when it runs, so no text can be made of it: print it "
        "with tf.print, make a tensor of text with tf.strings.as_string(x, precision=2), or format what the "
        "graph returns",
    ),
    (
        "len is not well defined",
        "how long this tensor is, is known only when the graph runs: tf.shape(x)[0] is its length as a tensor",
    ),
    (
        "cannot be accessed from here, because it was defined in",
        "a tensor of one graph was kept, in an object, a list or a global name, and is used in another: return it from "
        "where it is made, or keep it in a tf.Variable",
    ),
    (
        "is out of scope",
        "a tensor of one graph was kept, in an object, a list or a global name, and is used outside of it: return it "
        "from where it is made, or keep it in a tf.Variable",
    ),
)
"""A piece of TensorFlow's text, and what it means for the user's line."""


def said(error: BaseException) -> str | None:
    """What an error says, without the advice that TensorFlow has for users of its own AutoGraph; None where eager
    execution would say it, too, so that it must stay as it is."""
    text = str(error)
    return None if "Tensor is unhashable" in text else text.partition(" You can attempt the following")[0]


def meaning(error: BaseException, module: str | None) -> str | None:
    """What an error means where a graph is built, and what to do about it; None where that is said, or is not known.

    `module` is the module that raised it, if that is not enabled.
    """
    text = str(error)
    if module is not None:
        for part, what in _DECIDES:
            if part in text:
                return (
                    f"this {what} in {module}, which is not enabled; {_OF_CODE}: run with --enable {module}, add it to "
                    "`enable` in pyproject.toml, or use tf.cond and tf.while_loop there"
                )
    return next((meaning for part, meaning in _MEANINGS if part in text), None)


def hide_ours() -> None:
    """TensorFlow names the code that made the operation that failed: the user's, not ours. With --verbose, both."""
    if not log.verbose:
        files = {os.path.join(path, name) for path, _, names in os.walk(PACKAGE) for name in names}
        private.hide_in_operations(frozenset({*files, "<frozen runpy>", runpy.__file__}))
    private.watch_statuses(_where_made)


_NODE = re.compile(r"\{\{(?:function_node (\w+)\}\}\{\{)?node ([^}\s]+)\}\}")


def _where_made(text: str) -> str:
    """The line of an operation that failed in a function given to a dataset, of which TensorFlow says no line."""
    if "user-defined function passed to" not in text:
        return ""
    found = _NODE.findall(text)
    places = dict.fromkeys(private.places_of(found[-1][1], found[-1][0] or None)) if found else {}
    listed = " or ".join(f"{path}:{line}, in {function}" for path, line, function in places)
    return f"\n{listed}: here the operation was made that failed\n" if listed else ""


def shorten() -> None:
    """An exception leaves our code: TensorFlow and Keras, which will shorten its traceback, leave us out, too."""
    if not log.verbose:
        private.hide_in_tracebacks(PACKAGE)
