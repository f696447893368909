"""Whatever happens to the cache, the import that it happens to goes on, and the next one is right."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from autograph_hook import kept
from autograph_hook.importing import cache
from tests.conftest import HOOK, ROOT, Project, clean_environment
from tests.faults.killed import KILLED
from tests.importing.test_cache import CACHED, DONE, how, pyc_of

KILL = ROOT / "tests/faults/killed.py"
SUDDEN = (0, 2, 5, 8, 9)
"""Before and after some of the calls; `python -m tests.faults` tries all."""


@pytest.fixture
def small(project: Project) -> Project:
    project.write("pkg.py", "def f(x):\n    return x + 1\n")
    project.write("main.py", "import pkg\nprint(pkg.f(1))\n")
    return project


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "m.py"
    path.write_text("x = 1\n")
    return path


def file_of(source: Path) -> Path:
    return source.parent / "__pycache__" / "m.pyc"


def killed_at(project: Project, number: int) -> bool:
    """Was a process killed there? The next import must be right, and the one after it from the cache."""
    shutil.rmtree(project.path / "__pycache__", ignore_errors=True)
    died = project.python(KILL, number).returncode == KILLED
    assert how(project) in (("2", DONE), ("2", CACHED)), number
    assert how(project) == ("2", CACHED), number
    return died


def test_a_process_that_is_killed_while_it_writes_leaves_nothing_that_is_read(small: Project) -> None:
    assert killed_at(small, SUDDEN[2])
    names = [path.name for path in (small.path / "__pycache__").iterdir()]
    assert len([name for name in names if name.endswith(".pyc")]) == 2  # the rest is under another name


@pytest.mark.parametrize("number", SUDDEN)
def test_no_kill_leaves_half_a_file_under_its_name(source: Path, number: int) -> None:
    """The same in a fork, which costs nothing: only the write itself."""
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    child = os.fork()
    if child == 0:
        from tests.faults.killed import die, watch

        watch(number, die)
        kept.write(str(file_of(source)), b"whole" * 100, str(source))
        os._exit(0)
    os.waitpid(child, 0)
    found = file_of(source).read_bytes() if file_of(source).exists() else b"whole" * 100
    assert found == b"whole" * 100
    assert kept.write(str(file_of(source)), b"next", str(source))
    assert kept.read(str(file_of(source)), str(source)) == b"next"


ERRORS = ("ENOSPC", "EIO", "EACCES", "EROFS", "EDQUOT", "EMFILE", "ENOENT", "ESTALE", "EINTR", "ENAMETOOLONG")


@pytest.mark.parametrize("error", ERRORS)
def test_a_system_call_that_fails_anywhere_costs_the_file_and_nothing_else(
    source: Path, error: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.faults import killed

    number = getattr(errno, error, errno.EIO)
    for point in range(0, 14, 2):
        with monkeypatch.context() as patch:
            for name in killed.CALLS:
                patch.setattr(os, name, getattr(os, name))  # put back at the end, whatever `watch` makes of it
            killed._descriptors.clear()
            killed.watch(point, killed.fail(number))
            kept.write(str(file_of(source)), b"new", str(source))
        left = [path.name for path in file_of(source).parent.glob("*")] if file_of(source).parent.exists() else []
        assert [name for name in left if name != "m.pyc"] == [] or point == 12, (point, left)
        assert not file_of(source).exists() or file_of(source).read_bytes() == b"new"
        shutil.rmtree(file_of(source).parent, ignore_errors=True)


@pytest.fixture
def full(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own with next to no room."""
    place = tmp_path / "full"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k,mode=755", "tmpfs", str(place)]
    if sys.platform != "linux" or os.geteuid() or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("only the superuser of Linux can mount a small file system, where that is allowed")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def test_a_disk_that_is_full_costs_the_file_and_nothing_else(full: Path) -> None:
    project = Project(full)
    project.write("pkg.py", "def f(x):\n    return x + 1\n")
    project.write("main.py", "import pkg\nprint(pkg.f(1))\n")
    filler = full / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(4096))
        except OSError as error:
            assert error.errno == errno.ENOSPC
    assert how(project) == ("2", DONE)
    assert not [path for path in project.kept() if path.stat().st_size] and not list(full.rglob("*.pyc.*"))
    filler.unlink()
    assert how(project) == ("2", DONE)
    assert how(project) == ("2", CACHED)


def test_a_file_system_that_is_read_only_is_read(full: Path) -> None:
    project = Project(full)
    project.write("pkg.py", "def f(x):\n    return x + 1\n")
    project.write("main.py", "import pkg\nprint(pkg.f(1))\n")
    subprocess.run(["mount", "-o", "remount,ro", str(full)], check=True)
    assert how(project) == ("2", DONE) and not project.kept()
    subprocess.run(["mount", "-o", "remount,rw", str(full)], check=True)
    how(project)
    subprocess.run(["mount", "-o", "remount,ro", str(full)], check=True)
    assert how(project) == ("2", CACHED)


def test_a_cache_directory_that_is_deleted_while_the_program_runs_is_made_again(small: Project) -> None:
    small.write("second.py", "def g(x):\n    return x + 2\n")
    small.write(
        "main.py",
        "import shutil, pkg\nshutil.rmtree('__pycache__')\nimport second\nprint(pkg.f(1), second.g(1))\n",
    )
    assert small.hooked_output("main.py") == "2 3\n"
    assert pyc_of(small, "second") and not pyc_of(small)


def test_a_cache_directory_that_is_deleted_while_a_file_is_written_costs_that_file(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.write

    def delete(descriptor: int, data: bytes) -> int:
        shutil.rmtree(file_of(source).parent)
        return real(descriptor, data)

    monkeypatch.setattr(os, "write", delete)
    assert not kept.write(str(file_of(source)), b"new", str(source))
    monkeypatch.undo()
    assert kept.write(str(file_of(source)), b"new", str(source))


def test_permissions_that_change_midway_are_those_that_hold(small: Project) -> None:
    assert how(small) == ("2", DONE)
    directory = small.path / "__pycache__"
    (path,) = pyc_of(small)
    for mode, found in ((0o777, DONE), (0o755, CACHED), (0o775, DONE), (0o555, CACHED)):
        directory.chmod(mode)
        assert how(small) == ("2", found), oct(mode)
    directory.chmod(0o755)
    os.chmod(path, 0o666)
    assert how(small) == ("2", DONE)  # and written anew, with the right mode
    assert how(small) == ("2", CACHED)


def test_a_clock_that_goes_backwards_makes_nothing_stale_or_new(small: Project) -> None:
    """Only contents are compared."""
    small.write("site/sitecustomize.py", "import time\nnow = time.time\ntime.time = lambda: now() - 10**9\n")
    early = {"PYTHONPATH": os.pathsep.join([str(small.path / "site"), clean_environment()["PYTHONPATH"]])}
    assert how(small, env=early) == ("2", DONE)
    assert how(small) == ("2", CACHED)
    future = time.time() + 10**8
    for path in (small.path / "pkg.py", Path(pyc_of(small)[0])):
        os.utime(path, (future, future))
    assert how(small, env=early) == ("2", CACHED)
    small.write("pkg.py", "def f(x):\n    return x + 7\n")
    os.utime(small.path / "pkg.py", (1, 1))
    assert how(small, env=early) == ("8", DONE)


def test_a_slow_file_system_is_waited_for(small: Project) -> None:
    """Each system call takes its time, and those of two processes lie between each other."""
    slow = "import os, time\n" + "".join(
        f"os.{name} = (lambda real: lambda *a, **k: (time.sleep(0.002), real(*a, **k))[1])(os.{name})\n"
        for name in ("open", "read", "write", "close", "replace", "fstat")
    )
    small.write("site/sitecustomize.py", slow)
    env = clean_environment()
    env["PYTHONPATH"] = os.pathsep.join([str(small.path / "site"), env["PYTHONPATH"]])
    started = [
        subprocess.Popen([sys.executable, *HOOK, "main.py"], cwd=small.path, env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [process.communicate(timeout=100)[0] for process in started] == ["2\n", "2\n"]
    assert how(small) == ("2", CACHED)


OTHER = """
import autograph_hook, autograph_hook.importing.cache as cache
cache.__version__ = {version!r}
"""


def test_two_versions_of_the_hook_at_once_and_a_downgrade_read_each_their_own(small: Project) -> None:
    def version(number: str) -> dict[str, str]:
        small.write(f"site{number}/sitecustomize.py", OTHER.format(version=number))
        return {"PYTHONPATH": os.pathsep.join([str(small.path / f"site{number}"), clean_environment()["PYTHONPATH"]])}

    new, old = version("9.9"), version("0.0")
    assert how(small, env=new) == ("2", DONE)
    assert how(small, env=old) == ("2", DONE)
    assert how(small, env=new) == how(small, env=old) == ("2", CACHED)
    assert len(pyc_of(small)) == 2


def test_a_version_that_is_installed_while_the_program_runs_keeps_nothing_under_the_name_of_the_old_one(
    small: Project,
) -> None:
    shutil.copytree(ROOT / "autograph_hook", small.path / "site/autograph_hook", ignore=shutil.ignore_patterns("__pyc*"))
    small.write(
        "main.py",
        """
        import autograph_hook
        autograph_hook.install(enable=["pkg"])
        from autograph_hook.importing import cache
        cache.key()
        with open(autograph_hook.__path__[0] + "/transpiler/module.py", "a") as file:
            file.write("# newer")
        import pkg
        print(pkg.f(1))
        """,
    )
    assert small.output("main.py", env={"PYTHONPATH": str(small.path / "site")}) == "2\n"
    assert pyc_of(small) == []


def test_our_own_files_that_cannot_be_read_any_more_cost_the_cache_and_nothing_else(small: Project) -> None:
    small.write(
        "main.py",
        """
        import autograph_hook
        autograph_hook.install(enable=["pkg"])
        from autograph_hook.importing import cache
        import autograph_hook.transpiler
        def gone(path): raise PermissionError(path)
        cache.read_source = gone
        import pkg
        print(pkg.f(1), type(pkg.__loader__).__name__)
        """,
    )
    assert small.output("main.py") == "2 Loader\n"
    assert pyc_of(small) == []


def test_a_file_of_another_form_under_our_own_name_is_a_miss(small: Project) -> None:
    """As a version would leave that forgot to change its key."""
    how(small)
    path = Path(pyc_of(small)[0])
    digest = path.read_bytes()[8:16]
    for content in ((), (1,), ((None, None, 0, b"", b""), ()), (("code", 3, 1, b"", b"", ()), ()), {"version": 2}):
        assert cache.write(str(path), digest, content, str(small.path / "pkg.py"))
        assert how(small) == ("2", DONE), content


PROCESSES = 8


def cold_at_once(project: Project, count: int) -> None:
    """So many processes begin with an empty cache; all run, and leave whole files."""
    for i in range(4):
        project.write(f"m{i}.py", "".join(f"def f{j}(x):\n    return x + {j}\n" for j in range(10)))
    project.write("main.py", "import pkg, m0, m1, m2, m3\nprint(pkg.f(1), m3.f9(1))\n")
    started = [
        subprocess.Popen(
            [sys.executable, *HOOK, "main.py"], cwd=project.path, env=clean_environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for _ in range(count)
    ]  # fmt: skip
    assert [process.communicate(timeout=500) for process in started] == [("2 10\n", "")] * count
    assert len(project.kept()) == 6 and not list(project.path.rglob("*.pyc.*"))
    assert project.hooked("-v", "main.py").stderr.count(CACHED) == 6


THREADS = """
import importlib, sys, threading
import autograph_hook
autograph_hook.install(enable=["on.*", "on"])
names = [f"{p}.m{i}" for i in range(12) for p in ("on", "off")]
together = threading.Barrier(16)
def work(number):
    together.wait()
    for name in names[number:] + names[:number]:
        importlib.import_module(name)
threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
[t.start() for t in threads]; [t.join() for t in threads]
from autograph_hook.runtime.gate import gate_of
wrong = [n for n in names if (gate_of(sys.modules[n].f) is not None) != n.startswith("on") or sys.modules[n].f(1) != n]
print(wrong, type(sys.modules["off.m3"].__loader__).__name__)
"""


def test_threads_that_import_overlapping_packages_get_each_module_as_it_is_meant(project: Project) -> None:
    for package in ("on", "off"):
        other = "off" if package == "on" else "on"
        project.write(f"{package}/__init__.py", "")
        for i in range(12):
            body = f"import {other}.m{i - 1}\n" if i else ""
            project.write(f"{package}/m{i}.py", body + f"def f(x):\n    if x: return {f'{package}.m{i}'!r}\n")
    project.write("main.py", THREADS)
    for _ in range(2):  # cold, and from the cache
        assert project.output("main.py") == "[] SourceFileLoader\n"


def test_threads_that_write_one_file_leave_one_of_their_contents(source: Path) -> None:
    contents = [bytes([65 + i]) * 5000 for i in range(8)]
    threads = [
        threading.Thread(target=lambda c=c: [kept.write(str(file_of(source)), c, str(source)) for _ in range(20)])
        for c in contents
    ]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        found = file_of(source).read_bytes() if file_of(source).exists() else contents[0]
        assert found in contents
    assert [path.name for path in file_of(source).parent.iterdir()] == ["m.pyc"]


def test_many_processes_that_start_cold_at_once_all_run_and_leave_whole_files(small: Project) -> None:
    """`python -m tests.faults` starts 64."""
    cold_at_once(small, PROCESSES)
