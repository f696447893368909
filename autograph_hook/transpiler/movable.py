"""Which statements may move into functions of their own, and what else can be seen of a module's names."""

from __future__ import annotations
import __future__

import ast
import re
from collections.abc import Sequence
from typing import Any

from autograph_hook.transpiler.analysis.scopes import FRAME_BUILTINS, children, descendants, outside_parts, scope_of
from autograph_hook.transpiler.passes.plain import Unsupported
from autograph_hook.transpiler.sites import SCRIPT, Site
from autograph_hook.transpiler.templates import at, constant, load, rebuilt
from autograph_hook.transpiler.twins import body_of, declared

_LOOKS_AROUND = FRAME_BUILTINS | {
    "_getframe", "stacklevel", "currentframe", "stack", "breakpoint", "set_trace",
}  # fmt: skip
"""Names that hint at code which looks at its own frame: a statement that moved into a function is another one."""

_LOOKS_AT_MODULES = FRAME_BUILTINS | {
    "globals", "__dict__", "modules", "__main__", "getmembers", "run_path", "run_module",
}  # fmt: skip
"""Names that hint at code which may read any name of a module."""


class Movable:
    """Statements as they may stand in functions of their own.

    - `global` and `nonlocal` go: each function declares what it stores.
    - A name that is declared cannot be annotated: `x: int = 1` becomes `x = 1`. In a function the annotation does
      nothing; in a script it is stored after the statement (`annotations`).
    - `super()` asks for the frame of the method: `super(__class__, self)` does not.
    """

    def __init__(self, site: Site, future: bool) -> None:
        self.is_script = is_script(site)
        self.future = future
        """Are annotations texts?"""
        arguments = site.node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        self.first = positional[0].arg if positional else None
        self.bare: dict[str, int] = {}
        """Names that are annotated without a value in a function, and the lines."""
        self.annotations: dict[ast.stmt, tuple[str, ast.stmt]] = {}
        """For statements of a script that annotate a name: the name, and the statement that stores the annotation."""

    def block(self, nodes: Sequence[ast.stmt]) -> list[ast.stmt]:
        return [self.statement(node) for node in nodes]

    def statement(self, node: ast.stmt) -> ast.stmt:
        if isinstance(node, (ast.Global, ast.Nonlocal)):
            return at(ast.Pass(), node)
        if isinstance(node, ast.AnnAssign):
            return self._annotated(node)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return node
        return self._statement(node)

    def _statement(self, node: ast.stmt) -> ast.stmt:
        made: ast.stmt = self._part(node)
        return made

    def _annotated(self, node: ast.AnnAssign) -> ast.stmt:
        if not isinstance(node.target, ast.Name):
            if self.is_script:
                raise Unsupported(node.lineno, "it annotates something else than a name")
            return self._statement(node)
        name = node.target.id
        value = self._part(node.value) if node.value is not None else None
        made: ast.stmt = at(ast.Pass() if value is None else ast.Assign([node.target], value), node)
        if self.is_script and node.simple:
            owner = load("__annotations__", node)
            target = at(ast.Subscript(owner, constant(name, node), ast.Store()), node)
            self.annotations[made] = name, at(ast.Assign([target], self._annotation(node)), node)
        elif self.is_script:
            raise Unsupported(node.lineno, f"it annotates {name} in parentheses")
        elif value is None:
            self.bare[name] = node.lineno
        return made

    def _annotation(self, node: ast.AnnAssign) -> ast.expr:
        if not self.future:
            return node.annotation
        written = ast.Module([rebuilt(node, value=None)], [])
        names: dict[str, Any] = {}
        exec(compile(written, "<annotation>", "exec", __future__.annotations.compiler_flag, dont_inherit=True), names)
        (text,) = names["__annotations__"].values()
        return constant(text, node)

    def _part(self, node: Any) -> Any:
        """A node with its blocks and its calls of `super` changed; itself where there is nothing to change."""
        if isinstance(node, (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)):
            if not isinstance(node, ast.Lambda) and any(_is_name(inner, "super") for inner in descendants(node)):
                raise Unsupported(node.lineno, "it uses super() in a comprehension")
            return node
        if isinstance(node, ast.Call) and _is_name(node.func, "super") and not node.args and not node.keywords:
            if self.first is None:
                raise Unsupported(node.lineno, "it uses super() without an argument of its own")
            return at(ast.Call(node.func, [load("__class__", node), load(self.first, node)], []), node)
        changed: dict[str, Any] = {}
        for name in node._fields:
            value = getattr(node, name, None)
            if isinstance(value, list):
                made = [self._child(item) for item in value]
                if any(one is not other for one, other in zip(made, value, strict=True)):
                    changed[name] = made
            elif isinstance(value, ast.AST):
                inner = self._child(value)
                if inner is not value:
                    changed[name] = inner
        return _like(node, changed) if changed else node

    def _child(self, node: Any) -> Any:
        return self.statement(node) if isinstance(node, ast.stmt) else self._part(node) if _has_parts(node) else node


def _has_parts(node: Any) -> bool:
    return isinstance(node, ast.AST) and bool(node._fields)


def _is_name(node: Any, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _like(node: Any, changed: dict[str, Any]) -> Any:
    """The node with other parts; not all kinds of nodes have a place in the source."""
    if hasattr(node, "lineno"):
        return rebuilt(node, **changed)
    return type(node)(**{**{name: getattr(node, name, None) for name in node._fields}, **changed})


def require_movable(body: Sequence[ast.stmt]) -> None:
    called = {id(node.func) for part in body for node in descendants(part) if isinstance(node, ast.Call)}
    for node in body:
        for inner in descendants(node):
            name = inner.id if isinstance(inner, ast.Name) else inner.attr if isinstance(inner, ast.Attribute) else None
            name = inner.arg if isinstance(inner, ast.keyword) else name
            if _is_name(inner, "super") and id(inner) not in called:
                raise Unsupported(inner.lineno, "it uses super without calling it")
            if name == "stack" and isinstance(inner, ast.Attribute) and not _is_name(inner.value, "inspect"):
                continue  # tf.stack, np.stack
            if name in _LOOKS_AROUND:
                raise Unsupported(inner.lineno, f"it uses {name}, which looks at the function that it stands in")


def site_names(site: Site) -> frozenset[str]:
    """The names that a loop of a module stores."""
    return frozenset(declared(body_of(site))[0])


def mentioned(tree: ast.Module, site: Site) -> frozenset[str]:
    """The names that a module mentions outside of one of its loops, be it as a text. A function's own names are others.

    >>> from autograph_hook.transpiler.gates import insert_gates
    >>> tree = ast.parse('''
    ... def f(xs):
    ...     tape = len(xs)
    ...     return tape, total
    ... for x in f([]): tape = total = f(x)
    ... ''')
    >>> sorted(mentioned(tree, insert_gates(tree)[-1]) & {"tape", "total"})
    ['total']
    """
    inside = {id(node) for statement in body_of(site) for node in descendants(statement)}
    found: set[str] = set()
    todo: list[tuple[ast.AST, frozenset[str]]] = [(tree, frozenset())]
    while todo:
        node, own = todo.pop()
        name = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else None
        if name in _LOOKS_AT_MODULES:
            return site_names(site)
        parts = list(children(node))
        if isinstance(node, _FUNCTIONS):
            around = outside_parts(node)
            todo += [(part, own) for part in around]
            parts = [part for part in parts if not any(part is other for other in around)]
            own |= _own_names(node)
        todo += [(part, own) for part in parts]
        if id(node) in inside:
            continue
        if name is not None and not (isinstance(node, ast.Name) and name in own):
            found.add(name)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return frozenset(found)


_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)


def _own_names(function: ast.AST) -> set[str]:
    """The names that belong to a function, and to no module in any function inside it."""
    outside = {name for node in descendants(function) if isinstance(node, ast.Global) for name in node.names}
    return scope_of(function).locals - outside


def is_script(site: Site) -> bool:
    """Is it a loop of a module, not a function?"""
    return site.name == SCRIPT


def named_to_others(node: ast.AST) -> frozenset[str]:
    """The words of the texts that functions are called with; those that `print` is given are for people.

    >>> node = ast.parse("rows = frame.query('score > @limit', engine='python')")
    >>> sorted(named_to_others(node))
    ['limit', 'python', 'score']
    """
    calls = [inner for inner in descendants(node) if isinstance(inner, ast.Call) and not _is_name(inner.func, "print")]
    given = [value for call in calls for value in (*call.args, *(keyword.value for keyword in call.keywords))]
    texts = [inner.value for value in given for inner in descendants(value) if isinstance(inner, ast.Constant)]
    return frozenset(word for text in texts if isinstance(text, str) for word in re.findall(r"\w+", text))
