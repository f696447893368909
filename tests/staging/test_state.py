"""Nothing is ever stale: what a staged function read from outside is looked at again in each call."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from .programs import Program

X = tf.constant([1.0, -2.0, 3.0])


def set_item(module: Any, name: str, key: Any, value: Any) -> None:
    getattr(module, name)[key] = value


CHANGES: dict[str, tuple[str, Any]] = {
    "a rebound global": ("""
        factor = 2.0
        def f(x): return pad(x) * factor
        """, lambda m: setattr(m, "factor", 3.0)),
    "a global that becomes an int": ("""
        factor = 2.0
        def f(x): return [pad(x), factor]
        """, lambda m: setattr(m, "factor", 2)),
    "a global that becomes a bool": ("""
        factor = 1
        def f(x): return [pad(x), factor]
        """, lambda m: setattr(m, "factor", True)),
    "a global that becomes negative zero": ("""
        factor = 0.0
        def f(x): return [pad(x), factor]
        """, lambda m: setattr(m, "factor", -0.0)),
    "a global that becomes NaN": ("""
        factor = 1.0
        def f(x): return pad(x) * factor
        """, lambda m: setattr(m, "factor", float("nan"))),
    "an appended list": ("""
        factors = [2.0]
        def f(x):
            x = pad(x)
            for factor in factors: x = x * factor
            return x
        """, lambda m: m.factors.append(5.0)),
    "the truth of a list": ("""
        factors = []
        def f(x): return pad(x) * 2 if factors else pad(x)
        """, lambda m: m.factors.append(5.0)),
    "a list that is added to": ("""
        factors = [2.0]
        def f(x): return pad(x) * tf.constant((factors + [1.0])[:2])[0] + len(factors * 2)
        """, lambda m: m.factors.append(5.0)),
    "a list that is compared": ("""
        factors = [2.0]
        def f(x): return pad(x) * (3.0 if factors == [2.0] else 1.0)
        """, lambda m: m.factors.append(5.0)),
    "an element in a list": ("""
        kinds = ["a"]
        def f(x): return pad(x) * (3.0 if "b" in kinds else 1.0)
        """, lambda m: m.kinds.append("b")),
    "a dict item": ("""
        options = {"factor": 2.0}
        def f(x): return pad(x) * options["factor"]
        """, lambda m: m.options.update(factor=4.0)),
    "a dict item by get": ("""
        options = {}
        def f(x): return pad(x) * options.get("factor", 2.0)
        """, lambda m: m.options.update(factor=4.0)),
    "a dict key that becomes True": ("""
        options = {1: 2.0}
        def f(x): return [pad(x), list(options)]
        """, lambda m: (m.options.clear(), m.options.update({True: 2.0}))),
    "a deleted dict item": ("""
        options = {"factor": 2.0}
        def f(x): return pad(x) * (options["factor"] if "factor" in options else 7.0)
        """, lambda m: m.options.clear()),
    "a nested item": ("""
        options = {"a": [{"b": (1.0, [2.0])}]}
        def f(x): return pad(x) * options["a"][0]["b"][1][0]
        """, lambda m: set_item(m, "options", "a", [{"b": (1.0, [5.0])}])),
    "an item nested in a tuple": ("""
        options = (1.0, [2.0])
        def f(x): return pad(x) * options[1][0]
        """, lambda m: m.options[1].__setitem__(0, 9.0)),
    "a set": ("""
        kinds = {"a"}
        def f(x): return pad(x) * (3.0 if "b" in kinds else 1.0)
        """, lambda m: m.kinds.add("b")),
    "a closure cell": ("""
        def make():
            factor = 2.0
            def f(x): return pad(x) * factor
            def change():
                nonlocal factor
                factor = 5.0
            return f, change
        f, change = make()
        """, lambda m: m.change()),
    "an attribute": ("""
        class C: pass
        c = C(); c.factor = 2.0
        def f(x): return pad(x) * c.factor
        """, lambda m: setattr(m.c, "factor", 3.0)),
    "a deep attribute": ("""
        class C: pass
        c = C(); c.a = C(); c.a.b = C(); c.a.b.factor = 2.0
        def f(x): return pad(x) * c.a.b.factor
        """, lambda m: setattr(m.c.a.b, "factor", 3.0)),
    "an object in the middle": ("""
        class C:
            def __init__(self, factor): self.factor = factor
        c = C(1.0); c.a = C(2.0)
        def f(x): return pad(x) * c.a.factor
        """, lambda m: setattr(m.c, "a", m.C(6.0))),
    "a class attribute": ("""
        class C: factor = 2.0
        c = C()
        def f(x): return pad(x) * c.factor
        """, lambda m: setattr(m.C, "factor", 3.0)),
    "an instance attribute over a class attribute": ("""
        class C: factor = 2.0
        c = C()
        def f(x): return pad(x) * c.factor
        """, lambda m: setattr(m.c, "factor", 3.0)),
    "an instance attribute over a method": ("""
        class C:
            def scale(self, x): return pad(x) * 2
        c = C()
        def f(x): return c.scale(x)
        """, lambda m: setattr(m.c, "scale", lambda x: x * 7)),
    "a deleted attribute": ("""
        class C: factor = 2.0
        c = C(); c.factor = 3.0
        def f(x): return pad(x) * c.factor
        """, lambda m: delattr(m.c, "factor")),
    "an attribute that hasattr looks for": ("""
        class C: pass
        c = C()
        def f(x): return pad(x) * (c.factor if hasattr(c, "factor") else 2.0)
        """, lambda m: setattr(m.c, "factor", 3.0)),
    "an attribute with a default": ("""
        class C: pass
        c = C()
        def f(x): return pad(x) * getattr(c, "a factor", 2.0)
        """, lambda m: setattr(m.c, "a factor", 3.0)),
    "an attribute with a name that is no identifier": ("""
        class C: pass
        c = C(); setattr(c, "a factor", 2.0)
        def f(x): return pad(x) * getattr(c, "a factor")
        """, lambda m: setattr(m.c, "a factor", 3.0)),
    "a private attribute": ("""
        class C:
            def __init__(self): self.__factor = 2.0
            def f(self, x): return pad(x) * self.__factor
        c = C(); f = c.f
        """, lambda m: setattr(m.c, "_C__factor", 3.0)),
    "an attribute in a slot": ("""
        class C: __slots__ = ("factor",)
        c = C(); c.factor = 2.0
        def f(x): return pad(x) * c.factor
        """, lambda m: setattr(m.c, "factor", 3.0)),
    "a property": ("""
        class C:
            def __init__(self): self.n = 1.0
            @property
            def factor(self): return self.n * 2
        c = C()
        def f(x): return pad(x) * c.factor
        """, lambda m: setattr(m.c, "n", 3.0)),
    "a replaced property": ("""
        class C:
            factor = property(lambda self: 2.0)
        c = C()
        def f(x): return pad(x) * c.factor
        """, lambda m: setattr(m.C, "factor", property(lambda self: 5.0))),
    "a patched method": ("""
        class C:
            def scale(self, x): return pad(x) * 2
        c = C()
        def f(x): return c.scale(x)
        def other(self, x): return x * 9
        """, lambda m: setattr(m.C, "scale", m.other)),
    "a patched __call__": ("""
        class C:
            def __call__(self, x): return pad(x) * 2
        c = C()
        def f(x): return c(x)
        def other(self, x): return x * 9
        """, lambda m: setattr(m.C, "__call__", m.other)),
    "a patched operator": ("""
        class C:
            def __rmul__(self, x): return pad(x) * 2
        c = C()
        def f(x): return 3.0 * c * pad(x)
        def other(self, x): return 9.0
        """, lambda m: setattr(m.C, "__rmul__", m.other)),
    "a global in one branch of an expression": ("""
        a, b = 2.0, 3.0
        def f(x): return pad(x) * (tf.constant(a) if len(x.shape) == 1 else b)
        """, lambda m: setattr(m, "a", 5.0)),
    "a global in the body of a loop": ("""
        a = 2.0
        def f(x):
            for _ in range(2):
                x = pad(x) * a
            return x
        """, lambda m: setattr(m, "a", 5.0)),
    "a global in a comprehension": ("""
        a = 2.0
        def f(x): return tf.add_n([pad(x) * a for _ in range(2)])
        """, lambda m: setattr(m, "a", 5.0)),
    "an operator that the class gets later": ("""
        class C: pass
        c = C()
        def f(x): return pad(x) * (2.0 if c else 5.0)
        """, lambda m: setattr(m.C, "__bool__", lambda self: False)),
    "another class of the object": ("""
        class C:
            def scale(self, x): return pad(x) * 2
        class D:
            def scale(self, x): return pad(x) * 3
        c = C()
        def f(x): return c.scale(x)
        """, lambda m: setattr(m.c, "__class__", m.D)),
    "a class attribute of an object made inside": ("""
        class C:
            factor = 2.0
            def __init__(self, x): self.x = x
            def get(self): return pad(self.x) * self.factor
        def f(x): return C(x).get()
        """, lambda m: setattr(m.C, "factor", 3.0)),
    "a patched __init__": ("""
        class C:
            def __init__(self, x): self.x = x * 2
        def f(x): return pad(C(x).x)
        def other(self, x): self.x = x * 5
        """, lambda m: setattr(m.C, "__init__", m.other)),
    "a base class's attribute": ("""
        class A: factor = 2.0
        class B(A): pass
        class C(B): pass
        c = C()
        def f(x): return pad(x) * c.factor
        """, lambda m: setattr(m.B, "factor", 3.0)),
    "a method by super": ("""
        class A:
            def scale(self, x): return pad(x) * 2
        class B(A):
            def scale(self, x): return super().scale(x) + 1
        c = B(); f = lambda x: c.scale(x)
        def other(self, x): return x * 9
        """, lambda m: setattr(m.A, "scale", m.other)),
    "a replaced function": ("""
        def inner(x): return pad(x) * 2
        def f(x): return inner(x)
        def other(x): return x * 9
        """, lambda m: setattr(m, "inner", m.other)),
    "a function with other code": ("""
        def inner(x): return pad(x) * 2
        def f(x): return inner(x)
        def other(x): return x * 9
        """, lambda m: setattr(m.inner, "__code__", m.other.__code__)),
    "a default argument": ("""
        def inner(x, factor=2.0): return pad(x) * factor
        def f(x): return inner(x)
        """, lambda m: setattr(m.inner, "__defaults__", (4.0,))),
    "a keyword-only default": ("""
        def inner(x, *, factor=2.0): return pad(x) * factor
        def f(x): return inner(x)
        """, lambda m: m.inner.__kwdefaults__.update(factor=4.0)),
    "a mutable default argument": ("""
        def inner(x, factors=[2.0]): return pad(x) * factors[-1]
        def f(x): return inner(x)
        """, lambda m: m.inner.__defaults__[0].append(4.0)),
    "a default of the staged function itself": ("""
        def f(x, factor=2.0): return pad(x) * factor
        """, lambda m: setattr(m.f, "__defaults__", (4.0,))),
    "a function attribute": ("""
        def inner(x): return pad(x) * inner.factor
        inner.factor = 2.0
        def f(x): return inner(x)
        """, lambda m: setattr(m.inner, "factor", 4.0)),
    "a partial's keywords": ("""
        import functools
        def inner(x, factor): return pad(x) * factor
        part = functools.partial(inner, factor=2.0)
        def f(x): return part(x)
        """, lambda m: m.part.keywords.update(factor=4.0)),
    "a module's attribute": ("""
        import types
        config = types.ModuleType("config"); config.factor = 2.0
        def f(x): return pad(x) * config.factor
        """, lambda m: setattr(m.config, "factor", 3.0)),
    "a builtin hidden by a global": ("""
        def f(x): return pad(x) * len([1, 2])
        """, lambda m: setattr(m, "len", lambda xs: 7)),
    "a replaced variable": ("""
        v = tf.Variable(2.0)
        def f(x): return pad(x) * v
        """, lambda m: setattr(m, "v", tf.Variable(5.0))),
    "an assigned variable": ("""
        v = tf.Variable(2.0)
        def f(x): return pad(x) * v
        """, lambda m: m.v.assign(5.0)),
    "a replaced tensor": ("""
        t = tf.constant(2.0)
        def f(x): return pad(x) * t
        """, lambda m: setattr(m, "t", tf.constant(5.0))),
    "a replaced tensor in an attribute": ("""
        class C: pass
        c = C(); c.t = tf.constant(2.0)
        def f(x): return pad(x) * c.t
        """, lambda m: setattr(m.c, "t", tf.constant(5.0))),
    "a tensor in a list": ("""
        ts = [tf.constant(2.0)]
        def f(x): return pad(x) * ts[0]
        """, lambda m: set_item(m, "ts", 0, tf.constant(5.0))),
    "a variable's own attribute": ("""
        v = tf.Variable(2.0)
        def f(x): return pad(x) * v.factor
        v.factor = 2.0
        """, lambda m: setattr(m.v, "factor", 3.0)),
    "a dataclass's field": ("""
        import dataclasses
        @dataclasses.dataclass
        class C: factor: float = 2.0
        c, other = C(), C()
        def f(x): return pad(x) * (c.factor + (c == other))
        """, lambda m: setattr(m.c, "factor", 7.0)),
    "a namespace": ("""
        import argparse
        c = argparse.Namespace(factor=2.0)
        def f(x): return pad(x) * c.factor
        """, lambda m: setattr(m.c, "factor", 3.0)),
    "a namespace's __dict__": ("""
        class C: pass
        c = C(); c.factor = 2.0
        def f(x): return pad(x) * c.__dict__["factor"]
        """, lambda m: setattr(m.c, "factor", 3.0)),
    "an enum": ("""
        import enum
        class E(enum.Enum): A = 1; B = 2
        e = E.A
        def f(x): return pad(x) * (2.0 if e is E.A else 5.0)
        """, lambda m: setattr(m, "e", m.E.B)),
    "a named tuple": ("""
        import collections
        P = collections.namedtuple("P", "a b")
        p = P(2.0, [3.0])
        def f(x): return pad(x) * p.a * p.b[0]
        """, lambda m: m.p.b.__setitem__(0, 7.0)),
    "an iterable that is unpacked into a call": ("""
        factors = [2.0, 3.0]
        def inner(x, *more): return pad(x) * len(more)
        def f(x): return inner(x, *factors)
        """, lambda m: m.factors.append(1.0)),
    "a dict that is unpacked into a call": ("""
        options = {"a": 2.0}
        def inner(x, a=1.0, b=1.0): return pad(x) * a * b
        def f(x): return inner(x, **options)
        """, lambda m: m.options.update(b=3.0)),
    "the content of an argument": ("""
        factors = [2.0]
        def g(x, fs): return pad(x) * sum(fs)
        def f(x): return g(x, factors)
        """, lambda m: m.factors.append(1.0)),
    "a tf.Module's list of layers": ("""
        class M(tf.Module):
            def __init__(self):
                self.layers = [tf.Variable(2.0)]
                self.options = {"a": 1.0}
            def __call__(self, x):
                x = pad(x)
                for v in self.layers: x = x * v * self.options["a"]
                return x
        m = M()
        def f(x): return m(x)
        """, lambda m: m.m.layers.append(tf.Variable(3.0))),
    "a tf.Module's variables": ("""
        class M(tf.Module):
            def __init__(self): self.v = tf.Variable(2.0)
        m = M()
        def f(x): return pad(x) * tf.add_n([tf.identity(v) for v in m.trainable_variables])
        """, lambda m: setattr(m.m, "w", tf.Variable(3.0))),
}  # fmt: skip

# Those that cannot come into a trace, and why.
PLAIN = {
    "a variable's own attribute": "reads 'factor' of a ResourceVariable",
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_seen(name: str) -> None:
    source, change = CHANGES[name]
    program = Program(source)
    before = program.calls(4, lambda m: m.f(X))[-1]
    function = program.hooked.f
    function = getattr(function, "__func__", function)
    staging = program.staging(function.__qualname__)
    if name in PLAIN:
        assert staging.reason is not None and PLAIN[name] in staging.reason, staging.reason
    else:
        assert staging.reason is None, staging.reason
        assert staging.calls_staged == 3
    program.both(lambda m: (change(m), None)[1])
    after = program.calls(3, lambda m: m.f(X))[-1]
    assert repr(after) != repr(before)


ARRAYS = {
    "a global array": ("""
        array = np.array([2.0, 2.0, 2.0], np.float32)
        def f(x): return pad(x) * array
        """, lambda m: m.array),
    "an attribute": ("""
        class C: pass
        c = C(); c.array = np.array([2.0, 2.0, 2.0], np.float32)
        def f(x): return pad(x) * c.array
        """, lambda m: m.c.array),
    "an argument": ("""
        array = np.array([2.0, 2.0, 2.0], np.float32)
        def g(x, a): return pad(x) * a
        def f(x): return g(x, array)
        """, lambda m: m.array),
    "in a list": ("""
        arrays = [np.array([2.0, 2.0, 2.0], np.float32)]
        def f(x): return pad(x) * arrays[0]
        """, lambda m: m.arrays[0]),
    "in a closure": ("""
        def make():
            array = np.array([2.0, 2.0, 2.0], np.float32)
            return (lambda x: pad(x) * array), array
        f, array = make()
        """, lambda m: m.array),
    "a default": ("""
        array = np.array([2.0, 2.0, 2.0], np.float32)
        def g(x, a=array): return pad(x) * a
        def f(x): return g(x)
        """, lambda m: m.array),
}  # fmt: skip


@pytest.mark.parametrize("name", ARRAYS)
def test_an_array_that_is_changed_in_place_is_seen(name: str) -> None:
    source, array = ARRAYS[name]
    program = Program(source)
    program.calls(3, lambda m: m.f(X))

    def change(module: Any) -> None:
        array(module)[1] = 11.0

    program.both(change)
    assert float(program.both(lambda m: m.f(X))[1]) == -22.0


VALUES = [1, True, 1.0, -1, 0, 0.0, -0.0, False, None, float("nan"), float("inf"), "a", b"a", 1j, (1, 2), (1.0, 2)]


def test_python_arguments_are_told_apart_by_type_and_value() -> None:
    program = Program("""
        def f(x, n): return pad(x), n, repr(type(n)), (1 / n if n and type(n) is not str else 0) if n == 1 else n
    """.replace("repr(type(n))", "type(n) is float"))
    for value in VALUES * 2:
        program.both(lambda m, value=value: m.f(X, value))
    staging = program.staging("f")
    assert staging.calls_staged > 0


def test_tensors_of_other_shapes_and_dtypes_are_other_kinds() -> None:
    program = Program("def f(x, y): return pad(x) * 2 + tf.cast(tf.size(y), x.dtype), x.shape[0] if len(x.shape) else 0")
    given = [
        tf.constant([1.0]), tf.constant([1.0, 2.0]), tf.constant([1, 2]), tf.constant(3), tf.constant([1.0], tf.float64)
    ]  # fmt: skip
    for x in given * 3:
        program.both(lambda m, x=x: m.f(x, x + 1))
    program.assert_staged("f", specializations=5)


def test_containers_of_tensors_of_changing_length_are_other_kinds() -> None:
    program = Program("""
        def f(xs, d):
            total = pad(tf.zeros([3]))
            for x in xs: total = total + x
            for name, x in d.items(): total = total * x + len(name)
            return total, len(xs), sorted(d)
    """)
    for count in (1, 2, 3, 2, 1, 0, 3):
        arguments = ([X * i for i in range(count)], {"ab" * i: X + i for i in range(count)})
        program.both(lambda m, a=arguments: m.f(*a))
        program.both(lambda m, a=arguments: m.f(tuple(a[0]), a[1]))
    program.assert_staged("f")
    program.both(lambda m: m.f([X], {"b": X, "a": X}))
    program.both(lambda m: m.f([X], {"a": X, "b": X}))


def test_objects_that_claim_to_be_equal_are_told_apart() -> None:
    program = Program("""
        class C:
            def __init__(self, n): self.n = n
            def __eq__(self, other): return True
            def __hash__(self): return 0
        one, other = C(2.0), C(3.0)
        def f(x, c): return pad(x) * c.n
    """)
    for name in ("one", "one", "one", "other", "other", "one"):
        program.both(lambda m, name=name: m.f(X, getattr(m, name)))
    program.assert_staged("f", specializations=2)


def test_a_number_of_a_class_of_its_own_is_not_taken_for_a_number() -> None:
    program = Program("""
        class N(int): pass
        n = N(3); n.extra = 1.0
        def f(x): return pad(x) * n.extra
    """)
    program.calls(3, lambda m: m.f(X))
    program.assert_plain("f", "hooked_program.N")
    program.both(lambda m: setattr(m.n, "extra", 4.0))
    program.both(lambda m: m.f(X))


@pytest.mark.parametrize("base", ["list", "dict", "set", "collections.OrderedDict", "collections.deque",
                                  "collections.Counter"])  # fmt: skip
def test_subclasses_of_containers_are_left_alone(base: str) -> None:
    program = Program(f"""
        import collections
        class D({base}): pass
        d = D()
        def f(x): return pad(x) * (1.0 + len(d)) * (3.0 if d else 2.0)
    """)
    program.calls(3, lambda m: m.f(X))
    program.assert_plain("f", "hooked_program.D")


def test_code_that_is_not_enabled_does_not_run_in_a_trace() -> None:
    program = Program("""
        import fractions
        namespace = {}
        exec('''class C:
            count = 0
            def __getattr__(self, name):
                C.count += 1
                return 2.0
        class D:
            count = 0
            @property
            def factor(self):
                D.count += 1
                return 3.0
        class E:
            def __add__(self, other):
                E.count += 1
                return other * 2
            count = 0
        ''', namespace)
        c, d, e = namespace["C"](), namespace["D"](), namespace["E"]()
        def f(x): return pad(x) * c.factor
        def g(x): return pad(x) * d.factor
        def h(x): return e + pad(x)
        def counts(): return type(c).count, type(d).count, type(e).count
    """)
    for _ in range(4):
        program.both(lambda m: (m.f(X), m.g(X), m.h(X), m.counts()))
    program.assert_plain("f", "'factor'")
    program.assert_plain("g", "the property 'factor'")
    program.assert_plain("h", "uses an instance of builtins.E, whose class is not enabled")


def test_the_same_tensor_in_two_places_is_not_staged_as_two() -> None:
    program = Program("""
        t = tf.constant([1.0, -2.0, 3.0])
        def f(a, b): return pad(a) + b, 1.0 if a is b else 2.0
        def g(a): return pad(a), 1.0 if a is t else 2.0
    """)
    for _ in range(3):
        program.both(lambda m: m.f(X, X + 1))
        program.both(lambda m: m.g(X))
    program.assert_staged("f")
    program.assert_staged("g")
    program.both(lambda m: m.f(X, X))
    program.both(lambda m: m.g(m.t))


def test_a_function_made_several_times_is_guarded_by_its_own_cells() -> None:
    program = Program("""
        def make(n, xs):
            def f(x): return pad(x) * n + len(xs)
            return f
        functions = [make(i, [0] * i) for i in range(4)]
    """)
    for i in (0, 0, 1, 2, 3, 0, 1, 2, 3):
        program.both(lambda m, i=i: m.functions[i](X))
    program.assert_staged("make.<locals>.f", specializations=4)


def test_variables_assigned_between_calls_keep_one_specialization() -> None:
    program = Program("""
        v = tf.Variable([1.0, 2.0, 3.0])
        def f(x):
            v.assign_add(pad(x))
            return v * 2
    """)
    for i in range(5):
        program.both(lambda m: m.f(X))
        program.both(lambda m, i=i: m.v.assign([float(i), 0.0, 1.0]).numpy())
    program.assert_staged("f", calls=4, specializations=1)


def test_numpy_scalars_are_told_apart() -> None:
    program = Program("def f(x, n): return pad(x) * tf.cast(n, tf.float32), n")
    for n in (np.float32(2), np.float32(2), np.float64(2), np.int32(3), np.float32(4)):
        program.both(lambda m, n=n: m.f(X, n))
    assert program.staging("f").reason is None


def test_members_of_an_enumeration_may_change() -> None:
    program = Program(
        "import enum\n"
        "class M(enum.Enum):\n  A = 1\n"
        "M.A.w = 2.0\n"
        "class N(enum.Enum):\n  B = []\n"
        "def f(x):\n  N.B.value.append(1)\n  return pad(x) * M.A.w, len(N.B.value)\n"
        "def g(x): return pad(x) * M.A.w\n"
    )
    x = tf.constant([1.0, 2.0])
    program.calls(4, lambda m: (m.f(x), m.g(x)))

    def changed(m: Any) -> Any:
        m.M.A.w = 5.0
        return m.f(x), m.g(x)

    program.calls(2, changed)


def test_an_object_without_attributes_is_told_from_another_one() -> None:
    program = Program("""
        here = there = object()
        def f(x):
            fresh = object()
            return pad(x) * (2.0 if here is there else 3.0), fresh is here
        def g(x): return pad(x), object()
    """)
    program.calls(3, lambda m: m.f(X))
    program.both(lambda m: setattr(m, "there", object()))
    program.calls(3, lambda m: m.f(X))
    program.assert_staged("f", specializations=2)
    first, second = (program.hooked.g(X)[1] for _ in range(2))
    assert first is not second
    assert program.hooked.g(X)[1] not in (first, second)
