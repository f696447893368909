"""The finder asks the finders after itself, and touches only what is an ordinary source module."""

from __future__ import annotations

import sys
import zipfile
from importlib.util import cache_from_source

import pytest

from autograph_hook.importing.cache import plain_path_for
from tests.conftest import Project

SHOW = "print(*(f'{m.__name__}:{type(m.__loader__).__name__}' for m in ms))"


def test_an_enabled_module_gets_our_loader_and_others_keep_theirs(project: Project) -> None:
    project.write("pkg/__init__.py", "")
    project.write("pkg/a.py", "def f(): return 1\n")
    project.write("other.py", "def f(): return 1\n")
    project.write(
        "main.py",
        f"""
        import autograph_hook
        autograph_hook.install(enable=["pkg"])
        import pkg, pkg.a, other, json, itertools
        ms = [pkg, pkg.a, other, json]
        {SHOW}
        """,
    )
    assert project.output("main.py").split() == [
        "pkg:Loader", "pkg.a:Loader", "other:SourceFileLoader", "json:SourceFileLoader",
    ]  # fmt: skip


def test_an_editable_install_that_brings_its_own_finder_is_enabled(project: Project) -> None:
    """Modern editable installs append a finder to sys.meta_path; a hook that asks only PathFinder misses the
    top-level package."""
    project.write("elsewhere/src/editpkg/__init__.py", "from editpkg import sub\n")
    project.write("elsewhere/src/editpkg/sub.py", "def f(): return 1\n")
    project.write(
        "main.py",
        f"""
        import sys, os
        from importlib.util import spec_from_file_location
        class _EditableFinder:
            @classmethod
            def find_spec(cls, fullname, path=None, target=None):
                if fullname == "editpkg":
                    place = os.path.join(os.getcwd(), "elsewhere", "src", "editpkg")
                    return spec_from_file_location(fullname, os.path.join(place, "__init__.py"),
                                                   submodule_search_locations=[place])
        sys.meta_path.append(_EditableFinder)
        import autograph_hook
        autograph_hook.install(enable=["editpkg"])
        import editpkg
        ms = [editpkg, editpkg.sub]
        {SHOW}
        """,
    )
    assert project.output("main.py").split() == ["editpkg:Loader", "editpkg.sub:Loader"]


def test_a_directory_hook_on_sys_path_hooks_is_asked_once_and_enabled(project: Project) -> None:
    project.write("pkg/__init__.py", "")
    project.write("pkg/a.py", "x = 1\n")
    project.write(
        "main.py",
        """
        import sys
        from importlib.machinery import FileFinder, SourceFileLoader
        asked = []
        class Counting(FileFinder):
            def find_spec(self, fullname, target=None):
                asked.append(fullname)
                return super().find_spec(fullname, target)
        counting = Counting.path_hook((SourceFileLoader, [".py"]))
        def only_here(path, here=sys.path[0]):
            if not path.startswith(here):
                raise ImportError
            return counting(path)
        sys.path_hooks.insert(0, only_here)
        sys.path_importer_cache.clear()
        import autograph_hook
        autograph_hook.install(enable=["pkg"])
        import pkg.a
        print(asked.count("pkg.a"), type(pkg.a.__loader__).__name__)
        """,
    )
    assert project.output("main.py").split() == ["1", "Loader"]


def test_namespace_packages_keep_working_across_directories(project: Project) -> None:
    project.write("one/space/a.py", "x = 1\n")
    project.write("two/space/b.py", "x = 2\n")
    project.write(
        "main.py",
        """
        import sys
        sys.path[:0] = ["one", "two"]
        import autograph_hook
        autograph_hook.install(enable=["space"])
        import space, space.a, space.b
        print(type(space.__loader__).__name__, len(list(space.__path__)), space.__spec__.origin,
              *(type(m.__loader__).__name__ for m in (space.a, space.b)))
        """,
    )
    plain = {"_NamespaceLoader", "NamespaceLoader"}
    kind, count, origin, *loaders = project.output("main.py").split()
    assert kind in plain and (count, origin, loaders) == ("2", "None", ["Loader", "Loader"])


def test_zip_and_source_less_modules_are_left_alone_without_a_word(project: Project) -> None:
    with zipfile.ZipFile(project.path / "lib.zip", "w") as archive:
        archive.writestr("zipped.py", "def f(): return 1\n")
    source = project.write("bare.py", "def f(): return 2\n")
    import py_compile

    py_compile.compile(str(source), cfile=str(project.path / "bare.pyc"))
    source.unlink()
    project.write(
        "main.py",
        """
        import sys
        sys.path.insert(0, "lib.zip")
        import autograph_hook
        autograph_hook.install(enable=["zipped", "bare"])
        import zipped, bare
        print(type(zipped.__loader__).__name__, type(bare.__loader__).__name__, zipped.f() + bare.f())
        """,
    )
    assert project.output("main.py").split() == ["zipimporter", "SourcelessFileLoader", "3"]


def test_a_finder_that_asks_all_others_and_ours_do_not_ask_each_other_for_ever(project: Project) -> None:
    project.write("pkg.py", "x = 1\n")
    project.write(
        "main.py",
        """
        import sys
        class AsksAllOthers:
            def find_spec(self, fullname, path=None, target=None):
                for finder in sys.meta_path:
                    if finder is not self:
                        spec = finder.find_spec(fullname, path, target)
                        if spec is not None:
                            return spec
        import autograph_hook
        hook = autograph_hook.install(enable=["pkg"])
        sys.meta_path.insert(1, AsksAllOthers())
        import pkg
        print(type(pkg.__loader__).__name__)
        try:
            import not_there
        except ModuleNotFoundError as error:
            print(error)
        """,
    )
    assert project.output("main.py").splitlines() == ["Loader", "No module named 'not_there'"]


def test_a_hook_that_wraps_loaders_and_ours_both_apply(project: Project) -> None:
    """As wrapt's post-import hooks do: they look the module up again and wrap the loader they get."""
    project.write("pkg.py", "def f(): return 1\n")
    project.write(
        "main.py",
        """
        import sys, importlib.util
        class Chained:
            def __init__(self, loader): self.loader = loader
            def create_module(self, spec): return None
            def exec_module(self, module):
                self.loader.exec_module(module)
                module.wrapped = True
        class Wrapping:
            busy = False
            def find_spec(self, fullname, path=None, target=None):
                if self.busy or fullname != "pkg":
                    return None
                Wrapping.busy = True
                try:
                    spec = importlib.util.find_spec(fullname)
                finally:
                    Wrapping.busy = False
                spec.loader = Chained(spec.loader)
                return spec
        sys.meta_path.insert(0, Wrapping())
        import autograph_hook
        autograph_hook.install(enable=["pkg"])
        import pkg
        print(type(pkg.__loader__.loader).__name__, pkg.wrapped)
        """,
    )
    assert project.output("main.py").split() == ["Loader", "True"]


def test_a_finder_put_in_front_later_does_not_hide_modules(project: Project) -> None:
    project.write("pkg.py", "x = 1\n")
    project.write("first.py", "")
    project.write(
        "main.py",
        """
        import sys
        from importlib.machinery import PathFinder
        import autograph_hook
        hook = autograph_hook.install(enable=["pkg"])
        class Greedy:
            @staticmethod
            def find_spec(fullname, path=None, target=None):
                return PathFinder.find_spec(fullname, path, target) if fullname == "pkg" else None
        sys.meta_path.insert(0, Greedy)
        import first, pkg
        print(type(pkg.__loader__).__name__, sys.meta_path[0] is hook.finder, sys.meta_path[1] is Greedy)
        """,
    )
    assert project.output("main.py").split() == ["Loader", "True", "True"]


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="find_module is gone")
def test_a_finder_with_only_find_module_is_asked_too(project: Project) -> None:
    project.write("hidden/pkg.py", "x = 1\n")
    project.write(
        "main.py",
        """
        import sys, warnings
        warnings.simplefilter("ignore")
        from importlib.machinery import SourceFileLoader
        class Old:
            def find_module(self, fullname, path=None):
                if fullname == "pkg":
                    return SourceFileLoader("pkg", "hidden/pkg.py")
        sys.meta_path.append(Old())
        import autograph_hook
        autograph_hook.install(enable=["pkg"])
        import pkg
        print(pkg.x)
        """,
    )
    assert project.output("main.py").split() == ["1"]


def test_a_blocked_import_fails_with_the_same_traceback(project: Project) -> None:
    project.write(
        "blocker.py",
        """
        import sys
        class Blocker:
            def find_spec(self, fullname, path=None, target=None):
                if fullname == "forbidden":
                    raise ImportError("forbidden is blocked")
        sys.meta_path.insert(0, Blocker())
        """,
    )
    project.write("main.py", "import blocker\nimport forbidden\n")
    plain, hooked = project.python("main.py"), project.hooked("main.py")
    assert hooked.stderr == plain.stderr
    assert hooked.returncode == plain.returncode == 1


def test_only_files_that_may_be_enabled_are_opened(project: Project) -> None:
    """The standard library and installed packages are not read for markers unless something names them."""
    project.write("lib/site-packages/installed.py", "# autograph: enable\ndef f(): return 1\n")
    project.write("mine.py", "# autograph: enable\ndef f(): return 1\n")
    project.write(
        "main.py",
        """
        import sys, os
        sys.path.append(os.path.abspath("lib/site-packages"))
        import autograph_hook
        autograph_hook.install()
        opened = []
        sys.addaudithook(lambda event, args: event == "open" and opened.append(str(args[0])))
        import installed, mine, colorsys
        reads = [os.path.basename(p) for p in opened if p.endswith(".py")]
        print(type(installed.__loader__).__name__, type(mine.__loader__).__name__, type(colorsys.__loader__).__name__)
        print("colorsys.py" in reads, reads.count("installed.py"))
        """,
    )
    assert project.output("main.py").split()[:3] == ["SourceFileLoader", "Loader", "SourceFileLoader"]
    opened = project.output("main.py").split()[3:]
    assert opened == [
        "False",
        "0",
    ]  # the second run has their .pyc files, so only a marker would be a reason to read


def test_an_installed_module_is_enabled_when_a_pattern_names_it_or_its_package(project: Project) -> None:
    project.write("site-packages/lib/__init__.py", "")
    project.write("site-packages/lib/named.py", "x = 1\n")
    project.write("site-packages/lib/marked.py", "# autograph: enable\nx = 1\n")
    project.write("site-packages/lib/neither.py", "x = 1\n")
    project.write(
        "main.py",
        f"""
        import sys, os
        sys.path.append(os.path.abspath("site-packages"))
        import autograph_hook
        autograph_hook.install(enable=["lib.named", "colorsys"])
        import lib.named, lib.marked, lib.neither, colorsys
        ms = [lib.named, lib.marked, lib.neither, colorsys]
        {SHOW}
        """,
    )
    assert project.output("main.py").split() == [
        "lib.named:Loader", "lib.marked:Loader", "lib.neither:SourceFileLoader", "colorsys:Loader",
    ]  # fmt: skip


def test_everything_may_be_enabled_and_what_transforms_stays_plain_while_it_transforms(project: Project) -> None:
    """What the transpiler itself imports, the hook must not send back to the transpiler."""
    project.write("main.py", "import json, colorsys\nprint(type(colorsys.__loader__).__name__, json.dumps([1]))\n")
    for _ in range(2):
        assert project.hooked_output("--enable", "*", "main.py") == "Loader [1]\n"


def test_a_tool_of_the_transpiler_that_a_pattern_names_stays_plain_and_is_said(project: Project) -> None:
    project.write("main.py", "import re, colorsys\nprint(type(colorsys.__loader__).__name__, re.findall('a', 'aba'))\n")
    for _ in range(2):
        result = project.hooked("--enable", "re", "--enable", "colorsys", "main.py")
        assert result.stdout == "Loader ['a', 'a']\n"
        assert result.stderr.count("AutographWarning: already imported when autograph_hook was told to enable it") == 1
        assert "so it stays plain: re" in result.stderr


@pytest.mark.parametrize(
    ("options", "more"),
    [((), {}), (("-O",), {}), (("-OO",), {}), ((), {"PYTHONPYCACHEPREFIX": "elsewhere"})],
    ids=["usual", "-O", "-OO", "a prefix"],
)
def test_a_module_that_is_not_enabled_says_what_it_says_without_us(
    project: Project, options: tuple[str, ...], more: dict[str, str]
) -> None:
    project.write("pkg/__init__.py", "")
    project.write("pkg/a.py", "x = 1\n")
    project.write("other.py", "x = 1\n")
    program = "import pkg, pkg.a, other; print(*((m.__cached__, m.__spec__.cached) for m in (pkg, pkg.a, other)))"
    hooked = f"import autograph_hook; autograph_hook.install(enable=['another'])\n{program}"
    assert project.output(*options, "-c", hooked, env=more) == project.output(*options, "-c", program, env=more)


def test_what_another_finder_says_of_the_cache_stays(project: Project) -> None:
    project.write("other.py", "x = 1\n")
    program = """
        import sys
        from importlib.machinery import PathFinder
        class Finder:
            @staticmethod
            def find_spec(name, path=None, target=None):
                spec = PathFinder.find_spec(name, path, target)
                if name == "other":
                    spec.cached = "elsewhere"
                return spec
        sys.meta_path.insert(0, Finder)
        import autograph_hook
        autograph_hook.install(enable=["another"])
        import other
        print(other.__cached__)
        """
    project.write("main.py", program)
    assert project.output("main.py") == "elsewhere\n"


@pytest.mark.parametrize(
    "path", ["/a/b.py", "b.py", "a/b.py", "/b.py", "//b.py", "a//b.py", "a/.py", "/a/b.c.py", "/a/b.txt", "/a/b"]
)
def test_where_byte_code_lies_is_what_importlib_says(path: str) -> None:
    assert plain_path_for(path) in (None, cache_from_source(path))


@pytest.mark.parametrize("length", [10, 400, 505, 600, 3000, 5000, 20000])
def test_a_marker_behind_a_docstring_of_any_length_is_found(project: Project, length: int) -> None:
    project.write("pkg.py", f'"""{"word " * (length // 5)}"""\n# autograph: enable\nx = 1\n')
    project.write("main.py", f"import autograph_hook; autograph_hook.install()\nimport pkg\nms = [pkg]\n{SHOW}")
    assert project.output("main.py") == "pkg:Loader\n"
