"""The steps of optimizers: native loops over the elements of weights, their gradients and what is kept of others."""

from __future__ import annotations

import ctypes
import functools
from typing import Any

from llvmlite import binding

from autograph_hook.backends.lantern.llvm.host import host
from autograph_hook.backends.lantern.llvm.objects import Loaded, object_code

ROW = 5
"""Words of a row of the table: weight, gradient, first and second state, number of elements."""

_RULES = {
    # The names w, g, a, b are the loaded elements; r, m, e, d, c1, c2 the numbers of the step.
    "momentum": """
  %t0 = fmul {f} %m, %a
  %a1 = fadd {f} %t0, %g
  store {f} %a1, ptr %pa
  %t1 = fmul {f} %r, %a1
  %w1 = fsub {f} %w, %t1
""",
    "adagrad": """
  %t0 = fmul {f} %g, %g
  %a1 = fadd {f} %a, %t0
  store {f} %a1, ptr %pa
  %s = call {f} @llvm.sqrt.{n}({f} %a1)
  %t1 = fadd {f} %s, %e
  %t2 = fmul {f} %r, %g
  %t3 = fdiv {f} %t2, %t1
  %w1 = fsub {f} %w, %t3
""",
    "adam": """
  %h0 = fsub {f} 1.0, %m
  %t0 = fmul {f} %m, %a
  %t1 = fmul {f} %h0, %g
  %a1 = fadd {f} %t0, %t1
  store {f} %a1, ptr %pa
  %h1 = fsub {f} 1.0, %d
  %t2 = fmul {f} %d, %b
  %t3 = fmul {f} %g, %g
  %t4 = fmul {f} %h1, %t3
  %b1 = fadd {f} %t2, %t4
  store {f} %b1, ptr %pb
  %u0 = fdiv {f} %a1, %c1
  %u1 = fdiv {f} %b1, %c2
  %s = call {f} @llvm.sqrt.{n}({f} %u1)
  %u2 = fadd {f} %s, %e
  %u3 = fmul {f} %r, %u0
  %u4 = fdiv {f} %u3, %u2
  %w1 = fsub {f} %w, %u4
""",
}
_NUMBERS = ("r", "m", "e", "d", "c1", "c2")

_TEMPLATE = """
declare {f} @llvm.sqrt.{n}({f})
define void @step_{rule}_{n}(ptr %table, i64 %rows, ptr %numbers) {{
entry:
{numbers}
  %some = icmp sgt i64 %rows, 0
  br i1 %some, label %row, label %end
row:
  %i = phi i64 [0, %entry], [%i1, %next]
  %at = mul i64 %i, {row}
{columns}
  %pn = getelementptr i64, ptr %q3, i64 1
  %count = load i64, ptr %pn
  %any = icmp sgt i64 %count, 0
  br i1 %any, label %element, label %next
element:
  %k = phi i64 [0, %row], [%k1, %element]
{places}
  %w = load {f}, ptr %pw, !alias.scope !2, !noalias !3
  %g = load {f}, ptr %pg
  %a = load {f}, ptr %pa
  %b = load {f}, ptr %pb
{body}
  store {f} %w1, ptr %pw
  %k1 = add i64 %k, 1
  %more = icmp slt i64 %k1, %count
  br i1 %more, label %element, label %next, !llvm.loop !0
next:
  %i1 = add i64 %i, 1
  %again = icmp slt i64 %i1, %rows
  br i1 %again, label %row, label %end
end:
  ret void
}}
!0 = distinct !{{!0, !1}}
!1 = !{{!"llvm.loop.vectorize.enable", i1 true}}
"""


def text(rule: str, name: str) -> str:
    """The LLVM code of a rule, for f32 or f64."""
    kind = {"f32": "float", "f64": "double"}[name]
    numbers = []
    for k, number in enumerate(_NUMBERS):
        numbers.append(f"  %p{number} = getelementptr double, ptr %numbers, i64 {k}")
        if name == "f64":
            numbers.append(f"  %{number} = load double, ptr %p{number}")
        else:
            numbers.append(f"  %{number}.d = load double, ptr %p{number}")
            numbers.append(f"  %{number} = fptrunc double %{number}.d to float")
    columns, places = ["  %q0 = getelementptr i64, ptr %table, i64 %at"], []
    for k, column in enumerate("wgab"):
        if k:
            columns.append(f"  %q{k} = getelementptr i64, ptr %q0, i64 {k}")
        columns.append(f"  %base{column} = load ptr, ptr %q{k}")
        places.append(f"  %p{column} = getelementptr {kind}, ptr %base{column}, i64 %k")
    whole = _TEMPLATE.format(
        f=kind, n=name, rule=rule, row=ROW, numbers="\n".join(numbers), columns="\n".join(columns),
        places="\n".join(places), body=_RULES[rule].format(f=kind, n=name),
    )  # fmt: skip
    return whole.replace(", !alias.scope !2, !noalias !3", "")


@functools.cache
def step(rule: str, name: str) -> Any:
    """`step(table, rows, numbers)`, by the names of a rule and a dtype."""
    machine = host()
    source = f'target triple = "{binding.get_process_triple()}"\n' + text(rule, name)
    symbol = f"step_{rule}_{name}"
    loaded = Loaded(object_code(source, machine), machine, [symbol])
    function = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p)(loaded.addresses[symbol])
    function.__dict__["loaded"] = loaded
    return function
