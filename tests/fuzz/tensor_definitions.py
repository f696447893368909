"""What `definitions.py` is for Python's values, for tensors: functions, classes and statements that pass them around."""

from __future__ import annotations

TENSOR_DEFINITIONS: tuple[str, ...] = (
    # Parameters, closures, decorators
    "def ?f(a0, /, b0=$vec, *rest, c0, **others):\n    for each in rest:\n        a0 = a0 + each\n    return a0 * c0 - others.get('d0', b0)\n"
    "=vec = ?f($vec, c0=$float)\n=vec2 = ?f(*[$vec, $vec], $vec, **{'c0': $scal, 'd0': $vec})",
    "?f = $vec\ndef ?g(a0):\n    nonlocal ?f\n    if $tbool:\n        ?f = ?f + a0\n    return ?f * 0.5\n=vec = ?g($vec) + ?g($vec)\n=vec2 = ?f",
    "?f = [lambda a0=each: a0 + each for each in [$vec, $vec]]\n=vec = ?f[0]() - ?f[1]($scal)",
    "@functools.wraps(pair)\ndef ?f(a0, *, scale=$scal):\n    'It has one.'\n    if a0[0] > scale:\n        return a0 * scale\n    return a0\n=vec = ?f(a0=$vec) + ?f($vec, scale=1.5)",
    "@(lambda function: lambda *given: function(*given) * 0.5)\ndef ?f(a0, b0=$vec):\n    return a0 - b0 if $tbool else b0\n=vec = ?f($vec)",
    "def ?f(a0, b0):\n    if b0 <= 0:\n        return a0\n    return ?g(a0 * 0.5, b0 - 1)\ndef ?g(a0, b0):\n    if tf.reduce_sum(a0) > 0.5:\n        return -?f(a0, b0 - 1)\n    return ?f(a0, b0)\n=vec = ?f($vec, $int % 4)",
    "?f = {**dict(a=$vec), 'b': $vec}\n?g, *_ = ?f.values()\n=vec = ?g - ?f['b']\n=vecs = [*?f.values(), $vec]",
    # Generators
    "def ?f(a0):\n    for each in range(3):\n        a0 = tf.tanh(a0)\n        yield a0 if each else a0 * 2.0\n    return a0\ndef ?g():\n    last = yield from ?f($vec)\n    yield last\n=vecs = list(?g())",
    "=vec = sum((each * $scal for each in @vecs), @vec)",
    "=vecs = [(?f := each) * 0.5 + ?f for each in @vecs if each is not None]",
    # Classes
    "class ?c:\n    scale = $float\n    def __init__(self, a0):\n        self.__a = a0\n    @property\n    def a(self):\n        return self.__a * self.scale\n    @a.setter\n    def a(self, a0):\n        self.__a = a0\n"
    "    def __add__(self, a0):\n        return type(self)(self.__a + getattr(a0, 'a', a0))\n    __radd__ = __add__\n    def __neg__(self):\n        return ?c(-self.__a)\n"
    "    def __bool__(self):\n        return True\n    def __len__(self):\n        return 3\n    def __iter__(self):\n        yield self.__a\n        yield self.a\n"
    "?f = ?c($vec)\n?f.a = $vec\n?f += $vec\n=vec = (1.0 + -?f).a if ?f and len(?f) < 4 else @vec\n=vec2, _ = ?f",
    "class ?c:\n    def __init__(self, a0):\n        self.a = a0\n    def step(self, a0):\n        if tf.reduce_max(a0) > 1.0:\n            self.a = self.a + a0\n        return self\n"
    "class ?g(?c):\n    def step(self, a0):\n        return super().step(a0 * 0.5)\n    @classmethod\n    def of(cls, a0):\n        return cls(a0)\n=vec = ?g.of($vec).step($vec).step($vec).a",
    "@dataclasses.dataclass\nclass ?c:\n    a: object\n    b: object = $float\n    @staticmethod\n    def double(a0):\n        return a0 * 2.0\n?f = ?c($vec)\nif $tbool:\n    ?f = dataclasses.replace(?f, b=1.5)\n=vec = ?c.double(?f.a) * ?f.b",
    "class ?c(typing.NamedTuple):\n    a: object\n    b: object = 4\n    def both(self):\n        return self.a * 0.5\n?f = ?c($vec)\nif $tbool:\n    ?f = ?f._replace(a=$vec)\n=vec = ?f.both() + ?f[0]",
    # How statements are left
    "for ?v in range(3):\n    try:\n        if $tbool:\n            continue\n        =vec = $vec\n    finally:\n        @vecs.append($vec)",
    "for ?v in tf.range(3):\n    !vec = !vec * 0.5 + $scal\n    if $tbool:\n        break\n    elif $tbool and tf.reduce_sum(@vec) < 4.0:\n        continue\n    !scal += 1.0\nelse:\n    =scal = $scal",
    "?u = tf.constant(0)\nwhile ?u < 4 and ($tbool or ?u < 2):\n    ?u += 1\n    if $tbool:\n        !vec = $vec\n        continue\n    !vec -= 0.25",
    "def ?f(a0):\n    for ?v in tf.range(2):\n        for ?u in range(2):\n            if a0[?u] > $scal:\n                return a0 * 2.0\n            a0 = a0 - 0.5\n    return a0\n=vec = ?f($vec)",
    "with contextlib.nullcontext($vec) as ?f, contextlib.suppress(KeyError), tf.name_scope('inner'):\n    if $tbool:\n        ?f = ?f + 1.0\n    =vec = ?f",
    "with tf.GradientTape() as ?f:\n    ?f.watch(@vec)\n    ?g = tf.reduce_sum(tf.tanh(@vec) * $vec)\n=vec = @vec if (?c := ?f.gradient(?g, @vec)) is None else ?c",
    # Targets and decisions
    "=vec, [=scal, *=vecs], _ = $vec, [$scal, $vec, $vec], $tint",
    "?f = [$vec, $vec]\n?f[0], ?f[-1] = ?f[1], ?f[0] * $scal\n?f[:1] = [$vec]\n=vec = ?f[0] - ?f[1]",
    "=vec = $vec if $tbool else $vec if $bool else $vec",
    "_ = $scal < (?f := $scal) <= $scal\n=scal = ?f if $scal < 1.0 else -?f",
    "if $tbool and (?u := $scal) > 0.5:\n    =scal = ?u\nelse:\n    =scal = $scal",
    "match [$vec, $int, @opt]:\n    case [?f, 0 | 1, *_] if $tbool:\n        =vec = ?f * 2.0\n    case [?f, int(), None]:\n        =vec = ?f - 1.0\n    case _:\n        =vec = $vec",
)  # fmt: skip
"""None of them does anything outside of the function."""
