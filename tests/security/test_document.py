"""docs/security.md: behind each sentence stands a test that is there."""

from __future__ import annotations

import ast
import re

import pytest

from tests.conftest import ROOT

TEXT = (ROOT / "docs/security.md").read_text(encoding="utf-8")
ITEMS = [" ".join(item.split()) for item in re.findall(r"^- (.+?)(?=^- |^#|\Z)", TEXT, re.MULTILINE | re.DOTALL)]
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@pytest.mark.parametrize("item", ITEMS, ids=range(len(ITEMS)))
def test_each_sentence_names_a_test_that_is_there(item: str) -> None:
    for sentence in re.split(r"(?<=\)\.) ", item):
        named = NAMED.findall(sentence)
        assert named, sentence
        for file, test in named:
            tree = ast.parse((ROOT / file).read_bytes())
            assert test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, (file, test)


def test_each_test_of_this_directory_is_named() -> None:
    """What is tested is promised."""
    promised = {test for _, test in NAMED.findall(TEXT)}
    for file in ("test_settings.py", "test_page.py"):
        tree = ast.parse((ROOT / "tests/security" / file).read_bytes())
        tests = {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}
        assert tests <= promised, tests - promised
