"""The own test suites of TensorFlow libraries, the whole library enabled: the same tests pass, in at most 1.1 times
the time.

    python -m benchmarks suites [sonnet] [gpflow] [tf_agents] [--quick] [--python INTERPRETER] [--out FILE]

Without `--python` a virtual environment is made under the user's cache directory, with the library and the versions of
TensorFlow's own packages that it wants. With and without the hook, each suite runs in one process, in turn. Processor
time is compared, since it feels less of what else the machine does; the time that has passed is shown beside it.
The hook's cache is filled by collecting the tests once before.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .harness import ROOT, Bench, interleave

BASE = ("tensorflow-cpu==2.21.*", "tf-keras==2.21.*", "tensorflow-probability==0.25.*", "numpy<2", "setuptools<81",
        "pytest", "absl-py", "gast", "astor", "importlib-metadata")  # fmt: skip
PLUGIN = "suites_plugin"
HERE = Path(__file__).parent
MOST = 1.1
SHOWN = 20


@dataclass(frozen=True)
class Library:
    """A library, its tests, and what is known to be otherwise with the hook."""

    package: str
    project: str
    version: str
    tests: tuple[str, ...]
    quick: tuple[str, ...]
    requires: tuple[str, ...] = ()
    in_sources: bool = False
    """Are its tests in the sdist, not in the wheel?"""
    known: dict[str, str] = field(default_factory=dict)
    """Tests that must differ: the end of their name, and why."""

    @property
    def wanted(self) -> str:
        return f"{self.project}=={self.version}"


LIBRARIES = {
    "sonnet": Library(
        "sonnet", "dm-sonnet", "2.0.2",
        ("sonnet/src", "--ignore=sonnet/src/conformance"),
        ("sonnet/src/linear_test.py", "sonnet/src/base_test.py", "sonnet/src/recurrent_test.py"),
        known={"SmartAutographTest::test_smart_ag": "wants a `tf.function` without AutoGraph to refuse `if tensor`"},
    ),
    "gpflow": Library(
        "gpflow", "gpflow", "2.11.2",
        ("tests/gpflow/kernels", "tests/gpflow/likelihoods", "tests/gpflow/conditionals"),
        ("tests/gpflow/likelihoods/test_multiclass.py", "tests/gpflow/conditionals/test_multioutput.py"),
        ("check_shapes>=1.0.0", "deprecated", "lark", "multipledispatch", "packaging", "scipy", "tabulate",
         "typing_extensions"),
        in_sources=True,
    ),
    "tf_agents": Library(
        "tf_agents", "tf-agents", "0.19.0",
        ("tf_agents/utils", "tf_agents/networks", "tf_agents/specs", "tf_agents/distributions",
         "tf_agents/trajectories", "tf_agents/replay_buffers"),
        ("tf_agents/utils/common_test.py", "tf_agents/networks/value_network_test.py"),
        ("gin-config", "gym==0.23.0", "cloudpickle", "pygame", "typing-extensions"),
    ),
}  # fmt: skip


@dataclass
class Outcome:
    """One run of a suite."""

    cases: dict[str, list[str]]
    loaded: int
    processor: float
    elapsed: float

    @property
    def counts(self) -> dict[str, int]:
        found = Counter(worst(outcomes) for outcomes in self.cases.values())
        return {kind: found[kind] for kind in ("passed", "failed", "skipped") if found[kind]}


def worst(outcomes: list[str]) -> str:
    return next((kind for kind in ("failed", "skipped") if kind in outcomes), "passed")


def run(bench: Bench) -> None:
    names = bench.only.split() or list(LIBRARIES)
    unknown = set(names) - set(LIBRARIES)
    if unknown:
        raise SystemExit(f"no suite named {', '.join(sorted(unknown))}; there are {', '.join(LIBRARIES)}")
    for name in names:
        library = LIBRARIES[name]
        python, directory = prepare(library, bench.python)
        compare(bench, name, library, python, directory)


def compare(bench: Bench, name: str, library: Library, python: Path, directory: Path) -> None:
    tests = library.quick if bench.quick else library.tests
    for hook in (False, True):
        run_once(library, python, directory, ("--collect-only", *tests), hook)
    found: dict[bool, Outcome] = {}
    processor: dict[str, list[float]] = {"plain": [], "hook": []}

    def once(hook: bool) -> float:
        found[hook] = run_once(library, python, directory, tests, hook)
        processor["hook" if hook else "plain"].append(found[hook].processor)
        return found[hook].elapsed

    elapsed = interleave({"plain": lambda: once(False), "hook": lambda: once(True)}, bench.how_many(1, quick=1))
    differing = differences(found[False], found[True])
    excused = {case: why for case in differing for end, why in library.known.items() if case.endswith(end)}
    bench.fact(f"{name}, plain", found[False].counts)
    bench.fact(f"{name}, hook", f"{found[True].counts}, {found[True].loaded} modules enabled")
    bench.fact(f"{name}, known differences", excused)
    unexpected = {case: both for case, both in differing.items() if case not in excused}
    bench.fact(f"{name}, unexpected differences", dict(list(unexpected.items())[:SHOWN]))
    bench.row(f"{name}, tests that differ", [float(len(unexpected))], "", at_most=0)
    for kind in "plain", "hook":
        bench.row(f"{name}, processor time, {kind}", processor[kind], "s")
        bench.row(f"{name}, elapsed, {kind}", elapsed[kind], "s")
    bench.ratio(f"{name}, processor time, hook / plain", processor, "hook", "plain", at_most=MOST)
    bench.ratio(f"{name}, elapsed, hook / plain", elapsed, "hook", "plain")


def differences(plain: Outcome, hook: Outcome) -> dict[str, tuple[str, str]]:
    found = {}
    for case in sorted({*plain.cases, *hook.cases}):
        both = [worst(outcome.cases[case]) if case in outcome.cases else "missing" for outcome in (plain, hook)]
        if both[0] != both[1]:
            found[case] = both[0], both[1]
    return found


def run_once(library: Library, python: Path, directory: Path, tests: tuple[str, ...], hook: bool) -> Outcome:
    """Run tests in one process."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "report.json")
        # Not the whole checkout: a library's tests may be a package `tests`, too.
        Path(scratch, "autograph_hook").symlink_to(ROOT / "autograph_hook", target_is_directory=True)
        shutil.copy(HERE / f"{PLUGIN}.py", scratch)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AUTOGRAPH_HOOK", "PYTHON"))}
        variables = kept | {
            "PYTHONPATH": os.pathsep.join((scratch, str(directory))),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "TF_USE_LEGACY_KERAS": "1",
            "CUDA_VISIBLE_DEVICES": "",
            "SUITES_REPORT": str(report),
            "SUITES_ENABLE": library.package if hook else "",
        }
        command = [python, "-m", "pytest", "-p", PLUGIN, "-p", "no:cacheprovider", "-q", "--tb=short", "--assert=plain"]
        start = time.perf_counter()
        with Path(scratch, "output.txt").open("w+") as output:
            child = subprocess.Popen([*command, *tests], cwd=directory, env=variables, stdin=subprocess.DEVNULL,
                                     stdout=output, stderr=subprocess.STDOUT)  # fmt: skip
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            elapsed = time.perf_counter() - start
            if not report.exists():
                output.seek(0)
                raise SystemExit(f"the suite of {library.package} did not run:\n{output.read()[-3000:]}")
            told: dict[str, Any] = json.loads(report.read_text())
            if child.returncode not in (0, 1):  # 1: some tests failed
                output.seek(0)
                raise SystemExit(f"the suite of {library.package} broke off:\n{output.read()[-3000:]}")
    return Outcome(told["cases"], told["loaded"], usage.ru_utime + usage.ru_stime, elapsed)


def prepare(library: Library, python: str) -> tuple[Path, Path]:
    """The interpreter that has the library, and the directory in which its tests run."""
    kept = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "autograph_hook", "suites")
    if python:
        interpreter = Path(python).absolute()
    else:
        interpreter = kept / library.package / "bin" / "python"
        done = kept / library.package / "installed"
        if not done.exists():
            subprocess.run([sys.executable, "-m", "venv", kept / library.package], check=True)
            pip(interpreter, "install", *BASE, *library.requires)
            pip(interpreter, "install", "--no-deps", library.wanted)
            done.touch()
    if not library.in_sources:
        text = f"import importlib.util as u; print(u.find_spec({library.package!r}).origin)"
        origin = subprocess.run([interpreter, "-c", text], capture_output=True, text=True, check=True).stdout.strip()
        return interpreter, Path(origin).parent.parent
    sources = kept / "sources"
    directory = sources / f"{library.project}-{library.version}"
    if not directory.exists():
        pip(interpreter, "download", "--no-deps", "--no-binary", ":all:", "-d", sources, library.wanted)
        with tarfile.open(sources / f"{directory.name}.tar.gz") as archive:
            archive.extractall(sources, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        # Without it pytest takes `tests/gpflow` for the package `gpflow`.
        directory.joinpath("tests", "__init__.py").touch()
    return interpreter, directory


def pip(interpreter: Path, command: str, *arguments: str | Path) -> None:
    subprocess.run([interpreter, "-m", "pip", command, "--quiet", *arguments], check=True)
