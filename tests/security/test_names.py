"""Names come from the user's files and functions. None of them leads out of the directory that a file belongs into."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograph_hook.importing import cache
from tests.conftest import Project

PARTS = st.text(st.sampled_from("ab.-/\\ \0\n~$%:éß*'\""), min_size=1, max_size=12)


@settings(deadline=None)
@given(PARTS)
def test_transformed_code_lies_beside_its_source_whatever_that_is_called(name: str) -> None:
    source = "/project/" + name + ".py"
    path = cache.path_for(source)
    assert path is not None
    assert os.path.normpath(os.path.dirname(path)) == os.path.normpath(os.path.dirname(source) + "/__pycache__")
    assert os.path.basename(path).startswith(os.path.basename(source)[:-3] + ".")


@settings(deadline=None)
@given(PARTS, PARTS)
def test_object_code_lies_in_its_directory_whatever_its_source_is_called(directory: str, name: str) -> None:
    pytest.importorskip("llvmlite")
    from autograph_hook.backends.lantern.llvm import cache as objects

    assert "/" not in objects.stem(f"{directory}/{name}") and objects.stem(name)


@pytest.mark.parametrize("name", ["..", ".", "../../up", "/etc/x", "a\0b", "", "...", "a/../../b"])
def test_a_graph_lies_below_its_directory_whatever_the_function_is_called(tmp_path: Path, name: str) -> None:
    tf = pytest.importorskip("tensorflow")
    from autograph_hook.backends.tensorflow import graph_writing

    with tf.Graph().as_default() as graph:
        tf.constant(1)
    graph_writing.write_to(str(tmp_path / "graphs"))
    try:
        graph_writing._write(graph, name)
    finally:
        graph_writing.write_to("")
    assert [path.name for path in tmp_path.iterdir()] == ["graphs"]
    (run,) = (tmp_path / "graphs").glob("*/*")
    assert run.is_dir() and any(run.iterdir())


def test_a_module_named_like_a_path_is_no_path(project: Project) -> None:
    project.write("main.py", "import importlib\nimportlib.import_module('..secret', 'pkg.sub')\n")
    project.write("secret.py", "print('outside')\n")
    project.write("pkg/__init__.py", "")
    project.write("pkg/sub.py", "")
    plain, hooked = project.python("main.py"), project.hooked("main.py")
    assert (plain.returncode, plain.stdout, plain.stderr) == (hooked.returncode, hooked.stdout, hooked.stderr)


def test_a_source_behind_a_link_keeps_its_code_beside_the_link(project: Project) -> None:
    """As Python does: what lies at the other end may belong to somebody else."""
    project.write("elsewhere/real.py", "def f(x):\n    return x + 1\n")
    project.write("main.py", "import pkg\nprint(pkg.f(1))\n")
    (project.path / "pkg.py").symlink_to(project.path / "elsewhere/real.py")
    assert project.hooked_output("main.py") == "2\n"
    assert project.kept("__pycache__") and not project.kept("elsewhere")
