"""`print` in what is staged without a decorator prints what eager printing prints: once, in order, to standard output."""

from __future__ import annotations

import contextlib
import io
import threading
from typing import Any

import pytest
import tensorflow as tf

from tests.staging.programs import Program, Raised, outcome, same

X = tf.constant([1.0, -2.0, 3.0])


def printed(program: Program, module: Any, x: Any = X) -> tuple[Any, str]:
    """The result of a call, and what it has printed."""
    with contextlib.redirect_stdout(io.StringIO()) as out:
        result = outcome(lambda m: m.f(x), module)
    return result, out.getvalue()


def same_prints(program: Program, x: Any = X) -> str:
    expected, text = printed(program, program.plain, x)
    found, shown = printed(program, program.hooked, x)
    same(found, expected)
    assert shown == text
    return text


STAGED: dict[str, str] = {
    "a text": "def f(x): print('hello', 1, None, 2.5, True); return pad(x)",
    "nothing": "def f(x): print(); return pad(x)",
    "an argument": "def f(x): print(x); return pad(x)",
    "a result": "def f(x):\n  y = pad(x)\n  print('y', y, y[0])\n  return y",
    "separators and ends": "def f(x): print(1, x, sep='|', end='.', flush=True); print('next'); return pad(x)",
    "containers": "def f(x):\n  y = pad(x)\n  print([x, (y, 1)], {'a': y, 'b': [2]}, {3}, frozenset(), [])\n  return y",
    "a container that is changed later": "def f(x):\n  xs = [x]\n  print(xs)\n  xs.append(pad(x))\n  print(xs)\n"
    "  return xs",
    "a container from outside": "xs = [1, tf.constant(2.0), 'a']\ndef f(x): print(xs); return pad(x)",
    "a named tuple": "import collections\nP = collections.namedtuple('P', 'a b')\n"
    "def f(x): print(P(x, 1)); return pad(x)",
    "a tensor from outside": "t = tf.constant([1, 2])\ndef f(x): print(t); return pad(x)",
    "dtypes and shapes": "def f(x): print(x.dtype, x.shape, tf.int32, x.shape[0]); return pad(x)",
    "every dtype": "def f(x):\n  y = pad(x)\n  for d in (tf.int8, tf.int64, tf.float16, tf.bfloat16, tf.complex64, tf.bool):"
    "\n    print(tf.cast(y, d), tf.cast(y[0], d))\n  print(tf.as_string(y))\n  return y",
    "an f-string": "def f(x):\n  y = pad(x)\n  print(f'{y} {y[0]:.3f} {y[1]!r:>60} {y[2]!s} {1 + 1:03d} {{}}')\n  return y",
    "an f-string with names": "def f(x):\n  y = pad(x)\n  print(f'{y=} {y[0]=:.2f} {len(y)=}')\n  return y",
    "an f-string of containers": "def f(x):\n  y = pad(x)\n  print(f'{[y, 1]} {(x, y)}')\n  return y",
    "a width of Python's": "def f(x):\n  y, w = pad(x), 12\n  print(f'{y[0]:{w}.{w // 4}f}|')\n  return y",
    "percent": "def f(x):\n  y = pad(x)\n  print('%.2f and %s' % (y[0], y), '%s' % x, '%d%%' % 3, '%5.1f' % y[1])\n  return y",
    "format": "def f(x):\n  y = pad(x)\n  print('{:.2f} {} {z!r}'.format(y[0], y, z=x), format(y[0], '8.3e'))\n  return y",
    "str and repr": "def f(x):\n  y = pad(x)\n  print(str(y), repr(y), 'a' + str(y[0]) + 'b' + f'{y}')\n  return y",
    "numbers": "def f(x):\n  y = pad(x)\n  print(float(y[0]), round(float(y[1]), 2), f'{float(y[2]):.4f}', "
    "bool(y[0] > 0), int(tf.size(y)))\n  return y",
    "products": "def f(x):\n  y = pad(x)\n  print(100 * float(y[0]), float(y[0]) * float(y[1]), 2.5 * y[2].numpy())\n"
    "  return y",
    "arrays": "def f(x):\n  y = pad(x)\n  print(y.numpy(), y[0].numpy(), f'{y[0].numpy():.2f}', y[0].numpy().item())\n"
    "  return y",
    "a variable": "v = tf.Variable([1.0, 2.0], name='state')\ndef f(x):\n  print(v, [v], f'{v}', v.numpy())\n"
    "  v.assign_add(x[:2])\n  print(v)\n  return pad(x)",
    "in a branch": "def f(x):\n  y = pad(x)\n  if y[0] > 0: print('positive', y)\n  else: print('negative')\n  return y",
    "in a branch that is not taken": "def f(x):\n  y = pad(x)\n  print('a')\n  if y[1] > 0: print('b')\n  print('c')\n"
    "  return y",
    "in a loop": "def f(x):\n  y = pad(x)\n  print('before')\n  for i in tf.range(20):\n    print('a', i)\n"
    "    print(f'b {y[0]:.1f}')\n    y = y + 1\n  print('after', y)\n  return y",
    "in the condition of a loop": "def below(y):\n  print('test', y[0])\n  return y[0] < 4\n"
    "def f(x):\n  y = pad(x)\n  while below(y):\n    print('body', y[0])\n    y = y + 1\n  print('end')\n  return y",
    "the slow before the quick": "def f(x):\n  y, m = pad(x), tf.ones([400, 400])\n  for i in tf.range(30):\n"
    "    if i % 10 == 0: print(i, tf.reduce_sum(m @ m @ m @ m))\n    else: print(i)\n  return y",
    "in nested constructs": "def f(x):\n  y = pad(x)\n  for i in tf.range(3):\n    print('outer', i)\n"
    "    if i > 0:\n      print('if', i)\n      for j in tf.range(i):\n        print('inner', i, j)\n"
    "    print('end', i)\n  if y[0] > 0: print('last')\n  print('done')\n  return y",
    "between changes of variables": "v = tf.Variable(0.0)\ndef f(x):\n  y = pad(x)\n  for i in tf.range(4):\n"
    "    if y[0] > 0:\n      v.assign_add(1.0)\n      print('in', i, v)\n    print('out', i, v)\n"
    "    v.assign_add(10.0)\n  print(v)\n  return y",
    "in a callee": "def g(y, n):\n  print('g', n, y)\n  return y * n\ndef f(x):\n  y = g(pad(x), 2)\n  print('f')\n"
    "  return g(y, 3)",
    "in a lambda": "show = lambda y: print('shown', y)\ndef f(x):\n  y = pad(x)\n  show(y)\n  return y",
    "by another name": "say = print\nimport builtins, functools\nerr = functools.partial(print, end='!')\n"
    "def f(x):\n  say(x)\n  builtins.print(1)\n  err('x', x)\n  return pad(x)",
    "with star arguments": "def f(x):\n  y = pad(x)\n  print(*[x, y], *y, **{'sep': ';'})\n  return y",
    "in a comprehension": "def f(x):\n  y = pad(x)\n  [print(i, y[i]) for i in range(3)]\n  return y",
    "under a tape": "w = tf.Variable(2.0)\ndef f(x):\n  with tf.GradientTape() as t:\n    y = pad(x) * w\n"
    "    for i in tf.range(2):\n      print('loss', y[0])\n      y = y * 3\n  g = t.gradient(y, w)\n  print('gradient', g)\n"
    "  return g",
    "of an enumeration": "import enum\nclass E(enum.Enum): A = 1\ndef f(x): print(E.A); return pad(x)",
    "conditional": "def f(x):\n  y = pad(x)\n  print('a') if y[0] > 0 else print('b')\n  y[1] > 0 and print('c')\n  return y",
    "a text that is long": "def f(x):\n  y = pad(x)\n  print('-' * 40, '\\n', 'é☃')\n  return y",
}  # fmt: skip


@pytest.mark.parametrize("name", STAGED)
def test_what_is_printed_is_what_the_eager_run_prints(name: str) -> None:
    program = Program(STAGED[name])
    texts = [same_prints(program) for _ in range(4)]
    assert any(texts)
    if name == "conditional":
        return  # None, a Python value, would depend on a tensor
    program.assert_staged("f", calls=3, specializations=1)


PLAIN: dict[str, tuple[str, str]] = {
    "to a file": ("import sys\ndef f(x): print(x, file=sys.stdout); return pad(x)", "uses"),
    "an object": ("class C:\n  def __repr__(self): return 'C'\nc = C()\ndef f(x): print(c); return pad(x)", "C"),
    "a ragged tensor": ("def f(x): print(tf.ragged.stack([pad(x), x])); return pad(x)", "prints"),
    "a truth": ("def f(x): print(not pad(x)[0] > 0); return pad(x)", "Python bool"),
    "a text kept": ("def f(x):\n  s = f'{x}'\n  print(s)\n  return pad(x)", "text"),
    "a text used": ("def show(s): return len(s)\ndef f(x):\n  y = pad(x)\n  print(show(f'{y[0]:.1f}'))\n  return y", ""),
    "a number used": ("def f(x):\n  y = pad(x)\n  print(float(y[0]) > 1)\n  return y", ""),
    "an integer of a float": ("def f(x):\n  y = pad(x)\n  print(int(y[0]))\n  return y", "cannot always be made"),
    "an integer's format of a float": ("def f(x):\n  y = pad(x)\n  print(f'{y[0]:d}')\n  return y", "cannot always"),
    "a width that is a tensor": ("def f(x):\n  y = pad(x)\n  print(f'{y[0]:{tf.size(y)}.1f}')\n  return y", "width"),
    "mixed with tf.print": ("import sys\ndef f(x):\n  print('a')\n  tf.print('b')\n  return pad(x)", "operations of the"),
    "a member with a text of its own": ("import enum\nclass E(enum.Enum):\n  A = 1\n  def __str__(self): return 'a!'\n"
                                        "def f(x): print(E.A); return pad(x)", "prints"),
    "to a function of that name": ("seen = []\ndef print(s):\n  seen.append(s)\ndef f(x):\n  print(f'{x}')\n"
                                   "  return pad(x), list(seen)", ""),
    "an array": ("a = np.arange(3)\ndef f(x): print(a); return pad(x)", "NumPy array"),
    "logging": ("import logging\ndef f(x): logging.getLogger('quiet').debug('x %s', x); return pad(x)", "logging"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLAIN)
def test_what_cannot_be_printed_exactly_runs_plain(name: str) -> None:
    source, reason = PLAIN[name]
    program = Program(source)
    for _ in range(4):
        same_prints(program)
    program.assert_plain("f", reason)


def test_a_staged_call_that_fails_prints_nothing_twice() -> None:
    program = Program("""
        def f(x):
            print("start", x)
            y = pad(x)
            for i in tf.range(3):
                print("loop", i, y[i])
            assert tf.reduce_all(y < 5), "too large"
            print("end")
            return y
    """)
    for x in (X, X, X, X * 10, X):
        same_prints(program, x)
    program.assert_staged("f", calls=3)
    assert program.staging("f").failures == 1


def test_a_failure_in_a_loop_leaves_the_prints_before_it() -> None:
    program = Program("""
        def f(x):
            y = pad(x)
            for i in tf.range(3):
                print("before", i)
                assert y[i] < 3, "large"
                print("after", i)
            return y
    """)
    for x in (X * 0, X * 0, X * 0, X, X * 0):
        text = same_prints(program, x)
    assert text.count("after") == 3
    program.assert_staged("f", calls=3)


def test_kinds_of_calls_print_each_their_own() -> None:
    program = Program("def f(x, n=1):\n  print('n', n, x)\n  if x[0] > 0: print('p', n)\n  return pad(x) * n")
    for n in (1, 2, 1, 2, 3, 1):
        with contextlib.redirect_stdout(io.StringIO()) as plain:
            program.plain.f(X, n)
        with contextlib.redirect_stdout(io.StringIO()) as hooked:
            program.hooked.f(X, n)
        assert hooked.getvalue() == plain.getvalue()
    program.assert_staged("f", specializations=3)


def test_standard_output_is_the_one_at_the_time_of_the_call(capsys: pytest.CaptureFixture[str]) -> None:
    program = Program("def f(x):\n  print('to', x)\n  return pad(x)")
    for _ in range(3):
        program.hooked.f(X)
    assert capsys.readouterr().out.count("to") == 3
    same_prints(program)
    program.hooked.f(X)
    assert capsys.readouterr().out.count("to") == 1


def test_what_standard_output_raises_is_raised() -> None:
    class Broken(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError("gone")

    program = Program("def f(x):\n  print(x)\n  return pad(x)")
    for _ in range(3):
        same_prints(program)
    with contextlib.redirect_stdout(Broken()):
        found = outcome(lambda m: m.f(X), program.hooked)
    assert isinstance(found, Raised) and isinstance(found.error, BrokenPipeError)
    same_prints(program)
    program.assert_staged("f", calls=4)


def test_threads_print_whole_calls() -> None:
    program = Program("""
        def f(x):
            print("start", x[0])
            for i in tf.range(5):
                print(f"{x[0]:.0f}: {i}")
            print("end", x[0])
            return pad(x)
    """)
    for _ in range(3):
        same_prints(program)

    texts: dict[int, str] = {}
    numbers: dict[int, int] = {}

    class ByThread(io.StringIO):
        def write(self, text: str) -> int:
            n = numbers[threading.get_ident()]
            texts[n] = texts.get(n, "") + text
            return len(text)

    together = threading.Barrier(4)

    def work(n: int) -> None:
        together.wait()
        numbers[threading.get_ident()] = n
        for _ in range(5):
            program.hooked.f(X * n)

    with contextlib.redirect_stdout(ByThread()):
        threads = [threading.Thread(target=work, args=(n,)) for n in range(1, 5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(texts) == [1, 2, 3, 4]
    for n, text in texts.items():
        _, expected = printed(program, program.plain, X * n)
        assert text == expected * 5
    program.assert_staged("f", calls=22)


def test_in_a_graph_of_the_user_print_is_what_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    program = Program("def f(x):\n  print('traced', f'{x.shape} {1:02d}', '%s' % 1, str(2), x.dtype)\n  return pad(x)")
    staged = tf.function(program.hooked.f, autograph=False)
    for _ in range(3):
        staged(X)
    assert capfd.readouterr().out == "traced (3,) 01 1 2 <dtype: 'float32'>\n"
