"""An update happens in place where nobody can see it, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from autograph_hook.backends.lantern.ir import Program
from autograph_hook.backends.lantern.llvm.ownership import Ownership, ownership
from autograph_hook.backends.lantern.text import read

from .native import agree

SUBSEQUENCE = """(program (def lcs ((a (list i64)) (b (list i64))) (i64 KIND) (begin
  (let (zero i64) 0) (let (one i64) 1) (let (last i64) -1)
  (let (n i64) (len a)) (let (m i64) (len b))
  FIRST
  (let ((i i64) (t KIND)) (loop ((i0 i64 zero) (t0 KIND first))
    (begin (let (more bool) (< i0 n)) (tuple more))
    (begin
      (let (x i64) (idx a i0)) (let (i1 i64) (+ i0 one))
      (let ((j i64) (diagonal i64) (t1 KIND)) (loop ((j0 i64 zero) (d0 i64 zero) (u KIND t0))
        (begin (let (more2 bool) (< j0 m)) (tuple more2))
        (begin
          (let (y i64) (idx b j0)) (let (j1 i64) (+ j0 one))
          (let (up i64) (idx u j1)) (let (left i64) (idx u j0))
          (let (same bool) (== x y))
          (let (w KIND) (if same
            (begin (let (c i64) (+ d0 one)) (let (v KIND) (update u c j1)) (tuple v))
            (begin (let (rises bool) (< up left)) (let (v2 KIND) (if rises
              (begin (let (v3 KIND) (update u left j1)) (tuple v3))
              (begin (tuple u)))) (tuple v2))))
          (tuple j1 up w))))
      (tuple i1 t1))))
  (let (best i64) (idx t last))
  (tuple best t))))"""

LIST = SUBSEQUENCE.replace("FIRST", "(let (m1 i64) (+ m one)) (let (first (list i64)) (fill m1 zero))").replace("KIND", "(list i64)")
TENSOR = SUBSEQUENCE.replace("FIRST", "(let (first (tensor i64 6)) (broadcast zero :shape (6)))").replace("KIND", "(tensor i64 6)")


def owned(program: Program) -> Ownership:
    return ownership(program.defs[0])


@pytest.mark.parametrize("text", [LIST, TENSOR])
def test_a_table_that_is_filled_in_nested_loops_is_never_copied(text: str) -> None:
    program = read(text)
    found = owned(program)
    assert len(found.in_place) == 2 and found.copied == set()
    assert found.carried == {"t0": True, "u": True}
    best, _ = agree(program, "lcs", [1, 2, 3, 4, 5, 6], [2, 4, 1, 6, 5])
    assert best == 3


LOOP = """(program (record Box (t (tensor f64 4)))
  (def f ((t (tensor f64 4)) (n i64)) (RESULTS) (begin
    (let (zero i64) 0) (let (one i64) 1) (let (c f64) 2.0)
    (let (s (tensor f64 4)) (* t c))
    BEFORE
    (let ((i i64) (r (tensor f64 4)) MORE) (loop ((j i64 zero) (u (tensor f64 4) s) CARRIED)
      (begin (let (more bool) (< j n)) (tuple more))
      (begin (let (k i64) (+ j one)) BODY)))
    (tuple OUT))))"""


def loop(body: str, out: str = "r", results: str = "(tensor f64 4)", before: str = "", more: str = "", carried: str = "") -> Program:
    parts = {"BODY": body, "OUT": out, "RESULTS": results, "BEFORE": before, "MORE": more, "CARRIED": carried}
    text = LOOP
    for name, part in parts.items():
        text = text.replace(name, part)
    return read(text)


V, TWO = "(let (v (tensor f64 4)) (add_at u c j))", "(tensor f64 4) (tensor f64 4)"


@pytest.mark.parametrize(
    ("program", "in_place", "copied"),
    [
        pytest.param(loop(f"{V} (tuple k v)"), 1, 0, id="moved into the loop"),
        pytest.param(loop(f"{V} (tuple k v)", "r s", TWO), 1, 1, id="the start is read after the loop"),
        pytest.param(loop(f"(let (e f64) (idx s j)) {V.replace(' c ', ' e ')} (tuple k v)"), 1, 1, id="the start is read in the loop"),
        pytest.param(loop(f"{V} (let (e f64) (idx u j)) (let (w (tensor f64 4)) (add_at v e j)) (tuple k w)"), 1, 0, id="read after the update"),
        pytest.param(loop(f"{V} (tuple k v u)", "r q", TWO, more="(q (tensor f64 4))", carried="(p (tensor f64 4) s)"), 0, 0, id="the last but one is kept"),
        pytest.param(loop("(let (v (tensor f64 4)) (add_at p c j)) (tuple k v u)", "r q", TWO, more="(q (tensor f64 4))", carried="(p (tensor f64 4) t)"), 0, 0, id="exchanged"),
        pytest.param(
            loop(f"{V} (let (b (ptr Box)) (make Box v)) (tuple k v b)", "r x", TWO.replace(") (", ") (ptr Box) ", 1).split(" (ptr")[0] + " (ptr Box)", before="(let (b0 (ptr Box)) (make Box t))", more="(x (ptr Box))", carried="(y (ptr Box) b0)"),
            0, 0, id="kept in a record",
        ),
        pytest.param(
            loop("(let (o (tensor f64 2)) (slice u :size (2) :start (0) :step (1))) (let (v (tensor f64 4)) (add_at u c j)) (let (e f64) (sum o)) (let (w (tensor f64 4)) (* v e)) (tuple k w)"),
            0, 0, id="a view of it is read later",
        ),
    ],
)  # fmt: skip
def test_what_somebody_else_may_see_is_not_changed(program: Program, in_place: int, copied: int) -> None:
    found = owned(program)
    assert (len(found.in_place), len(found.copied)) == (in_place, copied)
    for n in range(5):
        agree(program, "f", np.arange(4.0), n)
