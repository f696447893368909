"""A binary TreeLSTM classifier with a loss at every node, written in the intermediate representation; random trees."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograph_hook.backends.lantern.build import Builder, Names
from autograph_hook.backends.lantern.interpret import Instance
from autograph_hook.backends.lantern.ir import F32, I64, Def, Program, Ptr, Record, Tensor, Var

GATES = ("i", "fl", "fr", "o", "u")


def parameters(hidden: int, embedding: int, classes: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    for gate in ("i", "o", "u"):
        shapes |= {f"W{gate}": (hidden, embedding), f"b{gate}": (hidden,)}
    for gate in GATES:
        shapes |= {f"U{gate}l": (hidden, hidden), f"U{gate}r": (hidden, hidden)}
    for gate in ("i", "f", "o", "u"):
        shapes[f"c{gate}"] = (hidden,)
    return shapes | {"Why": (classes, hidden), "by": (classes,)}


def program(hidden: int, embedding: int, classes: int, words: int) -> Program:
    """`tree(t) -> loss, h, c`, and `loss(t) -> loss`."""
    shapes = parameters(hidden, embedding, classes)
    params = {name: Var(name, Tensor("f32", shape)) for name, shape in shapes.items()}
    table = Var("E", Tensor("f32", (words, embedding)))
    fields = (Var("score", I64), Var("word", I64), Var("left", Ptr("Tree")), Var("right", Ptr("Tree")))
    score, word, left, right = fields
    t, state = Var("t", Ptr("Tree")), Tensor("f32", (hidden,))
    results = (F32, state, state)
    b = Builder(Names([*params, "E", "t"]), 10)

    def finish(b: Builder, label: Var, o: Var, c: Var) -> tuple[Var, Var]:
        h = b.op("*", o, b.op("tanh", c))
        logits = b.op("+", b.op("matmul", params["Why"], h), params["by"])
        return b.op("cross_entropy", logits, label), h

    label = b.field(t, score)
    first = b.field(t, left)
    leaf = b.op("isnull", first)
    then = b.inner()
    x = then.op("idx", table, then.field(t, word))
    z = {g: then.op("+", then.op("matmul", params[f"W{g}"], x), params[f"b{g}"]) for g in ("i", "o", "u")}
    c = then.op("*", then.op("sigmoid", z["i"]), then.op("tanh", z["u"]))
    loss, h = finish(then, label, then.op("sigmoid", z["o"]), c)
    orelse = b.inner()
    l_loss, lh, lc = orelse.call("tree", results, first)
    r_loss, rh, rc = orelse.call("tree", results, orelse.field(t, right))
    n = {}
    for g in GATES:
        both = orelse.op("+", orelse.op("matmul", params[f"U{g}l"], lh), orelse.op("matmul", params[f"U{g}r"], rh))
        n[g] = orelse.op("+", both, params[f"c{g[0]}"])
    s = {g: orelse.op("sigmoid", n[g]) for g in GATES[:4]}
    kept = orelse.op("+", orelse.op("*", s["fl"], lc), orelse.op("*", s["fr"], rc))
    nc = orelse.op("+", orelse.op("*", s["i"], orelse.op("tanh", n["u"])), kept)
    own, nh = finish(orelse, label, s["o"], nc)
    total = orelse.op("+", orelse.op("+", l_loss, r_loss), own)
    out = b.branch(leaf, then.block(loss, h, c), orelse.block(total, nh, nc))
    tree = Def("tree", (t,), results, b.block(*out), "model.py")
    m = Builder(Names([*params, "E", "t"]), 30)
    main = Def("loss", (t,), (F32,), m.block(m.call("tree", results, t)[0]), "model.py")
    return Program(tuple(params.values()), (table,), (Record("Tree", fields),), (tree, main))


def values(hidden: int, embedding: int, classes: int, words: int, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    found = {n: (rng.normal(size=s) * 0.05).astype(np.float32) for n, s in parameters(hidden, embedding, classes).items()}
    return found | {"E": (rng.normal(size=(words, embedding)) * 0.3).astype(np.float32)}


def random_trees(count: int, words: int, seed: int = 0, mean: float = 19.3, deviation: float = 9.3) -> list[Instance]:
    """Of the sizes of the Stanford Sentiment Treebank."""
    rng = np.random.default_rng(seed)

    def tree(size: int) -> Instance:
        score = int(rng.integers(5))
        if size == 1:
            return Instance("Tree", score=score, word=int(rng.integers(words)), left=None, right=None)
        first = int(rng.integers(1, size))
        return Instance("Tree", score=score, word=-1, left=tree(first), right=tree(size - first))

    return [tree(int(np.clip(round(rng.normal(mean, deviation)), 2, 49))) for _ in range(count)]
