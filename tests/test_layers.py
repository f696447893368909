"""The layers import only downwards.

cli -> {importing, lantern} -> runtime -> staging -> {transpiler, backends, reporting}
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "autograph_hook"

HEIGHT = {"cli": 4, "importing": 3, "lantern": 3, "runtime": 2, "staging": 1} | dict.fromkeys(
    ("transpiler", "backends", "reporting"), 0
)
FREE = {"errors", "interrupts", "kept", "log", "settings"}  # imported by every layer, import no layer
ENTRANCES = {"__init__", "__main__"}  # import any layer, imported by none

FILES = sorted(PACKAGE.rglob("*.py"))


def layer_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_layers(path: Path) -> list[tuple[int, str]]:
    """The layers that a file imports, with the lines; imports inside functions included."""
    package = ["autograph_hook", *path.relative_to(PACKAGE).parent.parts]
    found = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            names = [f"{module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            # The version is the one thing of `__init__` that all may know.
            if parts[0] == "autograph_hook" and name != "autograph_hook.__version__":
                found.append((node.lineno, parts[1] if len(parts) > 1 else "__init__"))
    return found


def complaints(path: Path) -> list[str]:
    layer = layer_of(path)
    found = []
    for line, other in imported_layers(path):
        here = f"{path.relative_to(PACKAGE.parent)}:{line}: {layer} imports {other}"
        if layer in ENTRANCES or other == layer or other in FREE:
            continue
        if other not in HEIGHT:
            found.append(f"{here}, which is no layer that others may import")
        elif layer in FREE or HEIGHT[other] >= HEIGHT[layer]:
            found.append(f"{here}, which does not stand below it")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_layers_below_its_own(path: Path) -> None:
    assert complaints(path) == []


def test_every_file_belongs_to_a_known_layer() -> None:
    strangers = {layer_of(path) for path in FILES} - {*HEIGHT, *FREE, *ENTRANCES, "py"}
    assert strangers == set()
