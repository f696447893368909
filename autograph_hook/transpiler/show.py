"""Print the two codes of a module as source text."""

from __future__ import annotations

import ast
from collections.abc import Callable

from autograph_hook.transpiler.gates import insert_gates, is_placeholder
from autograph_hook.transpiler.passes.plain import Unsupported
from autograph_hook.transpiler.sites import Site
from autograph_hook.transpiler.templates import THUNK
from autograph_hook.transpiler.twins import twin_of


def show(
    source: bytes, path: str, function: str | None = None, optimize: int = -1, *, tree: bool = False
) -> tuple[str, str]:
    """The plain code with its gates, and the twins, as readable source; with `tree`, as syntax trees.

    The trees are gast's, which are the same for every Python: two of them can be compared.

    `function` is a qualified name (`f`, `C.method`, `f.<locals>.g`) or its last part; None means all. Raises
    LookupError when there is no such function, and SyntaxError for source that is not valid.
    """
    module = ast.parse(source, path)
    sites = insert_gates(module)
    text = to_tree if tree else to_source
    if function is None:
        chosen, plain = sites, [module]
    else:
        chosen = [s for s in sites if function in (s.qualname, s.name, s.qualname.replace(".<locals>", ""))]
        if not chosen:
            known = ", ".join(sorted(s.qualname for s in sites)) or "none"
            raise LookupError(f"{path} has no function {function!r} with a gate; it has: {known}")
        plain = [s.node for s in chosen]  # type: ignore[misc]
    before = "\n\n".join(text(_named_gates(node)) for node in plain)
    after = "\n\n".join(_twin_text(site, optimize, text) for site in chosen)
    return before, after


def to_source(tree: ast.AST) -> str:
    """Source text: astor's layout where it knows every node, else the standard library's."""
    try:
        import astor

        return str(astor.to_source(tree)).rstrip()
    except Exception:  # astor has no handler for newer nodes, and fails in several ways on them
        return ast.unparse(tree)


def to_tree(tree: ast.AST) -> str:
    """The tree as gast sees it, one node a line."""
    import gast

    return str(gast.dump(gast.ast_to_gast(tree), indent=2))


def _twin_text(site: Site, optimize: int, text: Callable[[ast.AST], str]) -> str:
    head = f"# {site.qualname}, line {site.node.lineno}"
    if site.free:
        head += f"; free: {', '.join(site.free)}"
    try:
        twin = twin_of(site, drops_asserts=optimize > 0)
    except Unsupported as problem:
        return f"{head}\n# no twin: {problem.reason} (line {problem.line})"
    tree = twin.tree
    tree.name = "lambda_" if tree.name == "<lambda>" else tree.name
    return f"{head}\n{text(_named_gates(tree))}"


def _named_gates(tree: ast.AST) -> ast.AST:
    """The tree with each placeholder written as a name, `GATE_3`."""
    named: ast.AST = _Namer().visit(tree)
    return ast.fix_missing_locations(named)


class _Namer(ast.NodeTransformer):
    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        self.generic_visit(node)
        last = node.values[-1]
        if isinstance(node.op, ast.Or) and isinstance(last, ast.Name) and last.id.startswith("GATE_"):
            return last
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.generic_visit(node)
        if node.args.vararg is not None and node.args.vararg.arg == THUNK:
            node.args.vararg = None
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if is_placeholder(node.value):
            return ast.Name(f"GATE_{node.value[1]}", ast.Load())  # type: ignore[index]
        return node
