"""What the hook adds to importing: 200 modules of 200 lines, a fresh process each time; and what other hooks add.

Times are CPU time of the imports alone (wall time beside it); installing the idle hook and the start-up file
are measured by themselves. The hooks of pytest, beartype, typeguard and jaxtyping rewrite the same modules: other work
than ours, but the price that people pay for an import hook.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from .harness import Bench, child, interleave
from .modules import write_package

HERE = Path(__file__).parent
COUNT = 200
ELSEWHERE = ["another_package"]
HOOKS = ("pytest", "beartype", "typeguard", "jaxtyping")
LIMITS: tuple[dict[str, float], ...] = ({"at_most": 3}, {}, {"at_most": 0.5})  # of the fixed costs


def run(bench: Bench) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        Measurement(bench, Path(scratch)).run()


class Measurement:
    def __init__(self, bench: Bench, scratch: Path) -> None:
        self.bench = bench
        self.scratch = scratch
        self.wall: dict[str, list[float]] = {}
        self.directories = {}
        self.hooks = [name for name in HOOKS if importlib.util.find_spec(name)]
        for name in set(HOOKS) - set(self.hooks):
            bench.lacks(f"{name}'s import hook", f"{name} is not installed")
        # Outside this project: where a script lies and runs decides which pyproject.toml is read.
        self.script = shutil.copy(HERE / "importing_child.py", scratch)
        for name in ("plain", "hook", *self.hooks):
            self.directories[name] = scratch / name
            write_package(scratch / name, "generated", COUNT)

    def once(self, name: str, directory: str, install: list[str] | None, cold: bool) -> float:
        place = self.directories[directory]
        if cold:
            shutil.rmtree(place / "generated" / "__pycache__", ignore_errors=True)
        found = self.child(directory=str(place), count=COUNT, install=install)
        if found["enabled"] is not (install == ["generated"]):
            raise SystemExit(f"{name}: the modules did not come through the right loader")
        if not cold and not found["light"]:
            raise SystemExit(f"{name}: loading from the cache imported the transpiler's dependencies")
        self.wall.setdefault(name, []).append(1e3 * found["wall"])
        return float(1e3 * found["cpu"])

    def of_others(self, hook: str, cold: bool) -> float:
        """The same modules through the hook of another package."""
        place = self.directories[hook]
        if cold:
            shutil.rmtree(place / "generated" / "__pycache__", ignore_errors=True)
        found = self.child(directory=str(place), count=COUNT, hook=hook)
        if hook.lower() not in found["loader"].lower():
            raise SystemExit(f"the modules did not come through the hook of {hook}, but {found['loader']}")
        return float(1e3 * found["cpu"])

    def child(self, **task: Any) -> Any:
        return child([self.script, json.dumps(task)])

    def run(self) -> None:
        warm = {
            "plain, warm": lambda: self.once("plain, warm", "plain", None, cold=False),
            "enabled, warm": lambda: self.once("enabled, warm", "hook", ["generated"], cold=False),
            "not enabled, warm": lambda: self.once("not enabled, warm", "plain", ELSEWHERE, cold=False),
        }
        cold = {
            "plain, cold": lambda: self.once("plain, cold", "plain", None, cold=True),
            "enabled, cold": lambda: self.once("enabled, cold", "hook", ["generated"], cold=True),
        }
        for hook in self.hooks:
            cold[f"{hook}, cold"] = lambda hook=hook: self.of_others(hook, cold=True)  # type: ignore[misc]
            warm[f"{hook}, warm"] = lambda hook=hook: self.of_others(hook, cold=False)  # type: ignore[misc]
        bench = self.bench
        samples = interleave(cold, bench.how_many(7, quick=1))
        self.wall.clear()
        for step in warm.values():
            step()
        self.wall.clear()
        samples |= interleave(warm, bench.how_many(21, quick=7))
        for name, values in samples.items():
            bench.row(f"{COUNT} modules {name}", values, "ms")
        for name, values in self.wall.items():
            bench.row(f"{COUNT} modules {name}, wall", values, "ms")
        bench.ratio("enabled / plain, warm", samples, "enabled, warm", "plain, warm", at_most=1.5)
        bench.ratio("enabled / plain, cold", samples, "enabled, cold", "plain, cold", at_most=8)
        bench.ratio("not enabled / plain, warm", samples, "not enabled, warm", "plain, warm", at_most=1.05)
        for hook in self.hooks:
            for state in "warm", "cold":
                bench.ratio(f"{hook} / plain, {state}", samples, f"{hook}, {state}", f"plain, {state}")
        for state, title in ("warm", "byte code cached"), ("cold", "nothing cached"):
            names = [name.partition(",")[0] for name in samples if name.endswith(f", {state}")]
            groups = {name: {name: samples[f"{name}, {state}"]} for name in names}
            bench.bars(f"importing {COUNT} modules of 200 lines, {title}", "ms", groups)
        self.fixed_costs()
        self.split()

    def fixed_costs(self) -> None:
        from autograph_hook.importing.startup import LINE

        directory = self.scratch / "startup"
        directory.mkdir()
        directory.joinpath("autograph_hook.pth").write_text(LINE)
        project = self.scratch / "project"
        project.mkdir()
        project.joinpath("pyproject.toml").write_text('[tool.autograph_hook]\nenable = ["another_package"]\n')
        below = shutil.copy(self.script, project)
        install = {"install": ELSEWHERE}
        steps = {
            "installing the idle hook": lambda: 1e3 * self.child(**install)["install"],
            "the same below a pyproject.toml": lambda: 1e3 * child([below, json.dumps(install)])["install"],
            "the inactive start-up file": lambda: 1e3 * self.child(startup=str(directory))["startup"],
        }
        for step in steps.values():
            step()
        samples = interleave(steps, self.bench.how_many(21, quick=7))
        for (name, values), limits in zip(samples.items(), LIMITS, strict=True):
            self.bench.row(name, values, "ms", **limits)

    def split(self) -> None:
        task = {"directory": str(self.directories["hook"]), "count": COUNT, "install": ["generated"]}
        runs = [self.child(**task, split=True)["split"] for _ in range(self.bench.how_many(11, quick=3))]
        for part in runs[0]:
            self.bench.row(f"of loading from the cache: {part}", [1e3 * run[part] for run in runs], "ms")
