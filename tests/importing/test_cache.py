"""Transformed code on disk: never stale, never half, never in the way."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys

import pytest

from tests.conftest import HOOK, Project, clean_environment

MAIN = "import pkg\nprint(pkg.f(1), pkg.f.__code__.co_filename)\n"
CACHED = "from the cache"
DONE = "transformed"


@pytest.fixture
def small(project: Project) -> Project:
    project.write("pkg.py", "def f(x):\n    return x + 1\n")
    project.write("main.py", "import pkg\nprint(pkg.f(1))\n")
    return project


def how(project: Project, *python: object, hook: tuple[object, ...] = (), **more: object) -> tuple[str, str]:
    """What the program printed, and how `pkg` was loaded."""
    result = project.python(*python, *HOOK, "-v", *hook, "main.py", **more)  # type: ignore[arg-type]
    assert result.returncode == 0, result.stderr
    lines = [line for line in result.stderr.splitlines() if " pkg: " in line]
    assert len(lines) == 1, result.stderr
    return result.stdout.strip(), CACHED if CACHED in lines[0] else DONE


def pyc_of(project: Project, module: str = "pkg") -> list[str]:
    return [str(path) for path in project.kept() if path.name.startswith(module + ".")]


def test_the_second_run_reads_what_the_first_has_written(small: Project) -> None:
    assert how(small) == ("2", DONE)
    assert how(small) == ("2", CACHED)


def test_the_plain_cache_is_neither_written_nor_read(small: Project) -> None:
    how(small)
    assert [path.name for path in small.path.rglob("*.pyc") if "opt-autograph" not in path.name] == []
    small.output("main.py")  # plain Python writes its own
    plain = [path for path in small.path.rglob("pkg.*.pyc") if "opt-autograph" not in path.name]
    assert len(plain) == 1
    before = plain[0].read_bytes()
    assert how(small) == ("2", CACHED)
    assert plain[0].read_bytes() == before
    assert b"GATE" not in before and small.output("main.py") == "2\n"


def test_an_edit_in_the_same_second_that_keeps_the_size_is_seen(small: Project) -> None:
    path = small.path / "pkg.py"
    assert how(small) == ("2", DONE)
    stamp = path.stat().st_mtime_ns
    path.write_text("def f(x):\n    return x + 7\n")
    os.utime(path, ns=(stamp, stamp))
    assert how(small) == ("8", DONE)


def test_a_fresh_checkout_with_new_time_stamps_is_not_stale(small: Project) -> None:
    how(small)
    os.utime(small.path / "pkg.py", (1, 1))
    assert how(small) == ("2", CACHED)


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:10],
        lambda data: data[:-20],
        lambda data: data[: len(data) // 2],
        lambda data: data[:16] + b"garbage" * 50,
        lambda data: data[:16] + bytes(len(data) - 16),
        lambda data: b"\0" * len(data),
        lambda data: data[:4] + b"\0\0\0\0" + data[8:],
        lambda data: b"xxxx" + data[4:],
        lambda data: data[:16] + __import__("marshal").dumps((1, 2, 3)),
        lambda data: data[:16] + __import__("marshal").dumps(((compile("1", "x", "exec"),), ())),
    ],
    ids=["empty", "header cut", "end cut", "half", "garbage", "zeros after the header", "zeros", "other flags",
         "other magic", "other content", "another payload"],
)  # fmt: skip
def test_a_damaged_file_is_a_miss_and_is_written_again(small: Project, damage: object) -> None:
    assert callable(damage)
    how(small)
    (path,) = pyc_of(small)
    with open(path, "rb") as file:
        good = file.read()
    with open(path, "wb") as file:
        file.write(damage(good))
    assert how(small) == ("2", DONE)
    assert how(small) == ("2", CACHED)


def test_a_directory_in_the_place_of_the_file_does_no_harm(small: Project) -> None:
    how(small)
    (path,) = pyc_of(small)
    os.unlink(path)
    os.mkdir(path)
    assert how(small) == ("2", DONE)
    assert os.listdir(os.path.dirname(path)) and not [n for n in os.listdir(os.path.dirname(path)) if "pyc." in n]


def test_dash_b_reads_and_does_not_write(small: Project) -> None:
    assert how(small, "-B") == ("2", DONE)
    assert small.kept() == []
    how(small)
    assert how(small, "-B") == ("2", CACHED)


def test_no_cache_neither_reads_nor_writes(small: Project) -> None:
    assert how(small, hook=("--no-cache",)) == ("2", DONE)
    assert small.kept() == []
    how(small)
    assert how(small, hook=("--no-cache",)) == ("2", DONE)


def test_a_cache_prefix_is_obeyed(small: Project) -> None:
    prefix = {"PYTHONPYCACHEPREFIX": str(small.path / "elsewhere")}
    assert how(small, env=prefix) == ("2", DONE)
    assert how(small, env=prefix) == ("2", CACHED)
    assert not (small.path / "__pycache__").exists()
    assert small.kept("elsewhere")


def test_optimization_levels_do_not_share_a_file(small: Project) -> None:
    small.write("pkg.py", 'def f(x):\n    "doc"\n    assert x > 5\n    return f.__doc__\n')
    assert small.hooked("main.py").stderr.endswith("AssertionError\n")
    assert how(small, "-O") == ("doc", DONE)
    assert how(small, "-OO") == ("None", DONE)
    assert how(small, "-O") == ("doc", CACHED)
    assert small.hooked("main.py").stderr.endswith("AssertionError\n")
    assert len(pyc_of(small)) == 3


def test_a_tree_that_cannot_be_written_still_imports(small: Project) -> None:
    (small.path / "__pycache__").write_text("a file where the directory belongs")
    assert how(small) == ("2", DONE)
    (small.path / "__pycache__").unlink()
    (small.path / "__pycache__").mkdir(mode=0o555)
    try:
        assert how(small)[0] == "2"
    finally:
        (small.path / "__pycache__").chmod(0o755)


LIMITED = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300, 300))\n"
FULL = """
import os, errno
def write(descriptor, data, real=os.write):
    if len(data) > 100:
        real(descriptor, data[:50])
        raise OSError(errno.ENOSPC, "No space left on device")
    return real(descriptor, data)
os.write = write
"""


@pytest.mark.parametrize("cause", [LIMITED, FULL], ids=["a file size limit", "a full disk"])
def test_a_write_that_fails_half_way_leaves_no_file(small: Project, cause: str) -> None:
    small.write("site/sitecustomize.py", cause)
    path = os.pathsep.join([str(small.path / "site"), clean_environment()["PYTHONPATH"]])
    assert how(small, env={"PYTHONPATH": path}) == ("2", DONE)
    left = [p for p in (small.path / "__pycache__").iterdir() if p.name.startswith("pkg")]
    assert left == []
    assert how(small) == ("2", DONE)


def test_eight_processes_that_start_cold_at_once_all_run_and_leave_whole_files(small: Project) -> None:
    for i in range(4):
        small.write(f"m{i}.py", "".join(f"def f{j}(x):\n    return x + {j}\n" for j in range(40)))
    small.write("main.py", "import pkg, m0, m1, m2, m3\nprint(pkg.f(1), m3.f39(1))\n")
    started = [
        subprocess.Popen(
            [sys.executable, *HOOK, "main.py"],
            cwd=small.path,
            env=clean_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(8)
    ]
    ended = [process.communicate(timeout=120) for process in started]
    assert ended == [("2 40\n", "")] * 8
    names = [path.name for path in small.kept()]
    assert len(names) == 6 and all(name.endswith(".pyc") for name in names)
    result = small.hooked("-v", "main.py")
    assert result.stderr.count(CACHED) == 6


def test_a_changed_version_of_a_dependency_is_another_key(small: Project) -> None:
    def with_astor(version: str) -> dict[str, str]:
        """An installed astor of this version in front of the real one."""
        site = small.path / f"site-{version}"
        spec = importlib.util.find_spec("astor")
        assert spec is not None and spec.origin is not None
        shutil.copytree(os.path.dirname(spec.origin), site / "astor")
        (site / f"astor-{version}.dist-info").mkdir()
        return {"PYTHONPATH": os.pathsep.join([str(site), clean_environment()["PYTHONPATH"]])}

    first, second = with_astor("4.1.12"), with_astor("4.11.2")
    assert how(small, env=first) == ("2", DONE)
    # Stripped of their dots these two versions are one.
    assert how(small, env=second) == ("2", DONE)
    assert how(small, env=first) == ("2", CACHED)
    assert how(small, env=second) == ("2", CACHED)


def test_changed_settings_hold_at_once_whatever_is_in_the_cache(small: Project) -> None:
    small.write("main.py", "import pkg\nprint(type(pkg.__loader__).__name__)\n")
    assert small.hooked_output("main.py") == "Loader\n"
    small.write("pyproject.toml", '[tool.autograph_hook]\ndisable = ["pkg"]\n')
    assert small.hooked_output("main.py") == "SourceFileLoader\n"
    small.write("pyproject.toml", '[tool.autograph_hook]\nmode = "traced"\n')
    assert small.hooked_output("main.py") == "Loader\n"


def test_another_transpiler_is_another_key(small: Project) -> None:
    """While the transpiler itself is worked on, its version stays the same."""
    program = "import sys; from autograph_hook.importing import cache; cache._PACKAGE = sys.argv[1]; print(cache.key())"
    (small.path / "a/transpiler").mkdir(parents=True)
    keys = []
    for text in ("x = 1", "x = 1", "x = 2"):
        (small.path / "a/transpiler/module.py").write_text(text)
        keys.append(small.output("-c", program, small.path / "a"))
    assert keys[0] == keys[1] != keys[2]
    assert all(key.strip().isalnum() for key in keys)


def test_a_moved_tree_shows_its_new_paths(small: Project) -> None:
    small.write("tree/pkg.py", "def f(x):\n    def inner():\n        return x / 0\n    return inner()\n")
    small.write("tree/main.py", "import pkg\nprint(pkg.f.__code__.co_filename)\npkg.f(1)\n")
    small.hooked("main.py", cwd=small.path / "tree")
    os.rename(small.path / "tree", small.path / "moved")
    result = small.hooked("-v", "main.py", cwd=small.path / "moved")
    assert result.stdout.strip() == str(small.path / "moved" / "pkg.py")
    assert result.stderr.count(CACHED) == 2
    assert str(small.path / "tree") not in result.stderr
    assert result.stderr.count(f'File "{small.path}/moved/pkg.py", line') == 2


def test_a_python_without_caches_runs(small: Project) -> None:
    small.write(
        "main.py",
        """
        import sys
        sys.implementation.cache_tag = None
        import autograph_hook
        autograph_hook.install(enable=["pkg"])
        import pkg
        print(pkg.f(1), type(pkg.__loader__).__name__)
        """,
    )
    assert small.output("main.py") == "2 Loader\n"


def test_who_may_read_the_source_may_read_the_cache(small: Project) -> None:
    (small.path / "pkg.py").chmod(0o640)
    how(small)
    (path,) = pyc_of(small)
    assert oct(os.stat(path).st_mode & 0o137) == oct(0)
