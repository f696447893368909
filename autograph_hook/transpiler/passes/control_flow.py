"""`if`, `while` and `for` become operators that are given their bodies as functions.

Before:

    if c:
        x = f()

After:

    def ag__then_1():
        nonlocal x
        x = ag__.callee(f)()
    ag__.if_(c, ag__then_1, None, ('x',), (), ())

The bodies share the names of the function through cells: a name without a value is an empty cell, `del` works,
and Python itself raises where a name is read too early. The operator finds the cells in the bodies' closures.
Its arguments after the bodies: the names whose value is used afterwards, the names that are only used inside,
the attributes and items that the bodies store to, and whether a flag guards the names that one side leaves without
a value. A name used in one body only becomes a name of that body.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Sequence
from typing import Any

from autograph_hook.transpiler.analysis.liveness import Liveness
from autograph_hook.transpiler.analysis.variables import Changes, Known, changes
from autograph_hook.transpiler.passes.expressions import Expressions
from autograph_hook.transpiler.passes.jump_names import none_of
from autograph_hook.transpiler.passes.jumps import Lowered
from autograph_hook.transpiler.templates import (
    assign,
    at,
    constant,
    function,
    operator,
    statement,
    thunk,
    tuple_of,
)

ITEM = "ag__item"


class Frame:
    """A function of the twin while its statements are rewritten: the user's, or a body made by this pass."""

    def __init__(self) -> None:
        self.shared: set[str] = set()
        """Names of this function that functions inside it declare nonlocal."""

    def bound(self, names: set[str], body: list[ast.stmt], like: ast.AST) -> list[ast.stmt]:
        """The body with its own shared names bound in it: a store that never runs is enough for the compiler."""
        missing = sorted(self.shared & names)
        if not missing:
            return body
        dead: list[ast.stmt] = [assign(name, constant(None, like), like) for name in missing]
        return [at(ast.If(constant(False, like), dead, []), like), *body]


class ControlFlow:
    def __init__(
        self,
        live: Liveness,
        swallowed: Liveness,
        lowered: Lowered,
        expressions: Expressions,
        outside: set[str],
        rebound: set[str],
        known: Known,
    ) -> None:
        self.live = live
        self.swallowed = swallowed
        """What is live where a context manager takes back an exception. The bodies share these names, too; a graph,
        which cannot go on there, need not carry them."""
        self.ends = lowered.ends
        self.guarded = lowered.guarded
        self.expression = expressions
        self.outside = outside
        """Names that the user's function declares global."""
        self.rebound = rebound
        """Names that functions inside it may bind anew, whenever they are called."""
        self.numbers = itertools.count(1)
        self.known = known

    def if_(
        self, node: ast.If, frame: Frame, body: tuple[Frame, list[ast.stmt]], orelse: tuple[Frame, list[ast.stmt]]
    ) -> list[ast.stmt]:
        number = next(self.numbers)
        changed = self._changed([*node.body, *node.orelse])
        after, within = self.live.after[node], self.live.within[node]
        joined = {name for name in changed.names if name in after and name not in self.outside}
        inside = {name for name in changed.names if name in within and name not in self.outside} - joined
        shared = joined | inside | self._kept(node, changed, self.swallowed)
        out: list[ast.stmt] = []
        names: list[ast.expr] = []
        for kind, (inner, statements), original in (("then", body, node.body), ("else", orelse, node.orelse)):
            if not statements:
                names.append(constant(None, node))
                continue
            own = self._changed(original)
            out.append(self._body(f"ag__{kind}_{number}", (), own, shared, inner, statements, node))
            names.append(_name(out[-1], node))
        frame.shared |= shared
        arguments = [self.expression.condition(node.test), *names]
        arguments += [self._labels(joined, node), self._labels(inside, node)]
        arguments.append(self._places(changed, joined | inside, node))
        if node in self.guarded:
            arguments.append(constant(True, node))
        call = operator("if_", node, *arguments)
        return [*out, statement(call, node)]

    def while_(self, node: ast.While, frame: Frame, inner: Frame, body: list[ast.stmt]) -> list[ast.stmt]:
        number = next(self.numbers)
        changed = self._changed([*node.body, ast.Expr(node.test)])
        kept = self._kept(node, changed, self.live)
        shared = kept | self._kept(node, changed, self.swallowed)
        made = self._body(f"ag__body_{number}", (), self._changed(node.body), shared, inner, body, node)
        out: list[ast.stmt] = [made]
        test = self.expression.condition(node.test)
        flags = self.ends.get(node)
        if flags:
            going = none_of(flags, node)
            always = isinstance(node.test, ast.Constant) and node.test.value is True
            test = going if always else operator("and_", node, going, thunk(test, node.test))
        frame.shared |= shared
        places = self._places(changed, kept, node)
        call = operator("while_", node, thunk(test, node.test), _name(made, node), self._labels(kept, node), places)
        return [*out, statement(call, node)]

    def for_(self, node: ast.For, frame: Frame, inner: Frame, body: list[ast.stmt]) -> list[ast.stmt]:
        """`body` begins with the store to the target, from `ag__item`."""
        number = next(self.numbers)
        changed = self._changed([*node.body, ast.Delete([node.target])])
        kept = self._kept(node, changed, self.live)
        shared = kept | self._kept(node, changed, self.swallowed)
        made = self._body(f"ag__body_{number}", (ITEM,), changed, shared, inner, body, node)
        flags = self.ends.get(node)
        test: ast.expr = thunk(none_of(flags, node), node) if flags else constant(None, node)
        frame.shared |= shared
        places = self._places(changed, kept, node)
        subject = self.expression(node.iter)
        call = operator("for_", node, subject, _name(made, node), test, self._labels(kept, node), places)
        return [made, statement(call, node)]

    def _changed(self, statements: Sequence[ast.stmt]) -> Changes:
        found = changes(statements, self.known)
        found.names |= self.rebound
        return found

    def _labels(self, names: set[str], like: ast.AST) -> ast.expr:
        return self.expression.strings(sorted(names), like)

    def _kept(self, node: ast.stmt, changed: Changes, liveness: Liveness) -> set[str]:
        live = liveness.after[node] | liveness.within[node]
        return {name for name in changed.names if name in live and name not in self.outside}

    def _body(
        self,
        name: str,
        arguments: Sequence[str],
        own: Changes,
        kept: set[str],
        frame: Frame,
        statements: list[ast.stmt],
        like: ast.AST,
    ) -> ast.FunctionDef:
        shared = sorted((own.names | frame.shared) & kept)
        outside = sorted(own.names & self.outside)
        statements = frame.bound(frame.shared - kept, statements, like)
        declared = _Declared({*shared, *outside})
        statements = [declared.visit(statement) for statement in statements]
        if shared:
            statements = [at(ast.Nonlocal(shared), like), *statements]
        if outside:
            statements = [at(ast.Global(outside), like), *statements]
        return function(name, arguments, statements, like)

    def _places(self, changed: Changes, kept: set[str], like: ast.AST) -> ast.expr:
        """The attributes, items and globals that are part of a construct's state."""
        found: list[ast.expr] = []
        for name in sorted(changed.names & self.outside):
            found.append(operator("global_place", like, constant(name, like)))
        for label, place in sorted(changed.places.items()):
            if place.names & changed.names:
                continue  # the base or the key is another one each time: not one variable
            node = place.node
            owner = thunk(_loaded(node.value, like), like)
            if isinstance(node, ast.Attribute):
                name = constant(self.expression.mangled(node.attr), like)  # type: ignore[assignment]
                found.append(operator("attribute_place", like, constant(label, like), owner, name))  # type: ignore[arg-type]
            else:
                key = thunk(_loaded(node.slice, like), like)
                found.append(operator("item_place", like, constant(label, like), owner, key))
        return tuple_of(found, like)


def _name(node: ast.stmt, like: ast.AST) -> ast.expr:
    assert isinstance(node, ast.FunctionDef)
    return at(ast.Name(node.name, ast.Load()), like)


def _loaded(node: ast.expr, like: ast.AST) -> ast.expr:
    """A simple base or key as it is read."""
    if isinstance(node, ast.Attribute):
        return at(ast.Attribute(_loaded(node.value, like), node.attr, ast.Load()), like)
    if isinstance(node, ast.Subscript):
        return at(ast.Subscript(_loaded(node.value, like), _loaded(node.slice, like), ast.Load()), like)
    if isinstance(node, ast.UnaryOp):
        return at(ast.UnaryOp(node.op, _loaded(node.operand, like)), like)
    if isinstance(node, ast.Name):
        return at(ast.Name(node.id, ast.Load()), like)
    return node


class _Declared(ast.NodeTransformer):
    """Leaves out `a: int` of names that a function declares: Python takes no annotation of these, and none is kept."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.stmt:
        is_declared = node.value is None and isinstance(node.target, ast.Name) and node.target.id in self.names
        return at(ast.Pass(), node) if is_declared else node

    def visit(self, node: ast.AST) -> Any:
        is_of_another = isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr))
        return node if is_of_another else super().visit(node)
