"""Branches, loops, calls, lists and records give natively what the interpreter gives."""

from __future__ import annotations

import sys
import threading
from typing import Any

import numpy as np
import pytest

from autograph_hook.backends.lantern.interpret import Instance
from autograph_hook.backends.lantern.llvm.call import Compiled, Place
from autograph_hook.backends.lantern.llvm.memory import CONTEXTS, stack_limit
from autograph_hook.backends.lantern.text import read

from . import treelstm
from .native import agree, same

SMALL = (8, 6, 5, 20)

FACTORIAL = """(program (def factorial "m.py" ((n i64)) (i64) (begin
  (let (one i64) 1)
  (let (small bool) (<= n one))
  (let (r i64) (if small (begin (tuple one)) (begin
    (let (m i64) (- n one) @4)
    (let (f i64) (call factorial m) @5)
    (let (p i64) (* n f) @6)
    (tuple p))))
  (tuple r))))"""

EVEN = """(program
  (def even ((n i64)) (bool) (begin
    (let (z i64) 0) (let (end bool) (== n z))
    (let (r bool) (if end (begin (let (yes bool) true) (tuple yes)) (begin
      (let (one i64) 1) (let (m i64) (- n one)) (let (s bool) (call odd m)) (tuple s))))
    (tuple r)))
  (def odd ((n i64)) (bool) (begin
    (let (z i64) 0) (let (end bool) (== n z))
    (let (r bool) (if end (begin (let (no bool) false) (tuple no)) (begin
      (let (one i64) 1) (let (m i64) (- n one)) (let (s bool) (call even m)) (tuple s))))
    (tuple r))))"""

ENDLESS = """(program (def f "m.py" ((n i64)) (i64) (begin
  (let (c i64) 1) (let (d i64) (// n c)) (let (m i64) (call f d) @3) (tuple m))))"""

NEWTON = """(program (def root ((a (tensor f64 5)) (steps i64)) ((tensor f64 5) i64) (begin
  (let (zero i64) 0)
  (let (half f64) 0.5)
  (let ((i i64) (x (tensor f64 5)) (same (tensor f64 5))) (loop ((k i64 zero) (y (tensor f64 5) a) (b (tensor f64 5) a))
    (begin (let (more bool) (< k steps)) (tuple more))
    (begin
      (let (one i64) 1) (let (n i64) (+ k one))
      (let (q (tensor f64 5)) (/ b y)) (let (s (tensor f64 5)) (+ y q)) (let (h (tensor f64 5)) (* s half))
      (tuple n h b))))
  (tuple x i))))"""

SWAP = """(program (def swap ((a (tensor f32 3)) (b (tensor f32 3)) (steps i64)) ((tensor f32 3) (tensor f32 3)) (begin
  (let (zero i64) 0)
  (let ((i i64) (x (tensor f32 3)) (y (tensor f32 3))) (loop ((k i64 zero) (p (tensor f32 3) a) (q (tensor f32 3) b))
    (begin (let (more bool) (< k steps)) (tuple more))
    (begin (let (one i64) 1) (let (n i64) (+ k one)) (let (s (tensor f32 3)) (+ p q)) (tuple n q p))))
  (tuple x y))))"""

SQUARES = """(program (def squares ((n i64)) ((list i64) (list (tensor f32 2)) (list (list i64))) (begin
  (let (zero i64) 0)
  (let (empty (list i64)) (list :of i64))
  (let (none (list (tensor f32 2))) (list :of (tensor f32 2)))
  (let (nothing (list (list i64))) (list :of (list i64)))
  (let ((i i64) (l (list i64)) (v (list (tensor f32 2))) (ll (list (list i64))))
    (loop ((k i64 zero) (a (list i64) empty) (b (list (tensor f32 2)) none) (c (list (list i64)) nothing))
    (begin (let (more bool) (< k n)) (tuple more))
    (begin
      (let (one i64) 1) (let (m i64) (+ k one)) (let (s i64) (* k k))
      (let (f f32) (cast s :dtype f32)) (let (t (tensor f32 2)) (broadcast f :shape (2)))
      (let (a2 (list i64)) (append a s)) (let (b2 (list (tensor f32 2))) (append b t))
      (let (c2 (list (list i64))) (append c a))
      (tuple m a2 b2 c2))))
  (tuple l v ll))))"""

FORK = """(program (def fork ((l (list i64))) ((list i64) (list i64) (list i64) (list i64)) (begin
  (let (a i64) 1) (let (b i64) 2) (let (i i64) -1)
  (let (base (list i64)) (append l a))
  (let (x (list i64)) (append base a))
  (let (y (list i64)) (append base b))
  (let (z (list i64)) (update y a i))
  (let (part (list i64)) (sublist x a i))
  (let (w (list i64)) (append part b))
  (tuple x y z w))))"""

TREE = """(program (record Tree (v i32) (w f64) (ok bool) (left (ptr Tree)) (right (ptr Tree)) (l (list i64)))
  (def total ((t (ptr Tree))) (f64) (begin
    (let (none bool) (isnull t))
    (let (r f64) (if none (begin (let (z f64) 0.0) (tuple z)) (begin
      (let (a (ptr Tree)) (field t left)) (let (b (ptr Tree)) (field t right)) (let (w f64) (field t w))
      (let (x f64) (call total a)) (let (y f64) (call total b)) (let (s f64) (+ x y)) (let (q f64) (+ s w))
      (tuple q))))
    (tuple r)))
  (def mirror ((t (ptr Tree))) ((ptr Tree)) (begin
    (let (none bool) (isnull t))
    (let (r (ptr Tree)) (if none (begin (tuple t)) (begin
      (let (a (ptr Tree)) (field t left)) (let (b (ptr Tree)) (field t right)) (let (w f64) (field t w))
      (let (v i32) (field t v)) (let (ok bool) (field t ok)) (let (l (list i64)) (field t l))
      (let (x (ptr Tree)) (call mirror a)) (let (y (ptr Tree)) (call mirror b))
      (let (m (ptr Tree)) (make Tree v w ok y x l))
      (tuple m))))
    (tuple r)))
  (def bad ((t (ptr Tree))) (i32) (begin (let (n (ptr Tree)) null) (let (v i32) (field n v) @9) (tuple v))))"""


def node(v: int, left: Any = None, right: Any = None) -> Instance:
    return Instance("Tree", v=v, w=np.float64(v / 3), ok=v % 2 == 0, left=left, right=right, l=list(range(v)))


def test_recursion() -> None:
    assert agree(read(FACTORIAL), "factorial", 20) == (2432902008176640000,)


def test_mutual_recursion() -> None:
    program = read(EVEN)
    assert [agree(program, "even", n) for n in (0, 1, 10, 77)] == [(True,), (False,), (True,), (False,)]


def test_a_number_that_does_not_fit_is_an_overflow_error() -> None:
    error = agree(read(FACTORIAL), "factorial", 30)
    assert isinstance(error, OverflowError) and error.__dict__["place"] == Place("factorial", "m.py", 6)


def test_recursion_that_is_too_deep_is_a_recursion_error() -> None:
    error = agree(read(FACTORIAL), "factorial", 10**9)
    assert isinstance(error, RecursionError)
    assert str(error) == "maximum recursion depth exceeded"


def test_recursion_without_end_is_no_loop_without_end() -> None:
    with pytest.raises(RecursionError):
        Compiled(read(ENDLESS), {}).run("f", 5)


def test_recursion_goes_deeper_than_in_python() -> None:
    assert Compiled(read(EVEN), {}).run("even", 20 * sys.getrecursionlimit()) == (True,)


def test_a_small_stack_ends_earlier_and_as_well() -> None:
    compiled, seen = Compiled(read(EVEN), {}), []

    def run() -> None:
        try:
            compiled.run("even", 10**9)
        except RecursionError as error:
            seen.append(error)

    old = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    finally:
        threading.stack_size(old)
    assert len(seen) == 1


def test_loops_carry_numbers_and_tensors() -> None:
    agree(read(NEWTON), "root", np.arange(1.0, 6.0), 0)
    x, steps = agree(read(NEWTON), "root", np.arange(1.0, 6.0), 20)
    assert np.allclose(x, np.sqrt(np.arange(1.0, 6.0))) and steps == 20


@pytest.mark.parametrize("steps", range(4))
def test_a_loop_may_exchange_what_it_carries(steps: int) -> None:
    agree(read(SWAP), "swap", np.float32([1, 2, 3]), np.float32([4, 5, 6]), steps)


def test_a_long_loop_takes_no_more_memory_than_a_short_one() -> None:
    compiled = Compiled(read(NEWTON), {})
    compiled.run("root", np.ones(5), 10)
    context = CONTEXTS.take()
    CONTEXTS.put(context)
    before = context.reserved
    compiled.run("root", np.ones(5), 1_000_000)
    assert context.reserved == before


def test_lists_grow() -> None:
    agree(read(SQUARES), "squares", 0)
    agree(read(SQUARES), "squares", 50)


def test_a_list_keeps_its_own_elements_when_two_grow_from_it() -> None:
    for given in ([], [5], [5, 6, 7, 8, 9]):
        agree(read(FORK), "fork", given)


def test_records_and_null() -> None:
    program = read(TREE)
    tree = node(4, node(2, node(1)), node(3))
    agree(program, "total", None)
    agree(program, "total", tree)
    agree(program, "mirror", tree)
    shared = node(7)
    agree(program, "mirror", node(0, shared, shared))


def test_a_field_of_null_is_an_attribute_error() -> None:
    error = agree(read(TREE), "bad", None)
    assert isinstance(error, AttributeError) and str(error) == "'NoneType' object has no attribute 'v'"
    assert error.__dict__["place"].line == 9


def test_a_tree_of_any_depth_goes_in_and_out() -> None:
    tree = None
    for k in range(3000):
        tree = node(k % 3, tree)
    (back,) = Compiled(read(TREE), {}).run("mirror", tree)
    depth = 0
    while back is not None:
        back, depth = back.fields["right"], depth + 1
    assert depth == 3000


IN_PLACE = """(program
  (def table ((n i64)) ((list i64) (list i64)) (begin
    (let (zero i64) 0) (let (one i64) 1)
    (let (a (list i64)) (fill n zero))
    (let (b (list i64)) (update a one zero))
    (let (c (list i64)) (update b one one))
    (let (d (list i64)) (add_at c one one))
    (let (e (list i64)) (update c n zero))
    (tuple d e)))
  (def rows ((t (tensor f64 3 4))) ((tensor f64 3 4) (tensor f64 4)) (begin
    (let (i i64) 1) (let (j i64) 2)
    (let (u (tensor f64 3 4)) (+ t t))
    (let (r (tensor f64 4)) (idx u i))
    (let (v (tensor f64 3 4)) (update u r j))
    (let (w (tensor f64 3 4)) (+ v t))
    (let (q (tensor f64 3 4)) (add_at w r i))
    (let (p (tensor f64 4)) (idx q i))
    (tuple q p))))"""


def test_an_update_in_place_is_seen_by_nobody_else() -> None:
    program = read(IN_PLACE)
    for n in (2, 5):
        agree(program, "table", n)
    agree(program, "rows", np.arange(12.0).reshape(3, 4))
    agree(program, "table", 1)  # an index out of range


CHECKS = """(program (def f "m.py" ((x i64) (l (list f32)) (m (tensor f32 2 3))) (f32) (begin
  (let (three i64) 3) (let (small bool) (< x three))
  (let () (check small :error "ValueError" :message "x is too large") @3)
  (let (v f32) (idx l x) @4)
  (let (row (tensor f32 3)) (idx m x) @5)
  (let (best f32) (max row))
  (let (y f32) (+ v best))
  (tuple y))))"""


@pytest.mark.parametrize(
    ("x", "kind", "text", "line"),
    [
        (3, ValueError, "x is too large", 3),
        (-4, IndexError, "list index out of range", 4),
        (2, IndexError, "index 2 is out of bounds for axis 0 with size 2", 5),
        (-3, IndexError, "index -3 is out of bounds for axis 0 with size 2", 5),
    ],
)
def test_what_fails_says_what_and_where(x: int, kind: type[Exception], text: str, line: int) -> None:
    error = agree(read(CHECKS), "f", x, [1.0, 2.0, 3.0], np.ones((2, 3), np.float32))
    assert type(error) is kind and str(error) == text and error.__dict__["place"] == Place("f", "m.py", line)


def test_a_failure_leaves_the_program_usable() -> None:
    compiled = Compiled(read(CHECKS), {})
    for _ in range(3):
        with pytest.raises(ValueError, match="too large"):
            compiled.run("f", 9, [], np.ones((2, 3)))
        assert compiled.run("f", 1, [1.0, 2.0], np.ones((2, 3))) == (np.float32(3),)


def test_ten_thousand_calls_leave_the_arena_as_it_was() -> None:
    compiled = Compiled(treelstm.program(*SMALL), treelstm.values(*SMALL))
    entry = compiled.entry("loss")
    trees = [entry.hold(0, tree) for tree in treelstm.random_trees(10, 20)]
    for tree in trees:
        entry(tree)
    context = CONTEXTS.take()
    CONTEXTS.put(context)
    before = context.reserved
    for k in range(10_000):
        entry(trees[k % 10])
    assert context.reserved == before > 0
    assert CONTEXTS.idle == [context]


def test_threads_run_one_program_at_once() -> None:
    compiled = Compiled(treelstm.program(*SMALL), treelstm.values(*SMALL))
    trees = treelstm.random_trees(20, 20)
    expected = [compiled.run("loss", tree) for tree in trees]
    results: dict[int, list[Any]] = {}

    def work(number: int) -> None:
        results[number] = [compiled.run("loss", tree) for _ in range(10) for tree in trees]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(same(found, expected * 10) for found in results.values()) and len(results) == 4


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the end of the stack is looked up on Linux only")
def test_the_end_of_the_stack_is_known() -> None:
    assert stack_limit() > 0


def test_a_program_without_values_for_its_parameters_does_not_run() -> None:
    compiled = Compiled(treelstm.program(*SMALL))
    with pytest.raises(KeyError, match="Wi"):
        compiled.run("loss", None)
    compiled.bind(treelstm.values(*SMALL))
    assert compiled.run("loss", treelstm.random_trees(1, 20)[0])[0] > 0


def test_arguments_that_do_not_fit_are_refused() -> None:
    compiled = Compiled(read(NEWTON), {})
    with pytest.raises(ValueError, match="made for"):
        compiled.run("root", np.ones(4), 1)
    with pytest.raises(TypeError, match="takes 2 arguments, not 1"):
        compiled.run("root", np.ones(5))
    with pytest.raises(OverflowError):
        compiled.run("root", np.ones(5), 2**63)
