"""The dialects in which Python values and tensors are mixed.

Numbers stay small, so that nothing overflows, and no operation on tensors may fail: one whose result nobody uses is
left out of a graph, which is documented.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from tests.fuzz import grammar
from tests.fuzz.grammar import Dialect, Table
from tests.fuzz.head import HEAD as PYTHON_HEAD
from tests.fuzz.tensor_definitions import TENSOR_DEFINITIONS

HEAD = PYTHON_HEAD.replace("GB = Box(1)", '''\
import numpy as np
import tensorflow as tf

V = tf.Variable([1.0, -1.0, 0.5])
W = tf.Variable(2.0)
K = tf.constant([0.25, 0.5, -4.0])


class Model(tf.Module):
    def __init__(self):
        self.w = tf.Variable([0.5, 1.5, -0.5])
        self.calls = 0
        self.last = None

    def __call__(self, x):
        self.calls += 1
        if tf.reduce_sum(x) > 0:
            x = x * self.w
        self.last = x
        return tf.tanh(x)


GM = Model()
GB = Box(1)
GT = []''')

NAMES: Table = {**grammar.NAMES, "vec": ("x", "y", "z"), "scal": ("u", "v"), "tint": ("j", "g"), "vecs": ("zs",)}

LEAVES: Table = {
    **grammar.LEAVES,
    "vec": ("K", "tf.constant([1.0, 2.0, -3.0])", "tf.zeros([3])"),
    "scal": ("tf.constant(0.5)", "K[0]"),
    "tint": ("tf.constant(2)", "tf.constant(-1)"),
    "tbool": ("tf.constant(True)",),
    "vecs": ("[]", "[K]", "[K, K * 2.0]"),
}

TENSORS: Table = {
    "vec": (
        "($vec + $vec)", "($vec - $vec)", "tf.tanh($vec * $vec)", "(-$vec)", "($vec * 0.5)", "tf.maximum($vec, $vec)",
        "tf.where($vec > $vec, $vec, $vec)", "$vec[::-1]", "tf.stack([$scal, $scal, $scal])", "tf.clip_by_value($vec, -2.0, 2.0)",
        "($vec if $cond else $vec)", "tf.tanh($scal * $vec)", "($vec + $float)", "tf.abs($vec)", "tf.concat([$vec[:1], $vec[1:]], 0)",
        "tf.cumsum(tf.tanh($vec))", "($vec * float($int % 3))", "tf.zeros_like(@vec)", "V + @vec", "(V * 0.5)", "tf.identity($vec)",
        "tf.stop_gradient($vec)", "sum([$vec, @vec])", "tf.add_n([$vec, @vec, @vec])", "@vecs[0]", "@vecs[-1]", "tf.add_n(@vecs or [@vec])",
        "(lambda ?v: @vec * ?v)(0.5)", "tf.gather($vec, [2, 0, 1])", "tf.tensor_scatter_nd_update(@vec, [[1]], [$scal])", "GM($vec)",
        "tf.sort($vec)", "tf.clip_by_norm($vec, 2.0)", "note($vec)", "tf.roll($vec, 1, 0)", "max([@vec], key=len)", "$call_vec", "$call_vec", "$call_vec",
        "tf.cast(@vec > $scal, tf.float32)", "tf.exp(-tf.abs($vec))", "tf.nn.relu($vec)", "tf.sigmoid($vec)", "tf.cond($tbool, lambda: @vec, lambda: @vec * 2.0)",
    ),
    "scal": (
        "($scal + $scal)", "tf.tanh($scal * $scal)", "tf.reduce_sum($vec)", "tf.reduce_max($vec)", "$vec[0]", "$vec[-1]", "($scal * 0.5)",
        "($scal if $cond else $scal)", "tf.norm($vec)", "(W + $scal)", "tf.reduce_mean($vec)", "tf.cast($tint, tf.float32)", "abs($scal)", "($scal - $float)",
        "tf.tensordot(@vec, tf.tanh($vec), 1)", "max($scal, $scal)", "min(@scal, @scal)", "tf.constant($float)", "tf.maximum($scal, 0.0)", "tf.minimum($scal, 4.0)",
        "$call_scal", "(-$scal)", "tf.cast($int, tf.float32)",
    ),
    "tint": ("($tint + $tint)", "tf.argmax($vec, output_type=tf.int32)", "tf.cast(tf.reduce_sum(tf.cast($vec > 0.0, tf.int32)), tf.int32)", "($tint + $int)",
             "($tint if $cond else $tint)", "tf.abs($tint)", "($tint * 2 % 7)", "tf.size(@vec)", "tf.shape(@vec)[0]", "tf.constant($int)", "(-$tint)", "($tint // 3)"),
    "tbool": ("($scal > $scal)", "($scal > 0.0)", "tf.reduce_all($vec > $vec)", "tf.reduce_any($vec < 0.5)", "($tint < $tint)", "($tint == $tint)", "(not $tbool)",
              "($tbool and $tbool)", "($tbool or $cond)", "(@scal < $scal <= 2.0)", "tf.logical_and($tbool, $tbool)", "($tint > $int)"),
    "vecs": ("[$vec, $vec]", "[*@vecs[:3], $vec]", "[x1 * 0.5 for x1 in @vecs]", "@vecs[::-1]", "tf.unstack(tf.stack([$vec, $vec]))", "[$vec for ?v in range(2)]", "list(@vecs)"),
    "int": ("@vec.shape[0]", "len(@vec)", "len(@vecs)", "GM.calls", "@vec.shape.rank"),
    "bool": ("(@vec is @vec)", "isinstance(@vec, tf.Tensor)", "(len(@vecs) > 1)", "(GM.last is None)"),
}  # fmt: skip

NUMBERS_OF_TENSORS: Table = {
    "float": ("float($scal)", "$scal.numpy().item()", "float(tf.reduce_sum($vec))"),
    "int": ("int($tint)",),
    "bool": ("bool($tbool)",),
}
"""What only an eager tensor has."""

STATEMENTS: tuple[str, ...] = (
    "=vec = $vec", "=scal = $scal", "!vec += $vec", "!vec = $vec", "!scal += $scal", "!scal *= 0.5", "@vecs.append($vec)", "=vecs = $vecs", "=tint = $tint",
    "=vec, =scal = $vec, $scal", "@vecs[:1] = [$vec]", "=vec, *=vecs = [$vec, $vec, $vec]", "!tint += 1", "=scal, =scal2, _ = $vec", "!vec -= V * 0.5",
)
EFFECTS: tuple[str, ...] = (
    "V.assign($vec)", "V.assign_add(tf.tanh($vec))", "W.assign($scal)", "W.assign_sub(0.5)", "GM.w.assign(tf.tanh($vec))", "V[0].assign($scal)",
)
OWN_EFFECTS: tuple[str, ...] = (
    *EFFECTS, "@box.t = $vec", "print($scal)", "print('vec', $vec)", "GT.append($vec)", "LOG.append(float($scal))", "GB.t = $scal", "assert $tbool, 'small'",
    "print(f\"{ @scal } { @int }\")", "GD[$str] = $scal", "GM.last = $vec", "K = $vec",
)  # fmt: skip

ARGUMENTS: Table = {
    "vec": ("tf.constant([1.0, 2.0, 3.0])", "tf.constant([-1.0, 0.5, -2.0])", "tf.constant([0.25, -0.25, 4.0])", "K"),
    "int": ("0", "1", "2", "3", "N"),
    "scal": ("tf.constant(1.5)", "tf.constant(-0.5)", "W.read_value()"),
    "list": ("[]", "[1, 2]", "[4, 0, 3]", "GL"),
    "tint": ("tf.constant(3)", "tf.constant(0)", "tf.constant(-2)"),
    "vecs": ("[K]", "[K, K + 1.0]", "[tf.zeros([3])] * 3"),
    "opt": ("None", "6"),
    "dict": ("{}", "{'a': 1}", "GD"),
    "box": ("Box(3)", "GB"),
    "float": ("0.5", "-1.5"),
}

CHANGES: tuple[str, ...] = (
    *grammar.CHANGES, "V.assign([0.5, 0.25, -1.0])", "W.assign(-1.0)", "K = tf.constant([1.0, 0.0, 2.0])", "GM.calls = 7", "GM.w.assign([1.0, 1.0, 1.0])",
    "GM = Model()", "GM.last = None", "GT.clear()", "K = K * 0.5", "V = tf.Variable([2.0, 2.0, 2.0])",
)


def _joined(*tables: Table) -> dict[str, Sequence[str]]:
    kinds = dict.fromkeys(kind for table in tables for kind in table)
    return {kind: tuple(text for table in tables for text in table.get(kind, ())) for kind in kinds}


OWN = Dialect(
    names=NAMES,
    leaves=LEAVES,
    expressions=_joined(TENSORS, grammar.EXPRESSIONS, NUMBERS_OF_TENSORS),
    statements=(*STATEMENTS, *STATEMENTS, *OWN_EFFECTS, *grammar.STATEMENTS),
    assigned=("vec", "vec", "vec", "scal", "scal", "int", "tint", "vecs", "list", "opt", "dict"),
    conditions=("$tbool", "$bool", "$tbool", "$int"),
    depth=2,
    arguments=ARGUMENTS,
    changes=CHANGES,
    definitions=(*TENSOR_DEFINITIONS, *TENSOR_DEFINITIONS, *grammar.DEFINITIONS),
)
"""For functions that are staged with no decorator: everything may happen."""

_OUTSIDE = ("note(", "check(", "LOG", "GL", "GD", "GB", "GM", "GT", "print(", "counted(", "Box.scale", "N", "assert", "K = ", "self.items", "@box(",
            "setattr", "map(", "reduce(", "max(@int, *")  # fmt: skip


def _functional(table: Sequence[str]) -> tuple[str, ...]:
    return tuple(text for text in table if not any(word in text for word in _OUTSIDE))


FOREIGN = dataclasses.replace(
    OWN,
    leaves={kind: _functional(texts) or texts for kind, texts in LEAVES.items()},
    expressions={kind: _functional(texts) for kind, texts in _joined(TENSORS, grammar.EXPRESSIONS).items()},
    statements=(*STATEMENTS, *STATEMENTS, *EFFECTS, *_functional(grammar.STATEMENTS)),
    assigned=("vec", "vec", "vec", "scal", "scal", "tint", "vecs", "int"),
    conditions=("$tbool", "$tbool", "$bool"),
    arguments={kind: _functional(texts) for kind, texts in ARGUMENTS.items() if kind in ("vec", "int", "scal", "tint")},
    changes=("V.assign([0.5, 0.25, -1.0])", "W.assign(-1.0)"),
    definitions=(*TENSOR_DEFINITIONS, *TENSOR_DEFINITIONS, *_functional(grammar.DEFINITIONS)),
    effects=False,
)
"""For graphs that somebody else traces: what a function does outside of itself but to variables happens while tracing,
so it does nothing of the kind; nothing may raise a TypeError, which is taken for ours in a branch that only the trace
takes; and `tf.function` itself forbids to change a list that is passed in."""
