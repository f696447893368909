"""Build the twins of a module's functions: their trees, then their code.

A twin is compiled inside a skeleton, which gives its free variables, `__class__` and private names the meaning
that they have in the module:

    def ag__skeleton_7(ag__, <the function's free variables>):
        global C
        class C:
            def method(self, x):
                <the rewritten body>

Only the code object of `method` is kept. Functions inside the body stay plain, with their gates; each has a twin
of its own.
"""

from __future__ import annotations

import ast
import sys
import types
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from autograph_hook.transpiler.analysis.definitions import uncertain_reads
from autograph_hook.transpiler.analysis.liveness import Liveness
from autograph_hook.transpiler.analysis.scopes import descendants, mangled
from autograph_hook.transpiler.analysis.variables import Known, bound_names, changes
from autograph_hook.transpiler.flags import LOOPS
from autograph_hook.transpiler.generators import generator_numbers, marked
from autograph_hook.transpiler.passes.control_flow import ControlFlow, Frame
from autograph_hook.transpiler.passes.expressions import Expressions
from autograph_hook.transpiler.passes.jumps import Lowered, lower_jumps
from autograph_hook.transpiler.passes.leading_breaks import without_leading_breaks
from autograph_hook.transpiler.passes.matching import Matched, lower_matches
from autograph_hook.transpiler.passes.plain import Plain, Unsupported
from autograph_hook.transpiler.passes.statements import Statements
from autograph_hook.transpiler.sites import SCRIPT, Site
from autograph_hook.transpiler.templates import MIXED, RUNTIME, at, constant, parameters

_SKELETON = "ag__skeleton_"
_TRY_STAR = (ast.TryStar,) if sys.version_info >= (3, 11) else ()
_COMPOUND = (ast.If, ast.While, ast.For, ast.With, ast.Try, ast.Match, *_TRY_STAR)


@dataclass
class Built:
    codes: tuple[types.CodeType | None, ...]
    sizes: list[int]
    """Operations in the source of each function."""
    flags: list[int]
    problems: list[tuple[int, str]]


@dataclass
class Twin:
    site: Site
    tree: ast.FunctionDef
    size: int
    flags: int


def build_twins(
    tree: ast.Module, sites: Sequence[Site], path: str, optimize: int, plain_lines: frozenset[int]
) -> Built:
    """The twins of all sites of a module; None for a function that has none, with the reason among `problems`."""
    drops_asserts = optimize > 0 or (optimize < 0 and sys.flags.optimize > 0)
    built = Built((), [], [], [])
    twins: list[Twin | None] = []
    for site in sites:
        try:
            twin = twin_of(site, plain_lines, drops_asserts) if site.name != SCRIPT else None
        except Unsupported as problem:
            twin = None
            built.problems.append((problem.line, f"{site.qualname} has no twin: {problem.reason}"))
        except RecursionError:
            twin = None
            built.problems.append((site.node.lineno, f"{site.qualname} has no twin: it is nested too deeply"))
        twins.append(twin)
        built.sizes.append(twin.size if twin else 0)
        built.flags.append(twin.flags if twin else LOOPS if site.name == SCRIPT else 0)
    future = [s for s in tree.body if isinstance(s, ast.ImportFrom) and s.module == "__future__"]
    codes = compiled([t for t in twins if t and not t.site.is_generator], future, path, optimize, built.problems)
    for twin in twins:
        if twin is not None and twin.site.is_generator:
            # Alone: the compiler makes one constant of equal codes, and that of a generator function inside another
            # twin, which has no gate, may be equal in all but its qualified name.
            codes.update(compiled([twin], future, path, optimize, built.problems))
    generators = generator_numbers(sites)
    codes = {number: marked(code, generators, inside=True) for number, code in codes.items()}
    built.codes = tuple(codes.get(site.number) for site in sites)
    return built


def twin_of(site: Site, plain_lines: frozenset[int] = frozenset(), drops_asserts: bool = False) -> Twin:
    """The tree of one function's twin."""
    node = site.node
    matched = lower_matches(body_of(site), site.class_name, plain_lines) if site.matches else Matched(body_of(site))
    body = matched.body
    # Most functions are a straight run of simple statements: nothing to lower, and no construct to give a state.
    straight = not any(isinstance(s, _COMPOUND) for s in body)
    if not straight:
        body = without_leading_breaks(body, [*arguments_of(node.args), *site.free], plain_lines)
    plain = Plain(plain_lines, site.is_generator)
    rebinds = bool(site.declarations and names_rebound(body))
    lowered = Lowered(list(body)) if straight else lower_jumps(body, plain, calls_rebind=rebinds)
    lowered.guarded |= matched.guarded
    return rewritten(site, lowered, signature(node.args), _defaults(node.args), plain, drops_asserts)


def rewritten(
    site: Site,
    lowered: Lowered,
    parameters: ast.arguments,
    defaults: dict[str, bool],
    plain: Plain,
    drops_asserts: bool = False,
) -> Twin:
    """The twin of statements whose jumps are lowered, as a function of these parameters. `defaults`: of each of them,
    whether its default is None."""
    node = site.node
    body = lowered.body
    straight = not any(isinstance(s, _COMPOUND) for s in body)
    arguments = arguments_of(parameters)
    outside, enclosing = declared(body) if site.declarations else (set(), set())
    rebound = names_rebound(body) if site.declarations else set()
    known = Known(site.walrus)
    bound = {name for name in changes(body, known).names if not name.startswith(RUNTIME)}
    own = arguments + sorted(bound - set(arguments) - outside - enclosing)
    own += [name for name in site.free if name not in own]
    positional = [a.arg for a in (*parameters.posonlyargs, *parameters.args)]
    first = positional[0] if positional else None
    expressions = Expressions(site.class_name, first, own, outside, walrus=site.walrus, yields=site.is_generator)
    live = Liveness(() if straight else body, lowered.ends, own, bool(plain), enclosing)
    swallowed = live
    if not straight and _has_context(body):
        swallowed = Liveness(body, lowered.ends, own, bool(plain), enclosing, swallows=True)
    deleted = _deleted(body) & rebound if rebound else ()
    names = bound - outside - enclosing
    reads = uncertain_reads(body, defaults, names, live.uses, live.tested, site.walrus, deleted)
    expressions.reads = reads._replace(uncertain=set()) if straight and not site.walrus else reads
    control = ControlFlow(live, swallowed, lowered, expressions, outside, rebound & set(own), known)
    statements = Statements(expressions, control, plain, drops_asserts)
    frame = Frame()
    out = statements.block(body, frame)
    frame.shared.update(node.id for node in reads.unbound if isinstance(node, ast.Name))
    frame.shared.update(live.comprehended & bound)  # where only parts store them, they would be the module's names
    out = frame.bound(frame.shared - set(arguments) - enclosing - outside, out, body[0])
    declarations: list[ast.stmt] = []
    if outside:
        declarations.append(at(ast.Global(sorted(outside)), body[0]))
    if enclosing:
        declarations.append(at(ast.Nonlocal(sorted(enclosing)), body[0]))
    if site.is_generator:
        # Lowering drops what is never reached, which may be the only `yield`.
        never = at(ast.Expr(at(ast.Yield(), node)), node)
        declarations.append(at(ast.If(constant(False, node), [never], []), node))
    function = ast.FunctionDef(name=site.name, args=parameters, body=[*declarations, *out], decorator_list=[])
    function.type_params = []  # type: ignore[attr-defined]
    at(function, node)
    return Twin(site, function, expressions.operations, statements.flags)


def names_rebound(body: Sequence[ast.stmt]) -> set[str]:
    """The names that functions inside these statements declare nonlocal."""
    return {name for node in _inside(body) if isinstance(node, ast.Nonlocal) for name in node.names}


def _deleted(body: Sequence[ast.stmt]) -> set[str]:
    """The names that functions inside these statements delete."""
    deletes = [target for node in _inside(body) if isinstance(node, ast.Delete) for target in node.targets]
    return {name for target in deletes for name in bound_names(target)}


def _has_context(body: Sequence[ast.stmt]) -> bool:
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.With, ast.AsyncWith)):
            return True
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for name in ("body", "orelse", "handlers", "finalbody", "cases"):
                todo.extend(getattr(node, name, ()))
    return False


def _inside(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """What functions and classes inside these statements consist of."""
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield from descendants(node)
        else:
            for name in ("body", "orelse", "handlers", "finalbody", "cases"):
                todo.extend(getattr(node, name, ()))


def declared(body: Sequence[ast.stmt]) -> tuple[set[str], set[str]]:
    """The names that a function declares global, and those that it declares nonlocal."""
    outside: set[str] = set()
    enclosing: set[str] = set()
    todo: list[ast.AST] = list(body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Global):
            outside.update(node.names)
        elif isinstance(node, ast.Nonlocal):
            enclosing.update(node.names)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            for name in ("body", "orelse", "handlers", "finalbody", "cases"):
                todo.extend(getattr(node, name, ()))
    return outside, enclosing


def body_of(site: Site) -> list[ast.stmt]:
    if isinstance(site.body, ast.expr):
        return [at(ast.Return(site.body), site.body)]
    first = site.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) and isinstance(first.value.value, str):
        return site.body[1:]
    return site.body


def arguments_of(arguments: ast.arguments) -> list[str]:
    found = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return found + [a.arg for a in (arguments.vararg, arguments.kwarg) if a is not None]


def _defaults(arguments: ast.arguments) -> dict[str, bool]:
    """Of each parameter, whether its default is None."""
    found = dict.fromkeys(arguments_of(arguments), False)
    positional = [*arguments.posonlyargs, *arguments.args]
    pairs = [*zip(reversed(positional), reversed(arguments.defaults), strict=False)]
    pairs += [(a, d) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True) if d is not None]
    for argument, default in pairs:
        found[argument.arg] = isinstance(default, ast.Constant) and default.value is None
    return found


def signature(arguments: ast.arguments) -> ast.arguments:
    """The same parameters without defaults and annotations: those belong to the running function."""

    def bare(argument: ast.arg) -> ast.arg:
        return at(ast.arg(argument.arg), argument)

    return ast.arguments(
        posonlyargs=[bare(a) for a in arguments.posonlyargs],
        args=[bare(a) for a in arguments.args],
        vararg=bare(arguments.vararg) if arguments.vararg else None,
        kwonlyargs=[bare(a) for a in arguments.kwonlyargs],
        kw_defaults=[None] * len(arguments.kwonlyargs),
        kwarg=bare(arguments.kwarg) if arguments.kwarg else None,
        defaults=[],
    )


def skeleton(twin: Twin) -> ast.FunctionDef:
    site, tree = twin.site, twin.tree
    inner: ast.stmt = tree
    free = [mangled(name, site.class_name) for name in site.free]
    if site.class_name is not None:
        made = ast.ClassDef(name=site.class_name, bases=[], keywords=[], body=[tree], decorator_list=[])
        made.type_params = []  # type: ignore[attr-defined]
        inner = at(made, tree)
        free = [name for name in free if name != "__class__"]
    body = [inner]
    bound = site.class_name or site.name
    if bound not in free and bound.isidentifier():
        # Inside the function the name is the module's own: the skeleton must not bind it.
        body.insert(0, at(ast.Global([bound]), tree))
    outer = ast.FunctionDef(
        name=f"{_SKELETON}{site.number}", args=parameters([RUNTIME, MIXED, *free], tree), body=body, decorator_list=[]
    )
    outer.type_params = []  # type: ignore[attr-defined]
    return at(outer, tree)


def compiled(
    twins: list[Twin], future: list[ast.ImportFrom], path: str, optimize: int, problems: list[tuple[int, str]]
) -> dict[int, types.CodeType]:
    """Compile them at once; when one of them cannot be compiled, one by one, so that only that one is lost."""
    try:
        return _compile_group(twins, future, path, optimize)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if len(twins) == 1:
            site = twins[0].site
            problems.append((site.node.lineno, f"{site.qualname} has no twin: {error}"))
            return {}
    found: dict[int, types.CodeType] = {}
    for twin in twins:
        found.update(compiled([twin], future, path, optimize, problems))
    return found


def _compile_group(
    twins: list[Twin], future: list[ast.ImportFrom], path: str, optimize: int
) -> dict[int, types.CodeType]:
    module = ast.Module([*future, *(skeleton(twin) for twin in twins)], [])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # compiling the plain code has given the warnings already
        code = compile(module, path, "exec", dont_inherit=True, optimize=optimize)
    skeletons = {c.co_name: c for c in code.co_consts if isinstance(c, types.CodeType)}
    found: dict[int, types.CodeType] = {}
    for twin in twins:
        inner = skeletons[f"{_SKELETON}{twin.site.number}"]
        for name in (twin.site.class_name, twin.site.name):
            if name is not None:
                inner = next(c for c in inner.co_consts if isinstance(c, types.CodeType) and c.co_name == name)
        found[twin.site.number] = inner
    return found
