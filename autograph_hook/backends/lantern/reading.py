"""Reading the printed form of a program; `text` writes it."""

from __future__ import annotations

import json
import re
from typing import NoReturn, TypeAlias, cast

from autograph_hook.errors import AutographError

from .ir import (
    DTYPES,
    Attr,
    Block,
    Call,
    Def,
    Dtype,
    Expr,
    Field,
    If,
    Let,
    List,
    Lit,
    Loop,
    Make,
    Map,
    Op,
    Program,
    Ptr,
    Record,
    Scalar,
    Tensor,
    Type,
    Var,
)


class ReadError(AutographError):
    """Text that is no program. The message begins with the line."""


class Atom(str):
    """A word of the text and its line."""

    line: int


class Node(list["Tree"]):
    """A parenthesis and the line where it opens."""

    line: int


Tree: TypeAlias = "Atom | Node"
TOKEN = re.compile(r'\s+|[()]|"(?:[^"\\]|\\.)*"|[^\s()"]+')


def _fail(tree: Tree, text: str) -> NoReturn:
    raise ReadError(f"line {tree.line}: {text}")


def parse(text: str) -> Tree:
    """The one S-expression of a text."""
    top = Node()
    top.line = line = 1
    open_nodes = [top]
    position = 0
    while position < len(text):
        match = TOKEN.match(text, position)
        if match is None:
            raise ReadError(f"line {line}: a text without end")
        word, position = match.group(), match.end()
        if word == "(":
            node = Node()
            node.line = line
            open_nodes[-1].append(node)
            open_nodes.append(node)
        elif word == ")":
            if len(open_nodes) == 1:
                raise ReadError(f"line {line}: a parenthesis too many")
            open_nodes.pop()
        elif not word.isspace():
            atom = Atom(word)
            atom.line = line
            open_nodes[-1].append(atom)
        line += word.count("\n")
    if len(open_nodes) > 1:
        raise ReadError(f"line {open_nodes[-1].line}: this parenthesis is not closed")
    if len(top) != 1:
        raise ReadError("line 1: one expression is wanted")
    return top[0]


def _node(tree: Tree, head: str | None = None, least: int = 0) -> Node:
    if not isinstance(tree, Node) or len(tree) < least or (head is not None and (not tree or tree[0] != head)):
        _fail(tree, f"`({head} …)` is wanted" if head else f"a list of {least} or more is wanted")
    return tree


def _word(tree: Tree) -> str:
    if not isinstance(tree, Atom) or tree.startswith(('"', "@", ":")):
        _fail(tree, "a name is wanted")
    return str(tree)


def _literal(tree: Tree) -> bool | int | float | None:
    """A number, a truth value or null."""
    words: dict[str, bool | None] = {"true": True, "false": False, "null": None}
    if isinstance(tree, Atom):
        if tree in words:
            return words[tree]
        for kind in (int, float):
            try:
                return kind(tree)
            except ValueError:
                pass
    _fail(tree, f"`{tree}` is no literal")


def read_type(tree: Tree) -> Type:
    if isinstance(tree, Atom) and tree in DTYPES:
        return Scalar(cast(Dtype, str(tree)))
    if isinstance(tree, Node) and len(tree) >= 2 and isinstance(tree[0], Atom):
        if tree[0] == "list" and len(tree) == 2:
            return List(read_type(tree[1]))
        if tree[0] == "ptr" and len(tree) == 2:
            return Ptr(_word(tree[1]))
        if tree[0] == "tensor" and len(tree) > 2 and tree[1] in DTYPES:
            return Tensor(cast(Dtype, str(tree[1])), _integers(tree[2:]))
    _fail(tree, "a type is wanted: bool, i32, i64, f32, f64, (tensor dtype d…), (list type) or (ptr Record)")


def _integers(trees: list[Tree]) -> tuple[int, ...]:
    values = [_literal(tree) for tree in trees]
    for tree, value in zip(trees, values, strict=True):
        if type(value) is not int:
            _fail(tree, "an integer is wanted")
    return cast("tuple[int, ...]", tuple(values))


def _var(tree: Tree) -> Var:
    node = _node(tree, least=2)
    if len(node) != 2:
        _fail(tree, "a name and its type are wanted")
    return Var(_word(node[0]), read_type(node[1]))


def _value(tree: Tree) -> Attr:
    if isinstance(tree, Atom) and tree.startswith('"'):
        return str(json.loads(tree))
    if (isinstance(tree, Atom) and tree in DTYPES) or (isinstance(tree, Node) and tree and tree[0] in _TYPE_HEADS):
        return read_type(tree)
    if isinstance(tree, Node):
        return _integers(tree)
    value = _literal(tree)
    if value is None:
        _fail(tree, "null is no attribute")
    return value


_TYPE_HEADS = ("tensor", "list", "ptr")


class _Reader:
    """Reads blocks. `scope` has the names that are bound so far, each with its type."""

    def __init__(self, scope: dict[str, Var]) -> None:
        self.scope = scope

    def name(self, tree: Tree) -> Var:
        var = self.scope.get(_word(tree))
        return var if var is not None else _fail(tree, f"`{tree}` is not bound here")

    def names(self, trees: list[Tree]) -> tuple[Var, ...]:
        return tuple(self.name(t) for t in trees)

    def block(self, tree: Tree, seen: tuple[Var, ...] = ()) -> Block:
        node = _node(tree, "begin", 2)
        inner = _Reader({**self.scope, **{v.name: v for v in seen}})
        lets = tuple(inner.let(t) for t in node[1:-1])
        return Block(lets, inner.names(_node(node[-1], "tuple")[1:]))

    def let(self, tree: Tree) -> Let:
        node = _node(tree, "let", 3)
        bound = _node(node[1])
        single = len(bound) == 2 and isinstance(bound[0], Atom)
        vars = (_var(bound),) if single else tuple(_var(t) for t in bound)
        line = 0
        if len(node) > 3:
            if len(node) > 4 or not re.fullmatch(r"@\d+", str(node[3])):
                _fail(node[3], "the line, as in `@12`, is wanted")
            line = int(node[3][1:])  # type: ignore[arg-type]
        expr = self.expr(node[2], vars)
        self.scope.update((v.name, v) for v in vars)
        return Let(vars, expr, line)

    def expr(self, tree: Tree, vars: tuple[Var, ...]) -> Expr:
        if isinstance(tree, Atom):
            if len(vars) != 1 or not isinstance(vars[0].type, Scalar | Ptr):
                _fail(tree, "a literal is a scalar or null")
            return Lit(_literal(tree), vars[0].type)
        head = _word(_node(tree, least=1)[0])
        rest = tree[1:]
        counts = {"field": (2, 2), "make": (1, 999), "call": (1, 999), "if": (3, 3), "loop": (3, 3), "map": (2, 2)}
        least, most = counts.get(head, (0, 9999))
        if not least <= len(rest) <= most:
            _fail(tree, f"`({head} …)` has {len(rest)} parts")
        match head:
            case "field":
                return Field(self.name(rest[0]), _word(rest[1]))
            case "make":
                return Make(_word(rest[0]), self.names(rest[1:]))
            case "call":
                return Call(_word(rest[0]), self.names(rest[1:]))
            case "if":
                return If(self.name(rest[0]), self.block(rest[1]), self.block(rest[2]))
            case "loop":
                seen, inits = self.carried(rest[0])
                return Loop(seen, inits, self.block(rest[1], seen), self.block(rest[2], seen))
            case "map":
                seen, args = self.carried(rest[0])
                return Map(seen, args, _Reader({}).block(rest[1], seen))
        return self.op(head, rest)

    def carried(self, tree: Tree) -> tuple[tuple[Var, ...], tuple[Var, ...]]:
        nodes = [_node(t, least=3) for t in _node(tree)]
        return tuple(Var(_word(n[0]), read_type(n[1])) for n in nodes), tuple(self.name(n[2]) for n in nodes)

    def op(self, head: str, rest: list[Tree]) -> Op:
        first = next((k for k, t in enumerate(rest) if isinstance(t, Atom) and t.startswith(":")), len(rest))
        attrs = {}
        for k in range(first, len(rest), 2):
            if k + 1 == len(rest) or not isinstance(rest[k], Atom) or not rest[k].startswith(":"):  # type: ignore[union-attr]
                _fail(rest[k], "an attribute, as in `:axis 0`, is wanted")
            attrs[str(rest[k][1:])] = _value(rest[k + 1])
        return Op(head, self.names(rest[:first]), tuple(sorted(attrs.items())))


def read(text: str) -> Program:
    """The program that a text describes. Raises ReadError where it describes none; whether the program is well-formed
    is the verifier's business, but that names are bound before they are used is needed here already."""
    node = _node(parse(text), "program")
    parts: dict[str, list[Node]] = {"param": [], "const": [], "record": [], "def": []}
    for tree in node[1:]:
        part = _node(tree, least=2)
        if part[0] not in parts:
            _fail(part, "`param`, `const`, `record` or `def` is wanted")
        parts[cast(str, part[0])].append(part)
    params, consts = (tuple(_var_of(p) for p in parts[kind]) for kind in ("param", "const"))
    records = tuple(Record(_word(p[1]), tuple(_var(t) for t in p[2:])) for p in parts["record"])
    scope = {v.name: v for v in (*params, *consts)}
    return Program(params, consts, records, tuple(_read_def(p, scope) for p in parts["def"]))


def _var_of(part: Node) -> Var:
    if len(part) != 3:
        _fail(part, f"`({part[0]} name type)` is wanted")
    return Var(_word(part[1]), read_type(part[2]))


def _read_def(node: Node, scope: dict[str, Var]) -> Def:
    path = ""
    rest = node[2:]
    if rest and isinstance(rest[0], Atom):
        value = _value(rest[0])
        path = value if isinstance(value, str) else _fail(rest[0], "the path of the source file is wanted")
        rest = rest[1:]
    if len(rest) != 3:
        _fail(node, "`(def name ((name type)…) (type…) (begin …))` is wanted")
    params = tuple(_var(t) for t in _node(rest[0]))
    body = _Reader({**scope, **{p.name: p for p in params}}).block(rest[2])
    return Def(_word(node[1]), params, tuple(read_type(t) for t in _node(rest[1])), body, path)
