"""Comprehensions: over how many elements they run may be known only when the graph runs, and so may a condition.

| in the source | in the twin |
|---|---|
| `[f(x) for x in y]` | `ag__.collect(y, lambda ag__items: [ag__.callee(f)(x) for x in ag__items])` |
| `(f(x) for x in y)` | `ag__.collect_lazily(y, lambda ag__items: (ag__.callee(f)(x) for x in ag__items))` |
| `{f(x) for x in y if x}` | `ag__.made({… for x in ag__.listed(y, "set") if ag__.decided(x, "set")})` |

One `for` without conditions stays a comprehension, which the operator runs over all elements, or in a graph loop
over one. Conditions, more than one `for`, and `:=` make functions of it, which end in `if_` and `for_` as statements
do:

    [x for x in y if x > 0]

becomes `ag__collect_1(y)`, and before the statement

    def ag__collect_1(ag__items):
        if False:
            x = None
        ag__list = ag__.made([])
        def ag__listcomp_2(ag__item):
            nonlocal x
            x = ag__item
            def ag__then_3():
                ag__.append(ag__list, x)
            ag__.keep_if(x > 0, ag__then_3, ag__list, ())
        ag__.each(ag__items, ag__listcomp_2, ag__list, ())
        return ag__list

So all elements share one `x`, as in Python. A generator expression is made element by element from the same body.
Sets, dictionaries and generator expressions with more than one `for` stay Python's, and say so where they meet what
is known only when the graph runs.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from autograph_hook.transpiler.analysis.scopes import kind
from autograph_hook.transpiler.analysis.variables import bound_names
from autograph_hook.transpiler.passes.stores import Stores
from autograph_hook.transpiler.templates import (
    EACH,
    ITEMS,
    assign,
    at,
    constant,
    function,
    lambda_of,
    load,
    operator,
    statement,
)

if TYPE_CHECKING:
    from autograph_hook.transpiler.passes.expressions import Expressions

Comprehension: TypeAlias = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_LIST, _ITEM = "ag__list", "ag__item"
_NAMES = {"ListComp": "list", "SetComp": "set", "DictComp": "dict", "GeneratorExp": "generator"}


class Comprehensions:
    """Rewrites the comprehensions of one function.

    >>> from autograph_hook.transpiler.passes.expressions import Expressions
    >>> from autograph_hook.transpiler.templates import readable
    >>> expressions = Expressions(None, None, ())
    >>> def show(text):
    ...     value = expressions(ast.parse(text).body[0].value)
    ...     for line in (*expressions.definitions, value):
    ...         print(readable(line))
    >>> show("[f(x) for x in y]")
    ag__.collect(y, lambda ag__items: [ag__.callee(f)(x) for x in ag__items])
    >>> show("{v: 1 for v in d if v}")
    ag__.made({v: 1 for v in ag__.listed(d, 'dict') if ag__.decided(v, 'dict')})
    >>> show("[x for x in y if x]")
    def ag__collect_1(ag__items, /):
        if False:
            x = None
        ag__list = ag__.made([])
    <BLANKLINE>
        def ag__listcomp_2(ag__item, /):
            nonlocal x
            x = ag__item
    <BLANKLINE>
            def ag__then_3():
                ag__.append(ag__list, x)
            ag__.keep_if(x, ag__then_3, ag__list, ())
        ag__.each(ag__items, ag__listcomp_2, ag__list, ())
        return ag__list
    ag__collect_1(y)
    """

    def __init__(self, expressions: Expressions) -> None:
        self.expression = expressions
        self.stores = Stores(expressions)

    def __call__(self, node: Comprehension) -> ast.expr:
        binds = self.expression.binds(node)
        is_lazy = isinstance(node, ast.GeneratorExp)
        if isinstance(node, (ast.SetComp, ast.DictComp)) or self.expression.definitions is None:
            return self._kept(node)
        if is_lazy and len(node.generators) > 1:
            return self._kept(node)
        first = node.generators[0]
        if binds or first.ifs or len(node.generators) > 1:
            return self._functions(node, binds, None)
        with self.expression.own_definitions() as definitions:
            value = self.expression(node.elt)
        if definitions:
            return self._functions(node, binds, [*definitions, self._append(value, node.elt)])
        inner = ast.comprehension(first.target, load(ITEMS, first.iter), [], 0)
        made = at(type(node)(value, [inner]), node)
        name = "collect_lazily" if is_lazy else "collect"
        return operator(name, node, self.expression(first.iter), lambda_of(ITEMS, made, node))

    def _kept(self, node: Comprehension) -> ast.expr:
        """A comprehension that stays Python's."""
        what = constant(_NAMES[kind(node)], node)
        first, *others = node.generators
        # Only the first subject is evaluated in the function itself.
        subjects = [self.expression(first.iter)]
        with self.expression.without_definitions():
            subjects += [self.expression(g.iter) for g in others]
            generators = []
            for g, subject in zip(node.generators, subjects, strict=True):
                conditions = map(self.expression.condition, g.ifs)
                tests: list[ast.expr] = [operator("decided", c, c, what) for c in conditions]
                generators.append(ast.comprehension(g.target, operator("listed", g.iter, subject, what), tests, 0))
            made: ast.expr
            if isinstance(node, ast.DictComp):
                made = ast.DictComp(self.expression(node.key), self.expression(node.value), generators)
            else:
                made = type(node)(self.expression(node.elt), generators)
        return operator("made", node, at(made, node))

    def _functions(
        self, node: ast.ListComp | ast.GeneratorExp, binds: Sequence[str], element: list[ast.stmt] | None
    ) -> ast.expr:
        """Functions that make a list or a generator, defined before the statement, and the call of the first.
        `element` appends an element, where that is rewritten already."""
        is_lazy = isinstance(node, ast.GeneratorExp)
        expression = self.expression
        assert expression.definitions is not None
        subject = expression(node.generators[0].iter)
        name = f"ag__collect_{expression.number()}"
        own = sorted(set().union(*(bound_names(g.target) for g in node.generators)))
        level = _Level(node, own, binds, element)
        each = self._each(level, (_ITEM, _LIST) if is_lazy else (_ITEM,))
        body = expression.declared(binds, node)
        if own:
            dead: list[ast.stmt] = [assign(n, constant(None, node), node) for n in own]
            body.append(at(ast.If(constant(False, node), dead, []), node))
        label = expression.strings(expression.shared(binds), node)
        if is_lazy:
            made = operator("generate", node, load(ITEMS, node), load(each.name, node), label)
            body += [each, at(ast.Return(made), node)]
        else:
            new = operator("made", node, at(ast.List([], ast.Load()), node))
            loop = operator("each", node, load(ITEMS, node), load(each.name, node), load(_LIST, node), label)
            body += [assign(_LIST, new, node), each, statement(loop, node), at(ast.Return(load(_LIST, node)), node)]
        expression.definitions.append(function(name, (ITEMS,), body, node))
        return at(ast.Call(load(name, node), [subject], []), node)

    def _each(self, level: _Level, arguments: Sequence[str]) -> ast.FunctionDef:
        """What is done with one element of the subject of the `for` at this level."""
        expression, node = self.expression, level.node
        target = level.generator.target
        number = expression.number()
        with expression.own_definitions() as definitions:
            head = self.stores.assigned(target, load(_ITEM, node), at(ast.Pass(), target))
            body = [*definitions, *head]
        body += self._under(level, list(level.generator.ifs))
        targets = sorted(bound_names(target))
        declared: list[ast.stmt] = [at(ast.Nonlocal(targets), node)] if targets else []
        declared += expression.declared(level.binds, node)
        prefix = EACH[kind(node)] if level.number == 0 else "ag__each_"
        return function(f"{prefix}{number}", arguments, [*declared, *body], node)

    def _under(self, level: _Level, tests: list[ast.expr]) -> list[ast.stmt]:
        """The conditions of a level one by one, then the next level or the element."""
        expression = self.expression
        label = expression.strings(expression.shared(level.binds), level.node)
        if tests:
            test, *others = tests
            with expression.own_definitions() as definitions:
                condition = expression.condition(test)
            name = f"ag__then_{expression.number()}"
            then = function(name, (), [*expression.declared(level.binds, test), *self._under(level, others)], test)
            kept = operator("keep_if", test, condition, load(name, test), load(_LIST, test), label)
            return [*definitions, then, statement(kept, test)]
        following = level.following()
        if following is None:
            if level.element is not None:
                return level.element
            with expression.own_definitions() as definitions:
                appended = self._append(expression(level.node.elt), level.node.elt)
            return [*definitions, appended]
        subject = following.generator.iter
        with expression.own_definitions() as definitions:
            value = expression(subject)
        each = self._each(following, (_ITEM,))
        loop = operator("each", subject, value, load(each.name, subject), load(_LIST, subject), label)
        return [*definitions, each, statement(loop, subject)]

    def _append(self, value: ast.expr, like: ast.expr) -> ast.stmt:
        return statement(operator("append", like, load(_LIST, like), value), like)


@dataclass
class _Level:
    """One `for` of a comprehension that becomes functions."""

    node: ast.ListComp | ast.GeneratorExp
    own: Sequence[str]
    """The comprehension's variables."""
    binds: Sequence[str]
    """The names that `:=` in it binds in the function around it."""
    element: list[ast.stmt] | None
    """The statements that append an element, where they are made already."""
    number: int = 0

    @property
    def generator(self) -> ast.comprehension:
        return self.node.generators[self.number]

    def following(self) -> _Level | None:
        return replace(self, number=self.number + 1) if self.number + 1 < len(self.node.generators) else None
