"""Where another hook rewrites a module too, both apply or one warning names both; never silently one."""

from __future__ import annotations

import pytest

from tests.conftest import Project

LEFT = "is enabled for autograph_hook, but {hook} loads and rewrites it. It is left to {hook} and runs plain"


def suite(project: Project) -> None:
    project.write("mypkg.py", "def twice(x):\n    return x * 2\n")
    project.write(
        "test_it.py",
        """
        import mypkg
        def test_loader():
            assert type(mypkg.__loader__).__name__ == "Loader"
        def test_message():
            left = mypkg.twice(2)
            assert left == 5
        """,
    )


RUN = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py")
MESSAGE = "assert 4 == 5"  # what pytest's rewriting makes of the failing assertion


def test_pytest_keeps_its_messages_and_the_package_under_test_is_enabled(project: Project) -> None:
    suite(project)
    result = project.hooked("--enable", "mypkg", *RUN)
    assert MESSAGE in result.stdout and "1 failed, 1 passed" in result.stdout, result.stdout + result.stderr
    assert "AutographWarning" not in result.stdout + result.stderr


def test_a_test_module_that_is_enabled_too_is_left_to_pytest_with_one_warning(project: Project) -> None:
    suite(project)
    project.write("test_two.py", "def test_two():\n    assert 1 + 1 == 2\n")
    result = project.hooked("--enable", "mypkg", "--enable", "test_*", *RUN, "test_two.py")
    assert MESSAGE in result.stdout and "1 failed, 2 passed" in result.stdout, result.stdout + result.stderr
    everything = result.stdout + result.stderr
    assert everything.count("AutographWarning") == 1
    assert LEFT.format(hook="_pytest.assertion.rewrite.AssertionRewritingHook") in everything


@pytest.mark.parametrize("where", ["conftest.py", "test_it.py"])
def test_the_hook_installed_from_within_pytest(project: Project, where: str) -> None:
    suite(project)
    text = "import autograph_hook\nautograph_hook.install(enable=['mypkg'])\n"
    path = project.path / where
    path.write_text(text + (path.read_text() if path.exists() else ""))
    result = project.python(*RUN)
    assert MESSAGE in result.stdout and "1 failed, 1 passed" in result.stdout, result.stdout + result.stderr


REWRITER = """
import sys, ast
from importlib.machinery import PathFinder, SourceFileLoader
class OtherLoader(SourceFileLoader):
    def source_to_code(self, data, path, *, _optimize=-1):
        tree = ast.parse(data, path)
        tree.body.append(ast.parse("rewritten = True").body[0])
        return compile(tree, path, "exec", dont_inherit=True)
class OtherFinder:
    @staticmethod
    def find_spec(fullname, path=None, target=None):
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and fullname.startswith("pkg") and type(spec.loader) is SourceFileLoader:
            spec.loader = OtherLoader(spec.loader.name, spec.loader.path)
            return spec
"""


@pytest.mark.parametrize("first", ["ours", "theirs"])
def test_a_rewriter_like_typeguard_keeps_its_modules_with_one_warning(project: Project, first: str) -> None:
    project.write("other.py", REWRITER)
    project.write("pkg/__init__.py", "")
    project.write("pkg/a.py", "")
    project.write("mine.py", "")
    steps = ["autograph_hook.install(enable=['pkg', 'mine'])", "sys.meta_path.insert(0, other.OtherFinder)"]
    project.write(
        "main.py",
        "import sys, autograph_hook, other\n"
        + "\n".join(steps if first == "ours" else reversed(steps))
        + "\nimport mine, pkg.a\nprint(pkg.rewritten, pkg.a.rewritten, type(mine.__loader__).__name__)\n",
    )
    result = project.python("-B", "main.py")
    assert result.stdout == "True True Loader\n", result.stderr
    assert result.stderr.count("AutographWarning") == 1
    assert f"pkg {LEFT.format(hook='other.OtherLoader')}" in result.stderr


def test_a_rewriter_on_path_hooks_like_beartype_keeps_its_modules_with_one_warning(project: Project) -> None:
    project.write("other.py", REWRITER)
    project.write("pkg.py", "")
    project.write(
        "main.py",
        """
        import sys, autograph_hook, other
        from importlib.machinery import FileFinder
        autograph_hook.install(enable=["pkg"])
        sys.path_hooks.insert(0, FileFinder.path_hook((other.OtherLoader, [".py"])))
        sys.path_importer_cache.clear()
        import pkg
        print(pkg.rewritten)
        """,
    )
    result = project.python("-B", "main.py")
    assert result.stdout == "True\n", result.stderr
    assert result.stderr.count("AutographWarning") == 1 and LEFT.format(hook="other.OtherLoader") in result.stderr


def test_modules_of_another_hook_that_are_not_enabled_are_no_reason_to_speak(project: Project) -> None:
    project.write("other.py", REWRITER)
    project.write("pkg.py", "")
    project.write("main.py", "import sys, autograph_hook, other\nsys.meta_path.insert(0, other.OtherFinder)\n"
                  "autograph_hook.install(enable=['mine'])\nimport pkg\nprint(pkg.rewritten)\n")  # fmt: skip
    assert project.output("main.py") == "True\n"
