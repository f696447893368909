"""What each pass does, beyond the example in its documentation, and what it must not do."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from autograph_hook.backends.lantern.adjoint import value_and_grad
from autograph_hook.backends.lantern.interpret import Interpreter
from autograph_hook.backends.lantern.ir import Map, Op, Program, blocks, lets
from autograph_hook.backends.lantern.passes import drop_dead, fold, fuse, join, merge_common, optimize, simplify, stack
from autograph_hook.backends.lantern.passes.fuse import unfuse
from autograph_hook.backends.lantern.text import read, write
from autograph_hook.backends.lantern.verify import check

from . import programs


def one(body: str, results: str = "((tensor f64 4))", more: str = "") -> Program:
    params = "((x (tensor f64 4)) (y (tensor f64 4)) (v (tensor f64 3)) (k f64) (n i64) (c bool) (p (ptr T)))"
    head = f"(param W (tensor f64 4 3)) (param V (tensor f64 4 3)) (record T (a f64)) {more}"
    return check(read(f"(program {head} (def f {params} {results} (begin {body})))"))


def operations(program: Program) -> Counter[str]:
    exprs = [let.expr for d in program.defs for let in lets(d.body)]
    return Counter(e.name if isinstance(e, Op) else type(e).__name__ for e in exprs)


DEAD = [
    ("(let (i f64) (idx v n))", 1),
    ("(let (q i64) (// n n))", 1),
    ("(let (a f64) (field p a))", 1),
    ('(let () (check c :error "ValueError" :message "no"))', 1),
    ("(let () (accumulate W W))", 1),
    ("(let (l f64) (cross_entropy v n))", 1),
    ("(let (m f64) (max v))", 0),
    ("(let (q i64) (+ n n))", 0),
    ("(let (w (tensor f64 4)) (matmul W v))", 0),
]


@pytest.mark.parametrize(("let", "kept"), DEAD)
def test_dead_code_stays_where_it_may_fail_or_acts(let: str, kept: int) -> None:
    assert len(drop_dead(one(f"{let} (tuple x)")).defs[0].body.lets) == kept


def test_a_dead_variable_of_a_loop_goes() -> None:
    loop = """(let (z i64) 0)
      (let ((j i64) (s f64) (t f64)) (loop ((i i64 z) (a f64 k) (b f64 k))
        (begin (let (more bool) (< i n)) (tuple more))
        (begin (let (one i64) 1) (let (i1 i64) (+ i one)) (let (a1 f64) (exp a)) (let (b1 f64) (* b a)) (tuple i1 a1 b1))))
      (tuple s)"""
    dead = check(drop_dead(one(loop, "(f64)")))
    assert [len(let.vars) for let in dead.defs[0].body.lets] == [1, 2]
    assert operations(dead)["*"] == 0
    assert len(check(drop_dead(one(loop.replace("(tuple s)", "(tuple t)"), "(f64)"))).defs[0].body.lets[1].vars) == 3


def test_a_dead_call_goes_if_it_can_neither_fail_nor_go_on_for_ever() -> None:
    calls = """(def g ((u f64)) (f64) (begin (let (e f64) (exp u)) (tuple e)))
      (def h ((u f64)) (f64) (begin (let (e f64) (call h u)) (tuple e)))"""
    dead = drop_dead(one("(let (a f64) (call g k)) (let (b f64) (call h k)) (tuple x)", more=calls))
    assert [let.vars[0].name for let in dead.function("f").body.lets] == ["b"]


def test_folding_leaves_alone_what_raises() -> None:
    program = one("(let (z i64) 0) (let (q i64) (// z z)) (tuple q)", "(i64)")
    assert operations(fold(program))["//"] == 1


def test_folding_keeps_the_sign_of_zero() -> None:
    kept = fold(one("(let (z f64) 0.0) (let (a (tensor f64 4)) (+ x z)) (tuple a)"))
    assert operations(kept)["+"] == 1
    gone = fold(one("(let (z f64) 0.0) (let (a (tensor f64 4)) (- x z)) (tuple a)"))
    assert operations(gone)["-"] == 0
    assert operations(fold(one("(let (z f64) -0.0) (let (a (tensor f64 4)) (- x z)) (tuple a)")))["-"] == 1


def test_folding_is_in_the_dtype_of_the_literals() -> None:
    text = "(program (def f () (f32) (begin (let (a f32) 0.1) (let (b f32) (* a a)) (tuple b))))"
    (literal,) = [let.expr for let in fold(read(text)).defs[0].body.lets if let.vars[0].name == "b"]
    assert getattr(literal, "value", None) == float(np.float32(0.1) * np.float32(0.1))


def test_what_one_branch_computed_is_not_known_in_the_other_or_after() -> None:
    body = """(let (r f64) (if c (begin (let (a f64) (exp k)) (tuple a)) (begin (let (b f64) (exp k)) (tuple b))))
      (let (e f64) (exp k)) (let (s f64) (+ r e)) (tuple s)"""
    assert operations(check(merge_common(one(body, "(f64)"))))["exp"] == 3


def test_calls_of_functions_that_act_are_not_merged() -> None:
    acts = "(def g ((u f64)) (f64) (begin (let () (accumulate W W)) (tuple u)))"
    body = "(let (a f64) (call g k)) (let (b f64) (call g k)) (let (s f64) (+ a b)) (tuple s)"
    assert operations(merge_common(one(body, "(f64)", acts)))["Call"] == 2
    assert operations(merge_common(one(body, "(f64)", acts.replace("(let () (accumulate W W)) ", ""))))["Call"] == 1


def test_fusion_ends_where_a_result_is_read_by_something_else() -> None:
    body = """(let (a (tensor f64 4)) (+ x y)) (let (b (tensor f64 4)) (exp a)) (let (s f64) (sum b))
      (let (d (tensor f64 4)) (* b s)) (let (e (tensor f64 4)) (tanh d)) (tuple e)"""
    fused = check(fuse(one(body)))
    assert operations(fused)["Map"] == 2
    maps = [let.expr for let in lets(fused.defs[0].body) if isinstance(let.expr, Map)]
    assert [len(m.body.lets) for m in maps] == [2, 2]


def test_integers_and_broadcast_tensors_are_not_fused() -> None:
    text = """(program (def f ((x (tensor i64 4)) (m (tensor f64 2 4)) (y (tensor f64 4))) ((tensor i64 4) (tensor f64 2 4))
      (begin (let (a (tensor i64 4)) (+ x x)) (let (b (tensor i64 4)) (* a a))
        (let (c (tensor f64 2 4)) (+ m y)) (let (d (tensor f64 2 4)) (+ c y)) (tuple b d))))"""
    assert operations(fuse(check(read(text))))["Map"] == 0


def test_unfusing_gives_the_operations_back() -> None:
    body = "(let (a (tensor f64 4)) (+ x k)) (let (b (tensor f64 4)) (exp a)) (tuple b)"
    again = check(unfuse(fuse(one(body))))
    assert operations(again)["Map"] == 0
    args = [np.ones(4), np.ones(4), np.ones(3), 2.0, 1, True, None]
    values = {"W": np.ones((4, 3)), "V": np.ones((4, 3))}
    for version in (one(body), fuse(one(body)), again):
        np.testing.assert_allclose(Interpreter(version, values).run("f", *args)[0], np.exp(np.full(4, 3.0)))


def test_products_that_wait_are_put_before_what_reads_them() -> None:
    body = """(let (a (tensor f64 4)) (matmul W v)) (let (b (tensor f64 4)) (tanh a))
      (let (d (tensor f64 4)) (matmul V v)) (let (e (tensor f64 4)) (+ b d)) (tuple e)"""
    assert operations(check(stack(one(body))))["products"] == 0
    later = """(let (a (tensor f64 4)) (matmul W v)) (let (d (tensor f64 4)) (matmul V v))
      (let (b (tensor f64 4)) (tanh a)) (let (e (tensor f64 4)) (+ b d)) (tuple e)"""
    assert operations(check(stack(one(later))))["products"] == 1


def test_a_product_that_is_read_twice_is_in_no_sum() -> None:
    body = """(let (a (tensor f64 4)) (matmul W v)) (let (u (tensor f64 3)) (exp v)) (let (b (tensor f64 4)) (matmul V u))
      (let (s (tensor f64 4)) (+ a b)) (let (t (tensor f64 4)) (* s a)) (tuple t)"""
    assert operations(check(stack(one(body))))["product_sum"] == 0
    assert operations(check(stack(one(body.replace("(* s a)", "(* s x)")))))["product_sum"] == 1


def test_parts_with_a_gap_are_not_joined() -> None:
    place = "(let ({0} (tensor f64 4)) (place {1} :shape (4) :size (1) :start ({2}) :step (1)))"
    part = "(let (q (tensor f64 1)) (slice x :size (1) :start (0) :step (1)))"
    body = part + place.format("a", "q", 0) + place.format("b", "q", 2) + "(let (s (tensor f64 4)) (+ a b)) (tuple s)"
    assert operations(join(one(body)))["concatenate"] == 0


def test_the_adjoint_of_the_tree_network_is_a_few_kernels() -> None:
    whole = value_and_grad(simplify(read(programs.TREE_LSTM)), "loss")
    best = check(optimize(whole, ["loss.grad"]))
    assert read(write(best)) == best
    (taken,) = [b for let in best.function("cell.rev").body.lets for b in blocks(let.expr) if b.lets]
    exprs = [let.expr for let in taken.lets]
    reverse = Counter(e.name if isinstance(e, Op) else type(e).__name__ for e in exprs)
    assert reverse["Map"] == 1
    assert reverse["concatenate"] == 1
    assert reverse["accumulate_outer"] == 3
    assert {"place", "+", "*", "outer", "add_at"}.isdisjoint(reverse)
    random = np.random.default_rng(0)
    values = {v.name: random.normal(size=getattr(v.type, "shape", ())) for v in whole.params}
    runs = [Interpreter(version, values) for version in (whole, best)]
    losses = [float(run.run("loss.grad", programs.SENTENCE)[0]) for run in runs]
    assert losses[0] == pytest.approx(losses[1])
    for name in values:
        np.testing.assert_allclose(runs[0].gradients[name], runs[1].gradients[name], atol=1e-12)


def test_stacked_products_give_what_the_products_gave() -> None:
    body = """(let (a (tensor f64 4)) (matmul W v)) (let (d (tensor f64 4)) (matmul V v))
      (let (b (tensor f64 4)) (tanh a)) (let (e (tensor f64 4)) (* b d)) (let (s f64) (sum e)) (tuple s)"""
    program = one(body, "(f64)")
    stacked = check(stack(program))
    random = np.random.default_rng(1)
    args = [np.ones(4), np.ones(4), random.normal(size=3), 2.0, 1, True, None]
    found = []
    for version in (program, stacked):
        interpreter = Interpreter(value_and_grad(version, "f", [2]), {n: np.eye(4, 3) + 0.1 for n in ("W", "V")})
        found.append([*interpreter.run("f.grad", *args), interpreter.gradients["W"], interpreter.gradients["V"]])
    for first, second in zip(*found, strict=True):
        np.testing.assert_allclose(first, second, atol=1e-14)


@pytest.mark.parametrize("text", programs.ALL)
def test_the_passes_keep_programs_well_formed_and_come_to_an_end(text: str) -> None:
    program = read(text)
    best = check(optimize(simplify(program), [program.defs[-1].name]))
    assert operations(optimize(best, [best.defs[-1].name])) == operations(best)
