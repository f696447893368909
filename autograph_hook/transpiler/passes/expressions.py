"""Expressions: every decision that may depend on a value becomes an operator.

| in the source | in the twin |
|---|---|
| `f(x, *y, k=z)` | `ag__.callee(f)(x, *ag__.spread(y), k=z)` |
| `o.a` | `ag__.attr(o, "a")` |
| `o[k]` | `ag__.get_item(o, k)` |
| `not a` | `ag__.not_(a)` |
| `a and b`, `a or b` | `ag__.and_(a, lambda: b)`, `ag__.or_(a, lambda: b)` |
| `b if a else c` | `ag__.if_exp(a, lambda: b, lambda: c)` |
| `a < b < c` | `ag__.compare(a, "<", lambda: b, "<", lambda: c)` |
| the same three as conditions | `ag__.both(a, lambda: b)`, `ag__.either(a, lambda: b)`, `ag__.ordered(a, "<", …)` |
| `a is b`, `a is not b` | `ag__.is_(a, b)`, `ag__.is_not(a, b)` |
| `a in b`, `a not in b` | `ag__.contains(a, b)`, `ag__.not_(ag__.contains(a, b))` |
| `[a]`, `{a: b}`, `{a}` | `ag__.made([a])`, `ag__.made({a: b})`, `ag__.made({a})` |
| `print(f"{x}")` | the pass `printing` |
| `x`, where it may have no value | `ag__.local(lambda: x)` |
| `x`, where it may have no value or be None | `ag__.name(x, "x")`; where it is only handed on `ag__.passed(x, "x")` |
| `super()` | `ag__.super_(super, __class__, self)` |
| `locals()`, `eval(x)` | `ag__.in_frame(locals, …)`, `ag__.in_frame(eval, …, x)` |

All else stays as it is: arithmetic and single comparisons are the values' own business. Comprehensions have a pass
of their own. Lambdas stay: they have gates of their own. In a generator, an expression with `yield` in an operand that
is evaluated late stays Python's, and what decides about it is `ag__.decided(a, "yield")`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

from autograph_hook.transpiler.analysis.definitions import Reads
from autograph_hook.transpiler.analysis.scopes import FRAME_BUILTINS, has_yield, mangled
from autograph_hook.transpiler.passes import printing
from autograph_hook.transpiler.passes.comprehensions import Comprehension, Comprehensions
from autograph_hook.transpiler.passes.conditions import ASKS_ONCE, flat, truth
from autograph_hook.transpiler.passes.late import LateFunctions
from autograph_hook.transpiler.templates import (
    RUNTIME,
    at,
    constant,
    function,
    load,
    operator,
    rebuilt,
    strings,
    thunk,
    tuple_of,
)

_COMPARISONS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_OF_LISTS: dict[type[ast.cmpop], str] = {
    ast.Eq: "equal",
    ast.NotEq: "unequal",
    ast.Lt: "less",
    ast.LtE: "less_equal",
    ast.Gt: "greater",
    ast.GtE: "greater_equal",
}
_NO_LISTS = (ast.Constant, ast.JoinedStr, ast.Compare, ast.UnaryOp, ast.Lambda)
"""What is never a list: only lists whose length the graph knows need more than Python's operators."""


class Expressions(LateFunctions):
    """Rewrites the expressions of one function. Nothing of the given tree is changed.

    >>> from autograph_hook.transpiler.templates import readable
    >>> rewrite = Expressions(None, None, ())
    >>> def show(text):
    ...     print(readable(rewrite(ast.parse(text).body[0].value)))
    >>> show("f(x, *y, k=z)")
    ag__.callee(f)(x, *ag__.spread(y), k=z)
    >>> show("self.layers[0](x)")
    ag__.callee(ag__.get_item(ag__.attr(self, 'layers'), 0))(x)
    >>> show("a and (b or not c)")
    ag__.and_(a, lambda: ag__.or_(b, lambda: ag__.not_(c)))
    >>> show("a < g() <= c")
    ag__.compare(a, '<', lambda: ag__.callee(g)(), '<=', lambda: c)
    >>> show("a if b or c else d")
    ag__.if_exp(ag__.either(b, lambda: c), lambda: a, lambda: d)
    >>> show("x if c in d else (y := 1)")
    ag__.if_exp(ag__.contains(c, d), lambda: x, ag__.binding(ag__late_1, ('y',), ()))
    >>> print(readable(rewrite.definitions[0]))
    def ag__late_1():
        nonlocal y
        return (y := 1)
    """

    def __init__(
        self,
        class_name: str | None,
        first_parameter: str | None,
        names: Sequence[str],
        outside: Collection[str] = (),
        *,
        walrus: bool = True,
        yields: bool = False,
    ) -> None:
        super().__init__(outside, walrus)
        self.class_name = class_name
        self.first_parameter = first_parameter
        self.names = names
        """The function's own names, in the order of its frame: what `locals()` may hold."""
        self.yields = yields
        """May there be a `yield`?"""
        self.reads = Reads(set(), set())
        """The reads of names that may find no value, or None."""
        self.operations = 0

    def __call__(self, node: ast.expr) -> ast.expr:
        rewrite = _REWRITES.get(type(node))
        return rewrite(self, node) if rewrite is not None else self.parts(node)

    def parts(self, node: ast.expr) -> ast.expr:
        """The same node with its parts rewritten."""
        changed: dict[str, object] = {}
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                changed[name] = [self(item) if isinstance(item, ast.expr) else item for item in value]
            elif isinstance(value, ast.expr):
                changed[name] = self(value)
        return rebuilt(node, **changed)

    def name(self, node: ast.Name, kind: str = "name") -> ast.expr:
        """A name; one that is stored to is left alone, unless it is the target of an augmented assignment."""
        value: ast.expr = node
        if node in self.reads.unbound:
            value = operator("local", node, thunk(load(node.id, node), node))
        if node in self.reads.uncertain:
            value = operator(kind, node, load(node.id, node) if value is node else value, constant(node.id, node))
        return value

    def loosely(self, node: ast.expr) -> ast.expr:
        """An expression whose value is only tested or handed on, for which None is as good as any value."""
        return self.name(node, "passed") if isinstance(node, ast.Name) else self(node)

    def mangled(self, name: str) -> str:
        """A private name as the compiler would write it."""
        return mangled(name, self.class_name)

    def strings(self, names: Iterable[str], like: ast.AST) -> ast.Tuple:
        """The names as a twin finds their cells."""
        return strings(map(self.mangled, names), like)

    def key(self, node: ast.expr) -> ast.expr:
        """A subscript's key."""
        if isinstance(node, ast.Slice):
            none = constant(None, node)
            bounds = [self(part) if part is not None else none for part in (node.lower, node.upper, node.step)]
            return operator("slice_", node, *bounds)
        if isinstance(node, ast.Tuple) and any(isinstance(item, ast.Slice) for item in node.elts):
            return tuple_of([self.key(item) for item in node.elts], node)
        return self(node)

    def _call(self, node: ast.expr) -> ast.expr:
        assert isinstance(node, ast.Call)
        self.operations += 1
        if isinstance(node.func, ast.Name):
            special = self._special_call(node, node.func)
            if special is not None:
                return special
        elif is_operator(node.func):
            return node
        keywords = [
            at(ast.keyword(k.arg, self.loosely(k.value)), k) for k in node.keywords
        ]
        function = operator("callee", node.func, self(node.func))
        arguments = [printing.shown(a, self) if printing.is_print(node) else self.loosely(a) for a in node.args]
        return at(ast.Call(function, arguments, keywords), node)

    def _special_call(self, node: ast.Call, function: ast.Name) -> ast.expr | None:
        name = function.id
        if name == "super" and not node.args and not node.keywords and self.first_parameter is not None:
            if self.class_name is None:
                return None
            return operator("super_", node, function, load("__class__", node), load(self.first_parameter, node))
        if name == "super" and self.class_name is not None and _names_class(node):
            return operator("super_", node, function, *map(self, node.args))
        if name == "globals" and not node.args:
            return node
        if name in FRAME_BUILTINS and not any(isinstance(a, ast.Starred) for a in node.args) and not node.keywords:
            own = [load(n, node) for n in self.names]
            arguments = [self(argument) for argument in node.args]
            return operator(
                "in_frame", node, function, self.strings(self.names, node), thunk(tuple_of(own, node), node), *arguments
            )
        return None

    def _attribute(self, node: ast.expr) -> ast.expr:
        assert isinstance(node, ast.Attribute)
        if not isinstance(node.ctx, ast.Load):
            return self.parts(node)
        return operator("attr", node, self(node.value), constant(self.mangled(node.attr), node))

    def _subscript(self, node: ast.expr) -> ast.expr:
        assert isinstance(node, ast.Subscript)
        self.operations += 1
        return operator("get_item", node, self(node.value), self.key(node.slice))

    def _unary(self, node: ast.expr) -> ast.expr:
        assert isinstance(node, ast.UnaryOp)
        self.operations += 1
        if isinstance(node.op, ast.Not):
            return operator("not_", node, self.loosely(node.operand))
        return self.parts(node)

    def _binary(self, node: ast.expr) -> ast.expr:
        self.operations += 1
        return self.parts(node)

    def condition(self, node: ast.expr) -> ast.expr:
        """An expression of which only the truth counts. Python asks each part for its own once, and so do we: what
        decides `a and b` is not asked again by who is given it."""
        if isinstance(node, ast.BoolOp):
            return self._bool(node, is_condition=True)
        if isinstance(node, ast.IfExp):
            return self._conditional(node, is_condition=True)
        if isinstance(node, ast.Compare) and len(node.ops) > 1:
            return self._compare(node, is_condition=True)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self.operations += 1
            return operator("not_", node, self.condition(node.operand))
        return self.loosely(node)

    def _bool(self, node: ast.expr, is_condition: bool = False) -> ast.expr:
        assert isinstance(node, ast.BoolOp)
        values = node.values if is_condition or not ASKS_ONCE else flat(node)
        first, *others = values
        # Of an operand that another one follows, only the truth counts, too; but not all Pythons make use of that.
        asked = [is_condition or (ASKS_ONCE and isinstance(v, ast.BoolOp)) for v in values[:-1]] + [is_condition]
        if self._stays(others):
            decided = [self._decided(value, once) for value, once in zip(values[:-1], asked, strict=False)]
            made = at(ast.BoolOp(node.op, [*decided, self(values[-1])]), node)
            return truth(made) if is_condition else made
        names = ("both", "either") if is_condition else ("and_", "or_")
        rest = [self.late(value, once) for value, once in zip(others, asked[1:], strict=True)]
        begin = self.condition(first) if asked[0] else self.loosely(first)
        return operator(names[isinstance(node.op, ast.Or)], node, begin, *rest)

    def _conditional(self, node: ast.expr, is_condition: bool = False) -> ast.expr:
        assert isinstance(node, ast.IfExp)
        if self._stays((node.body, node.orelse)):
            return at(ast.IfExp(self._decided(node.test, True), self(node.body), self(node.orelse)), node)
        branches = [self.late(part, is_condition) for part in (node.body, node.orelse)]
        return operator("if_exp", node, self.condition(node.test), *branches)

    def late(self, node: ast.expr, is_condition: bool = False) -> ast.expr:
        """An operand that is evaluated later, or not at all: a function without parameters."""
        names = self.binds(node)
        if not names:
            return thunk(self.condition(node) if is_condition else self.loosely(node), node)
        assert self.definitions is not None
        with self.own_definitions() as definitions:
            value = self.condition(node) if is_condition else self(node)
        name = f"ag__late_{self.number()}"
        body = [*self.declared(names, node), *definitions, at(ast.Return(value), node)]
        self.definitions.append(function(name, (), body, node))
        places = [operator("global_place", node, constant(n, node)) for n in names if n in self.outside]
        label = self.strings(self.shared(names), node)
        return operator("binding", node, load(name, node), label, tuple_of(places, node))

    def _stays(self, late: Sequence[ast.expr]) -> bool:
        """Must an expression with these late operands stay Python's?"""
        if self.definitions is None and any(map(self.binds, late)):
            return True
        return self.yields and any(map(has_yield, late))

    def _decided(self, node: ast.expr, is_condition: bool = False) -> ast.expr:
        value = self.condition(node) if is_condition else self(node)
        return operator("decided", node, value, constant("yield" if self.yields else "comprehension", node))

    def _compare(self, node: ast.expr, is_condition: bool = False) -> ast.expr:
        assert isinstance(node, ast.Compare)
        self.operations += len(node.ops)
        if len(node.ops) > 1:
            if self._stays(node.comparators):
                return truth(self.parts(node)) if is_condition else self.parts(node)
            arguments = [self(node.left)]
            for op, value in zip(node.ops, node.comparators, strict=True):
                arguments += [constant(_COMPARISONS[type(op)], value), self.late(value)]
            return operator("ordered" if is_condition else "compare", node, *arguments)
        if isinstance(node.ops[0], (ast.In, ast.NotIn)):
            found = operator("contains", node, self(node.left), self(node.comparators[0]))
            return found if isinstance(node.ops[0], ast.In) else operator("not_", node, found)
        operands = (node.left, node.comparators[0])
        if isinstance(node.ops[0], (ast.Is, ast.IsNot)) and not any(map(_is_truth, operands)):
            name = "is_" if isinstance(node.ops[0], ast.Is) else "is_not"
            return operator(name, node, self.loosely(node.left), self.loosely(node.comparators[0]))
        if any(isinstance(part, ast.Constant) and part.value is None for part in operands):
            return rebuilt(node, left=self.loosely(node.left), comparators=[self.loosely(node.comparators[0])])
        of_lists = _OF_LISTS.get(type(node.ops[0]))
        if of_lists is not None and not any(isinstance(part, _NO_LISTS) for part in operands):
            return operator(of_lists, node, self(node.left), self(node.comparators[0]))
        return self.parts(node)

    def _display(self, node: ast.expr) -> ast.expr:
        return operator("made", node, self.parts(node))

    def _lambda(self, node: ast.expr) -> ast.expr:
        """Its body is another function's; the defaults are evaluated here."""
        assert isinstance(node, ast.Lambda)
        if not node.args.defaults and not any(node.args.kw_defaults):
            return node
        return at(ast.Lambda(self.defaults(node.args), node.body), node)

    def defaults(self, arguments: ast.arguments) -> ast.arguments:
        """The parameters of a function that is defined here, their defaults rewritten."""
        return ast.arguments(
            posonlyargs=arguments.posonlyargs,
            args=arguments.args,
            vararg=arguments.vararg,
            kwonlyargs=arguments.kwonlyargs,
            kw_defaults=[self(value) if value is not None else None for value in arguments.kw_defaults],
            kwarg=arguments.kwarg,
            defaults=[self(value) for value in arguments.defaults],
        )

    def decorators(self, nodes: Sequence[ast.expr]) -> list[ast.expr]:
        """The decorators of a function or class that is defined here: each is called."""
        return [operator("callee", node, self(node)) for node in nodes]

    def _starred(self, node: ast.expr) -> ast.expr:
        assert isinstance(node, ast.Starred)
        return at(ast.Starred(operator("spread", node, self(node.value)), node.ctx), node)

    def _comprehension(self, node: Comprehension) -> ast.expr:
        return Comprehensions(self)(node)

    def _constant(self, node: ast.expr) -> ast.expr:
        return node


# A table of bound methods would be made for each function, and hold it in a cycle.
_REWRITES: dict[type[ast.AST], Callable[[Expressions, Any], ast.expr]] = {
    ast.Call: Expressions._call,
    ast.Attribute: Expressions._attribute,
    ast.Subscript: Expressions._subscript,
    ast.UnaryOp: Expressions._unary,
    ast.BoolOp: Expressions._bool,
    ast.BinOp: Expressions._binary,
    ast.IfExp: Expressions._conditional,
    ast.Compare: Expressions._compare,
    ast.ListComp: Expressions._comprehension,
    ast.SetComp: Expressions._comprehension,
    ast.DictComp: Expressions._comprehension,
    ast.GeneratorExp: Expressions._comprehension,
    ast.Starred: Expressions._starred,
    ast.List: Expressions._display,
    ast.Dict: Expressions._display,
    ast.Set: Expressions._display,
    ast.Lambda: Expressions._lambda,
    ast.Constant: Expressions._constant,
    ast.Name: Expressions.name,
}


def is_operator(function: ast.expr) -> bool:
    """Does a call call an operator, so that an earlier pass has made it?"""
    return (
        isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name) and function.value.id == RUNTIME
    )


def _is_truth(node: ast.expr) -> bool:
    """`True` or `False`: a trace looks for comparisons with them in the twin's code."""
    return isinstance(node, ast.Constant) and isinstance(node.value, bool)


def _names_class(node: ast.Call) -> bool:
    """Is it a call with `__class__` and another argument?"""
    first = node.args[0] if len(node.args) == 2 and not node.keywords else None
    return isinstance(first, ast.Name) and first.id == "__class__"
