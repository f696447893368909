"""Stores: attributes, items and unpacking become operators; a store to a name stays.

| in the source | in the twin |
|---|---|
| `o.a = v` | `ag__.set_attr(v, o, "a")` |
| `a, b = v` | `a, b = ag__.unpack(v, 2, False, 0)` |
| `a, o.b = v` | `ag__1, ag__2 = ag__.unpack(v, 2, False, 0)`, then `a = ag__1`, `ag__.set_attr(ag__2, o, "b")` |
| `x += v` | `x = ag__.inplace("+", x, v)` |
| `o.a += v` | `ag__.update_attr(o, "a", "+", lambda: v)` |
| `o[k] += v` | `ag__.update_item(o, k, "+", lambda: v, lambda: o)` |
| `x[i] = v` | `ag__.set_item(v, x, i, lambda: x)`: a tensor is replaced in what the lambda closes over |
| `o.a[i] = v` | `ag__.set_item(v, ag__.attr(o, "a"), i, lambda: o, "a")` |
| `d[k][i] = v` | `ag__.set_item(v, ag__.get_item(d, k), i, lambda: (d, k), True)` |
| `del o.a`, `del o[k]` | `ag__.del_attr(o, "a")`, `ag__.del_item(o, k)` |

The value is evaluated before the target's parts and targets are stored from left to right, as Python does.
"""

from __future__ import annotations

import ast
import copy
import itertools
from typing import TYPE_CHECKING

from autograph_hook.transpiler.analysis.scopes import has_yield
from autograph_hook.transpiler.templates import assign, at, constant, load, operator, statement, store, thunk

if TYPE_CHECKING:
    from autograph_hook.transpiler.passes.expressions import Expressions

_SYMBOLS: dict[type[ast.operator], str] = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.MatMult: "@",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
}


class Stores:
    """Rewrites the statements that store.

    >>> from autograph_hook.transpiler.templates import readable
    >>> from autograph_hook.transpiler.passes.expressions import Expressions
    >>> stores = Stores(Expressions(None, None, ()))
    >>> def show(text):
    ...     print(readable(ast.Module(stores.statement(ast.parse(text).body[0]), [])))
    >>> show("self.x = f(y)")
    ag__.set_attr(ag__.callee(f)(y), self, 'x')
    >>> show("[a, *b] = v")
    [a, *b] = ag__.unpack(v, 1, True, 0)
    >>> show("d[k] += v")
    ag__.update_item(d, k, '+', lambda: v, lambda: d)
    >>> show("a = o.b = v")
    ag__value_1 = v
    a = ag__value_1
    ag__.set_attr(ag__value_1, o, 'b')
    """

    def __init__(self, expressions: Expressions) -> None:
        self.expression = expressions
        self.numbers = itertools.count(1)

    def statement(self, node: ast.stmt) -> list[ast.stmt]:
        if isinstance(node, ast.Assign):
            return self._assign(node)
        if isinstance(node, ast.AnnAssign):
            if node.value is None:
                return [node] if isinstance(node.target, ast.Name) else [at(ast.Pass(), node)]
            return self.assigned(node.target, self.expression.loosely(node.value), node)
        if isinstance(node, ast.AugAssign):
            return self._augmented(node)
        assert isinstance(node, ast.Delete)
        return [part for target in node.targets for part in self._deleted(target, node)]

    def _assign(self, node: ast.Assign) -> list[ast.stmt]:
        value = self.expression.loosely(node.value)
        if len(node.targets) == 1:
            return self.assigned(node.targets[0], value, node)
        if all(isinstance(target, ast.Name) for target in node.targets):
            return [at(ast.Assign(node.targets, value), node)]
        name = self.temporary()
        out: list[ast.stmt] = [assign(name, value, node)]
        for target in node.targets:
            out += self.assigned(target, load(name, node), node)
        return out

    def assigned(self, target: ast.expr, value: ast.expr, like: ast.stmt) -> list[ast.stmt]:
        """Statements that store a value, rewritten already, to a target."""
        if isinstance(target, ast.Name):
            return [at(ast.Assign([target], value), like)]
        if isinstance(target, ast.Attribute):
            name = constant(self.expression.mangled(target.attr), target)
            return [statement(operator("set_attr", like, value, self.expression(target.value), name), like)]
        if isinstance(target, ast.Subscript):
            owner, key = self.expression(target.value), self.expression.key(target.slice)
            return [statement(operator("set_item", like, value, owner, key, *self._base(target.value, like)), like)]
        assert isinstance(target, (ast.Tuple, ast.List))
        return self._unpacked(target, value, like)

    def _unpacked(self, target: ast.Tuple | ast.List, value: ast.expr, like: ast.stmt) -> list[ast.stmt]:
        star = next((i for i, t in enumerate(target.elts) if isinstance(t, ast.Starred)), None)
        before = len(target.elts) if star is None else star
        after = 0 if star is None else len(target.elts) - star - 1
        counts = [constant(c, like) for c in (before, star is not None, after)]
        value = operator("unpack", like, value, *counts)
        inner = [t.value if isinstance(t, ast.Starred) else t for t in target.elts]
        if all(isinstance(t, ast.Name) for t in inner):
            return [at(ast.Assign([target], value), like)]
        names = [self.temporary() for _ in inner]
        stores: list[ast.expr] = [store(name, like) for name in names]
        if star is not None:
            stores[star] = at(ast.Starred(stores[star], ast.Store()), like)
        out: list[ast.stmt] = [at(ast.Assign([at(ast.Tuple(stores, ast.Store()), like)], value), like)]
        for part, name in zip(inner, names, strict=True):
            out += self.assigned(part, load(name, like), like)
        return out

    def _augmented(self, node: ast.AugAssign) -> list[ast.stmt]:
        self.expression.operations += 1
        symbol = constant(_SYMBOLS[type(node.op)], node)
        target = node.target
        if isinstance(target, ast.Name):
            read = self.expression.name(target)
            read = load(target.id, target) if read is target else read
            value = operator("inplace", node, symbol, read, self.expression(node.value))
            return [at(ast.Assign([store(target.id, target)], value), node)]
        if self.expression.yields and has_yield(node.value):
            return [node]
        late = self.expression.late(node.value)
        owner = self.expression(target.value)
        if isinstance(target, ast.Attribute):
            name = constant(self.expression.mangled(target.attr), target)
            return [statement(operator("update_attr", node, owner, name, symbol, late), node)]
        key, base = self.expression.key(target.slice), self._base(target.value, node)
        return [statement(operator("update_item", node, owner, key, symbol, late, *base), node)]

    def _base(self, owner: ast.expr, like: ast.stmt) -> list[ast.expr]:
        """What has the owner of an item, if that can be said twice: setting an item of a tensor makes a new one."""
        if isinstance(owner, ast.Name):
            return [thunk(load(owner.id, like), like)]
        if isinstance(owner, ast.Attribute) and _is_simple(owner.value):
            name = constant(self.expression.mangled(owner.attr), like)
            return [thunk(self.expression(copy.deepcopy(owner.value)), like), name]
        if isinstance(owner, ast.Subscript) and _is_simple(owner.value) and _is_simple(owner.slice):
            parts = [self.expression(copy.deepcopy(owner.value)), self.expression.key(copy.deepcopy(owner.slice))]
            return [thunk(at(ast.Tuple(parts, ast.Load()), like), like), constant(True, like)]
        return []

    def _deleted(self, target: ast.expr, like: ast.stmt) -> list[ast.stmt]:
        if isinstance(target, ast.Attribute):
            name = constant(self.expression.mangled(target.attr), target)
            return [statement(operator("del_attr", like, self.expression(target.value), name), like)]
        if isinstance(target, ast.Subscript):
            owner, key = self.expression(target.value), self.expression.key(target.slice)
            return [statement(operator("del_item", like, owner, key), like)]
        found: list[ast.stmt] = [at(ast.Delete([target]), like)]
        if isinstance(target, ast.Name) and target in self.expression.reads.unbound:
            found.insert(0, statement(self.expression.name(target), like))
        return found

    def temporary(self) -> str:
        return f"ag__value_{next(self.numbers)}"


def _is_simple(node: ast.expr) -> bool:
    """Does evaluating it twice do no harm?"""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, (ast.Name, ast.Constant))
