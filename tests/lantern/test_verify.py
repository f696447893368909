"""The verifier says what is wrong, and where."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from autograph_hook.backends.lantern.ir import F32, F64, I64, Block, Def, Let, Lit, Op, Program, Var
from autograph_hook.backends.lantern.text import read
from autograph_hook.backends.lantern.verify import Malformed, check

from . import programs

HEAD = """(param W (tensor f64 4 3)) (const K (tensor f64 9))
(record T (a f64) (next (ptr T)))
(def g ((u f64)) (f64 i64) (begin (let (one i64) 1) (tuple u one)))
"""


def refusal(body: str, results: str = "(f64)", path: str = '"model.py" ') -> str:
    params = "((x f64) (v (tensor f64 3)) (w (tensor f64 4)) (n i64) (c bool) (p (ptr T)) (l (list f64)))"
    with pytest.raises(Malformed) as caught:
        check(read(f"(program {HEAD} (def f {path}{params} {results} (begin {body})))"))
    return str(caught.value)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        ("(y f64) (frobnicate x)", "there is no operation `frobnicate`"),
        ("(y f64) (+ x)", "`+` takes 2 operands, not 1"),
        ("(y f64) (+ x n)", "the operands of `+` differ in dtype: `x` is f64, `n` is i64"),
        ("(y f64) (+ v w)", "`+`: shapes (3,) and (4,) do not broadcast"),
        ("(y f64) (exp n)", "`exp` takes scalars or tensors of f32 or f64; `n` is i64"),
        ("(y f64) (and x c)", "`and` takes scalars or tensors of bool; `x` is f64"),
        ("(y f64) (sum v :axis 1)", "`sum`: axis 1 is not one of 0 to 0"),
        ("(y f64) (sum x)", "`sum` takes a tensor with dimensions; `x` is f64"),
        ("(y f64) (sum v :axes 0)", "`sum` has no attribute `:axes`"),
        ("(y f64) (matmul W w)", "`matmul`: `W` is (tensor f64 4 3), `w` is (tensor f64 4): the inner dimensions 3 and 4 differ"),
        ("(y f64) (matmul v W :ta true)", "a vector is not transposed"),
        ("(y f64) (dot v w)", "`dot` of vectors of 3 and 4 elements"),
        ("(y f64) (reshape v :shape (2 2))", "`reshape` of (tensor f64 3) to (2, 2): the sizes differ"),
        ("(y f64) (reshape v)", "`reshape` needs the attribute `:shape`, a tuple of integers, not None"),
        ("(y f64) (slice v :start (2) :size (2) :step (1))", "2 elements from 2 in steps of 1 are not inside of 3"),
        ("(y f64) (idx v x)", "the index `x` is f64, not i32 or i64"),
        ("(y f64) (idx v n n)", "`idx` of (tensor f64 3) takes 1 to 1 indices, not 2"),
        ("(y f64) (append l n)", "`append`: `l` is (list f64), `n` is i64"),
        ("(y f64) (cross_entropy v x)", "`cross_entropy` takes scalars or tensors of i32 or i64; `x` is f64"),
        ("(y f64) (concatenate v W :axis 0)", "`concatenate` takes a tensor of 1 dimensions; `W` is (tensor f64 4 3)"),
        ("(y f64) (cast x :dtype (list f32))", "`cast` needs the attribute `:dtype`, a scalar type, not (list f32)"),
        ("(y f32) (exp x)", "the results of the expression are (f64), the names (f32)"),
        ("(y f64) 1", "the literal 1 is no f64"),
        ("(y bool) 1", "the literal 1 is no bool"),
        ("(y i32) 2147483648", "the literal 2147483648 is no i32"),
        ("(y (ptr T)) 0", "the literal 0 is no (ptr T)"),
        ("(x f64) (exp x)", "the name `x` is bound twice"),
        ("(W f64) (exp x)", "the name `W` is bound twice"),
        ("(y f64) (field p b)", "the record T has no field b"),
        ("(y f64) (field x a)", "`field` of `x`, which is f64"),
        ("(y (ptr T)) (make T x)", "the operands are (f64), the fields of T (f64 (ptr T))"),
        ("(y (ptr S)) (make S x)", "there is no record S"),
        ("(y f64) (call h x)", "there is no def h"),
        ("((y f64) (z i64)) (call g n)", "the operands are (i64), g's parameters (f64)"),
        ("(y f64) (call g x)", "the results of the expression are (f64 i64), the names (f64)"),
        ("(y f64) (if n (begin (tuple x)) (begin (tuple x)))", "the condition's types are (i64), wanted is (bool)"),
        ("(y f64) (if c (begin (tuple x)) (begin (tuple n)))", "the results of the second branch are (i64), those of the first (f64)"),
        ("(y f64) (loop ((a f64 x)) (begin (tuple a)) (begin (tuple a)))", "the results of the test are (f64), wanted is (bool)"),
        ("(y f64) (loop ((a f64 x)) (begin (tuple c)) (begin (tuple n)))", "the results of the body are (i64), the names (f64)"),
        ("(y f64) (loop ((a f64 n)) (begin (tuple c)) (begin (tuple a)))", "what the loop begins with are (i64), the names (f64)"),
        ("(y (tensor f64 3)) (map ((a f64 x)) (begin (tuple a)))", "a `map` is over tensors of one shape, not of 0"),
        ("(y (tensor f64 3)) (map ((a f32 v)) (begin (tuple a)))", "`a` is f32, an element of `v` is not"),
        ("(y (tensor f64 3)) (map ((a f64 v) (m i64 n)) (begin (let (k i64) (+ m m)) (tuple a)))", "element-wise operations that cannot fail"),
    ],
)  # fmt: skip
def test_an_expression_that_does_not_fit_is_refused_with_its_place(expression: str, reason: str) -> None:
    message = refusal(f"(let {expression} @7) (tuple x)")
    assert message.startswith("model.py:7, in f, where ")
    assert reason in message


def test_effects_are_placed_too() -> None:
    assert refusal("(let () (accumulate K x) @5) (tuple x)").startswith("model.py:5, in f, at a `accumulate`: ")
    assert "`accumulate` is for parameters of the program; `K` is none" in refusal(
        "(let () (accumulate K x)) (tuple x)"
    )
    assert "`check`: Oops is not one of" in refusal('(let () (check c :error "Oops" :message "")) (tuple x)')
    assert "there is no dtype" not in refusal("(let () (check x)) (tuple x)")


def test_results_must_be_those_of_the_def() -> None:
    message = refusal("(tuple n)")
    assert message == "model.py, in f: the results of the body are (i64), the def's results (f64)"


def test_without_a_path_the_line_stands_alone() -> None:
    message = refusal("(let (y f64) (+ x n) @4) (tuple x)", path="")
    assert message.startswith("line 4, in f, where y is bound: ")


def test_a_name_is_not_seen_outside_of_its_block() -> None:
    y, z, c, x = Var("y", F64), Var("z", F64), Var("c", F64), Var("x", F64)
    inner = Let((z,), Op("neg", (y,)))
    program = Program((), (), (), (Def("f", (x,), (F64,), Block((inner,), (z,))),))
    with pytest.raises(Malformed, match="in f, where z is bound: `y` is not bound here"):
        check(program)
    wrong = Block((Let((c,), Lit(1.0, F64)), Let((z,), Op("neg", (Var("c", F32),)))), (z,))
    with pytest.raises(Malformed, match="`c` is used as f32 but bound as f64"):
        check(replace(program, defs=(Def("f", (x,), (F64,), wrong),)))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(program (param w i64))", "the parameter w is i64: a scalar or tensor of f32 or f64 is wanted"),
        ("(program (param w f64) (const w f64))", "the parameter or constant w is there twice"),
        ("(program (record T) (record T))", "the record T is there twice"),
        ("(program (record T (a f64) (a i64)))", "in the record T the field a is there twice"),
        ("(program (record T (a (ptr S))))", "the field a of the record T: there is no record S"),
        ("(program (const t (tensor f64 -1)))", "a tensor has dimensions of 0 or more, not (-1,)"),
    ],
)
def test_a_program_with_wrong_declarations_is_refused(text: str, message: str) -> None:
    with pytest.raises(Malformed, match=re.escape(message)):
        check(read(text))


def test_two_defs_of_one_name_are_refused() -> None:
    program = read(programs.FIB)
    with pytest.raises(Malformed, match="the def fib is there twice"):
        check(replace(program, defs=program.defs * 2))


def test_an_integer_index_may_be_of_either_size() -> None:
    text = "(program (def f ((v (tensor f64 3)) (i i32)) (f64) (begin (let (y f64) (idx v i)) (tuple y))))"
    assert check(read(text)).function("f").results == (F64,)
    assert read(text).function("f").params[1].type != I64
