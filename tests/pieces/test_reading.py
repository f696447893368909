"""A module's source is read again for the mixed code of its functions: not for each of them."""

from __future__ import annotations

import ast
import marshal
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("tensorflow")

from autograph_hook.runtime import mixing
from autograph_hook.runtime.mixed import MixedFunction
from autograph_hook.transpiler.gates import insert_gates
from autograph_hook.transpiler.mixed import mix
from autograph_hook.transpiler.passes.plain import Unsupported
from autograph_hook.transpiler.sites import Site
from tests.pieces.scripts import same_script

FUNCTIONS = """
    def f(x):
        for _ in range(2): x = x + 1.0
        return x
    def g(x):
        for _ in range(3): x = x * 2.0
        return x
    print(float(f(tf.constant(1.0))), float(g(tf.constant(1.0))))
"""


def test_functions_of_a_module_are_mixed_from_one_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    read = []

    def counted(tree: ast.Module, *rest: Any) -> list[Site]:
        read.append(tree)
        return insert_gates(tree, *rest)

    monkeypatch.setattr(mixing, "insert_gates", counted)
    module = same_script(FUNCTIONS)
    assert sum(isinstance(gate.mixed, MixedFunction) for gate in module.gates) == 2
    assert len(read) == 1


def test_only_the_trees_of_the_last_modules_are_kept() -> None:
    for _ in range(mixing.MOST_READ + 2):
        module = same_script(FUNCTIONS)
    assert len(mixing._kept) == mixing.MOST_READ
    assert list(mixing._kept)[-1] is module


def test_mixing_one_function_leaves_the_others_of_its_tree_as_they_are() -> None:
    path = Path(ast.__file__).with_name("textwrap.py")
    source = path.read_text()
    shared = insert_gates(tree := ast.parse(source))

    def mixed(tree: ast.Module, site: Site) -> Any:
        try:
            made = mix(tree, site, str(path))
        except Unsupported as problem:
            return problem.reason
        pieces = [made.piece(group, 0, len(group.statements)) for group in made.groups]
        return marshal.dumps(made.code), [piece and marshal.dumps(piece.code) for piece in pieces]

    in_turn = [mixed(tree, site) for site in shared]
    alone = []
    for number in range(len(shared)):
        fresh = ast.parse(source)
        alone.append(mixed(fresh, insert_gates(fresh)[number]))
    assert in_turn == alone
