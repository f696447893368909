"""What looks at modules from outside, or loads them in its own way, works unchanged on enabled modules."""

from __future__ import annotations

import sys

from tests.conftest import Project

INSTALL = "import autograph_hook; autograph_hook.install(enable=['pkg'])\n"
KIND = "autograph_hook.importing.loader"


def package(project: Project) -> None:
    project.write("pkg/__init__.py", '"""The package."""\n')
    project.write("pkg/a.py", '"""Doc of a."""\n\ndef f(x):\n    """Doc of f."""\n    return x + 1\n')
    project.write("pkg/__main__.py", "import sys\nfrom pkg.a import f\nprint(__name__, f(1), sys.argv[1:])\n")
    project.write("pkg/data.txt", "some data")


def test_reload_runs_the_new_source_and_does_not_warn(project: Project) -> None:
    package(project)
    project.write(
        "main.py",
        INSTALL
        + """
import importlib, pathlib
import pkg.a
old = pkg.a.f
pathlib.Path("pkg/a.py").write_text("def f(x):\\n    return x + 7\\n")
again = importlib.reload(pkg.a)
print(again is pkg.a, old(1), pkg.a.f(1), type(pkg.a.__loader__).__module__)
""",
    )
    assert project.output("main.py").split() == ["True", "2", "8", KIND]


def test_a_module_imported_too_late_is_enabled_by_reload_without_a_second_warning(project: Project) -> None:
    package(project)
    project.write(
        "main.py",
        """
        import warnings, importlib
        import pkg.a
        import autograph_hook
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            autograph_hook.install(enable=["pkg"])
            first = len(caught)
            importlib.reload(pkg.a)
            autograph_hook.install(enable=["pkg"])
        print(first, len(caught), type(pkg.a.__loader__).__module__)
        """,
    )
    assert project.output("main.py").split() == ["1", "1", KIND]


def test_a_lazy_module_loads_at_the_first_look(project: Project) -> None:
    package(project)
    project.write(
        "main.py",
        INSTALL
        + """
import sys, importlib.util
spec = importlib.util.find_spec("pkg.a")
spec.loader = importlib.util.LazyLoader(spec.loader)
module = importlib.util.module_from_spec(spec)
sys.modules["pkg.a"] = module
spec.loader.exec_module(module)
before = type(module).__name__
print(before, module.f(1), type(module).__name__, type(module.__loader__).__module__)
""",
    )
    assert project.output("main.py").split() == ["_LazyModule", "2", "module", KIND]


def test_python_m_runs_a_package_and_a_module_of_it(project: Project) -> None:
    package(project)
    project.write("pkg/b.py", "import sys\nprint(__name__, __package__, __spec__.name, sys.argv[1:])\n")
    assert project.hooked_output("-m", "pkg", "x") == project.output("-m", "pkg", "x")
    assert project.hooked_output("-m", "pkg.b", "x") == project.output("-m", "pkg.b", "x")
    assert {path.name.split(".")[0] for path in project.kept()} == {"__init__", "__main__", "a", "b"}


def test_runpy_runs_transformed_code_and_leaves_the_plain_cache_alone(project: Project) -> None:
    package(project)
    project.write("main.py", INSTALL + "import runpy\nprint(runpy.run_module('pkg.a')['f'](1))\n")
    assert project.output("main.py") == "2\n"
    plain = [path for path in project.path.rglob("*.pyc") if "opt-autograph" not in path.name]
    assert plain == []
    assert len(project.kept("pkg")) == 2


def test_resources_source_and_data_are_found(project: Project) -> None:
    package(project)
    project.write(
        "main.py",
        INSTALL
        + """
import importlib.resources, inspect, pkgutil, linecache
import pkg.a
print(importlib.resources.files("pkg").joinpath("data.txt").read_text())
print(pkgutil.get_data("pkg", "data.txt").decode())
print(inspect.getsource(pkg.a) == open("pkg/a.py").read())
print(inspect.getsource(pkg.a.f) == "".join(open("pkg/a.py").readlines()[2:]))
print(pkg.a.__loader__.get_source("pkg.a") == open("pkg/a.py").read())
print(pkg.a.__loader__.is_package("pkg.a"), pkg.__loader__.is_package("pkg"))
print(pkg.a.__doc__, pkg.a.f.__doc__, inspect.getsourcefile(pkg.a.f) == pkg.a.__file__)
""",
    )
    assert project.output("main.py").splitlines() == [
        "some data", "some data", "True", "True", "True", "False True", "Doc of a. Doc of f. True",
    ]  # fmt: skip


def test_walking_packages_finds_the_same(project: Project) -> None:
    package(project)
    project.write(
        "main.py",
        INSTALL + "import pkgutil, pkg\nprint([m.name for m in pkgutil.walk_packages(pkg.__path__, 'pkg.')])\n",
    )
    assert project.output("main.py") == "['pkg.__main__', 'pkg.a']\n"


def test_cached_names_the_file_that_is_really_used(project: Project) -> None:
    package(project)
    project.write(
        "main.py",
        INSTALL
        + "import os, pkg.a\nprint(pkg.a.__cached__ == pkg.a.__spec__.cached, os.path.exists(pkg.a.__cached__))\n"
        "print(os.path.basename(pkg.a.__cached__))\n",
    )
    first, name = project.output("main.py").splitlines()
    assert first == "True True"
    assert ".opt-autograph" in name and name.startswith(f"a.{sys.implementation.cache_tag}.")


def test_a_module_that_is_disabled_by_its_marker_has_nothing_of_ours_in_its_cache(project: Project) -> None:
    package(project)
    project.write("pkg/off.py", "# autograph: disable\ndef f(): return 1\n")
    project.write(
        "main.py",
        INSTALL + "import os, pkg.off\nfrom importlib.util import cache_from_source\n"
        "print(pkg.off.__cached__ == cache_from_source(pkg.off.__file__) == pkg.off.__spec__.cached,"
        "os.path.exists(pkg.off.__cached__))\n",
    )
    assert project.output("main.py") == "True True\n"
    assert [path.name.split(".")[0] for path in project.kept()] == ["__init__"]


def test_a_loader_asked_for_code_gives_transformed_code(project: Project) -> None:
    package(project)
    project.write(
        "main.py",
        INSTALL
        + """
import importlib.util, ast
loader = importlib.util.find_spec("pkg.a").loader
space = {}
exec(loader.get_code("pkg.a"), space)
source = loader.get_data(loader.path)
exec(loader.source_to_code(source, loader.path), space)
exec(loader.source_to_code(ast.parse(source), loader.path), space)
print(space["f"](1))
try:
    loader.get_code("another")
except ImportError as error:
    print(error)
""",
    )
    assert project.output("main.py") == "2\nloader for pkg.a cannot handle another\n"


def test_two_threads_importing_different_modules_both_get_transformed_ones(project: Project) -> None:
    """Hooks that patch a global while a module loads mix up modules when two threads import at once."""
    package(project)
    for i in range(30):
        project.write(f"pkg/m{i}.py", f"def f(): return {i}\n")
        project.write(f"plain/m{i}.py", f"def f(): return {i}\n")
    project.write("plain/__init__.py", "")
    project.write(
        "main.py",
        INSTALL
        + """
import importlib, threading
def load(package):
    for i in range(30):
        importlib.import_module(f"{package}.m{i}")
threads = [threading.Thread(target=load, args=(p,)) for p in ("pkg", "plain")]
[t.start() for t in threads]; [t.join() for t in threads]
import sys
print(*({type(sys.modules[f"{p}.m{i}"].__loader__).__name__ for i in range(30)} for p in ("pkg", "plain")))
""",
    )
    assert project.output("main.py") == "{'Loader'} {'SourceFileLoader'}\n"
    assert len(project.kept("pkg")) == 31 and not project.kept("plain")
