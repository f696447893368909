"""All statements of a function, each by the pass that knows it."""

from __future__ import annotations

import ast
from collections.abc import Sequence

from autograph_hook.transpiler import flags
from autograph_hook.transpiler.analysis.jumps import own_jump
from autograph_hook.transpiler.analysis.scopes import has_yield, kind
from autograph_hook.transpiler.passes import printing
from autograph_hook.transpiler.passes.control_flow import ITEM, ControlFlow, Frame
from autograph_hook.transpiler.passes.expressions import Expressions, is_operator
from autograph_hook.transpiler.passes.plain import Plain
from autograph_hook.transpiler.passes.stores import Stores
from autograph_hook.transpiler.templates import at, constant, load, operator, rebuilt, statement, store, thunk


class Statements:
    """Rewrites the statements of one function, whose jumps are lowered."""

    def __init__(
        self, expressions: Expressions, control: ControlFlow, plain: Plain, optimize: bool
    ) -> None:
        self.expression = expressions
        self.stores = Stores(expressions)
        self.control = control
        self.plain = plain
        self.optimize = optimize
        """Are assertions left out?"""
        self.flags = 0

    def block(self, nodes: Sequence[ast.stmt], frame: Frame) -> list[ast.stmt]:
        around = self.expression.taken_definitions()
        out: list[ast.stmt] = []
        for node in nodes:
            out.extend(self._defined(self.statement(node, frame), frame))
        self.expression.definitions, self.expression.bound = around
        return out

    def _defined(self, rewritten: list[ast.stmt], frame: Frame) -> list[ast.stmt]:
        """After the functions that its expressions need."""
        definitions, bound = self.expression.taken_definitions()
        frame.shared |= bound
        return [*definitions, *rewritten] if definitions else rewritten

    def statement(self, node: ast.stmt, frame: Frame) -> list[ast.stmt]:
        if isinstance(node, ast.Expr):
            if isinstance(node.value, ast.Constant):
                return [node]
            return [at(ast.Expr(self.expression(node.value)), node)]
        if isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Delete)):
            return self.stores.statement(node)
        if isinstance(node, ast.Return):
            return [at(ast.Return(self.expression.loosely(node.value) if node.value is not None else None), node)]
        if isinstance(node, ast.If):
            return self._if(node, frame)
        if isinstance(node, ast.While):
            return self._while(node, frame)
        if isinstance(node, ast.For):
            return self._for(node, frame)
        if isinstance(node, ast.With):
            return self._with(node, frame)
        if kind(node) in ("Try", "TryStar"):
            return self._try(node, frame)
        if isinstance(node, ast.Match):
            cases = []
            for case in node.cases:
                guard = self.expression.condition(case.guard) if case.guard is not None else None
                cases.append(ast.match_case(case.pattern, guard, self.block(case.body, frame)))
            return [at(ast.Match(self.expression(node.subject), cases), node)]
        if isinstance(node, ast.Raise):
            exc = self.expression(node.exc) if node.exc is not None else None
            cause = self.expression(node.cause) if node.cause is not None else None
            return [at(ast.Raise(exc, cause), node)]
        if isinstance(node, ast.Assert):
            return self._assert(node)
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            self.flags |= flags.STORES_OUTSIDE
            return []
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self.flags |= flags.IMPORTS
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return [self._definition(node)]
        return [node]

    def _definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> ast.stmt:
        """Decorators, defaults and base classes are evaluated here; the body is another function's."""
        decorators = self.expression.decorators(node.decorator_list)
        if not isinstance(node, ast.ClassDef):
            return rebuilt(node, decorator_list=decorators, args=self.expression.defaults(node.args))
        self.flags |= flags.DEFINES_CLASS
        bases = [self.expression(base) for base in node.bases]
        keywords = [rebuilt(keyword, value=self.expression(keyword.value)) for keyword in node.keywords]
        return rebuilt(node, decorator_list=decorators, bases=bases, keywords=keywords)

    def _if(self, node: ast.If, frame: Frame) -> list[ast.stmt]:
        if self.plain.has(node) or (self.plain and own_jump([node])):
            # A jump that is left belongs to a plain loop, which a function of ours could not leave.
            body, orelse = self.block(node.body, frame), self.block(node.orelse, frame)
            return [at(ast.If(self._decided(node.test, node), body, orelse), node)]
        then, other = Frame(), Frame()
        return self.control.if_(
            node, frame, (then, self.block(node.body, then)), (other, self.block(node.orelse, other))
        )

    def _while(self, node: ast.While, frame: Frame) -> list[ast.stmt]:
        self.flags |= flags.LOOPS
        if self.plain.has(node):
            body = self.block(node.body, frame)
            return [at(ast.While(self._decided(node.test, node), body, self.block(node.orelse, frame)), node)]
        inner = Frame()
        return self.control.while_(node, frame, inner, self.block(node.body, inner))

    def _decided(self, test: ast.expr, node: ast.stmt) -> ast.expr:
        """The condition of a statement that stays Python's."""
        value = self.expression.condition(test)
        if not self.plain.yields or node.lineno in self.plain.lines:
            return value
        return operator("decided", test, value, constant("yield", test))

    def _for(self, node: ast.For, frame: Frame) -> list[ast.stmt]:
        self.flags |= flags.LOOPS
        inner = Frame()
        head = self.stores.assigned(node.target, load(ITEM, node), node)
        head = self._defined(head, frame if self.plain.has(node) else inner)
        if self.plain.has(node):
            subject = self.expression(node.iter)
            if node.lineno in self.plain.lines:
                subject = operator("iterate", node.iter, subject)
            else:
                subject = operator("listed", node.iter, subject, constant("yield", node))
            body = [*head, *self.block(node.body, frame)]
            orelse = self.block(node.orelse, frame)
            return [rebuilt(node, target=store(ITEM, node), iter=subject, body=body, orelse=orelse)]
        return self.control.for_(node, frame, inner, [*head, *self.block(node.body, inner)])

    def _with(self, node: ast.With, frame: Frame) -> list[ast.stmt]:
        for i, item in enumerate(node.items[:-1]):
            if item.optional_vars is not None and not isinstance(item.optional_vars, ast.Name):
                # The store, a statement of the body, comes before the next manager is asked for.
                inner = at(ast.With(node.items[i + 1 :], node.body), node)
                return self._with(at(ast.With(node.items[: i + 1], [inner]), node), frame)
        items, stores, is_users = [], [], False
        for item in node.items:
            target = item.optional_vars
            if target is not None and not isinstance(target, ast.Name):
                name = self.stores.temporary()
                stores += self.stores.assigned(target, load(name, node), node)
                target = at(ast.Name(name, ast.Store()), node)
            manager = self.expression(item.context_expr)
            if not is_operator(getattr(item.context_expr, "func", item.context_expr)):
                manager = operator("context", item.context_expr, manager)
                is_users = True
            items.append(ast.withitem(manager, target))
        if is_users:
            name = self.stores.temporary()
            outside = ast.withitem(operator("unless_swallowed", node), at(ast.Name(name, ast.Store()), node))
            items = [outside, *items, ast.withitem(load(name, node), None)]
        return [at(ast.With(items, [*stores, *self.block(node.body, frame)]), node)]

    def _try(self, node: ast.stmt, frame: Frame) -> list[ast.stmt]:
        self.flags |= flags.TRIES
        handlers = []
        for handler in node.handlers:  # type: ignore[attr-defined]
            kinds = [self.expression(handler.type)] if handler.type is not None else []
            caught = operator("caught", handler.type or handler, *kinds)
            handlers.append(at(ast.ExceptHandler(caught, handler.name, self.block(handler.body, frame)), handler))
        parts = {part: self.block(getattr(node, part), frame) for part in ("body", "orelse", "finalbody")}
        return [rebuilt(node, handlers=handlers, **parts)]

    def _message(self, node: ast.expr) -> ast.expr:
        if isinstance(node, ast.JoinedStr) and not self.expression.binds(node):
            return thunk(printing.message(node, self.expression), node)
        return self.expression.late(node)

    def _assert(self, node: ast.Assert) -> list[ast.stmt]:
        if self.optimize:
            return [at(ast.Pass(), node)]
        if self.expression.yields and node.msg is not None and has_yield(node.msg):
            return [at(ast.Assert(self._decided(node.test, node), self.expression(node.msg)), node)]
        message: ast.expr = constant(None, node)
        if node.msg is not None:
            message = self._message(node.msg)
        return [statement(operator("assert_", node, self.expression.condition(node.test), message), node)]
