"""Measurements of autograph_hook, to be run on a machine of one's own.

    python -m benchmarks                     what there is, and how long each takes
    python -m benchmarks NAME...             some of them
    python -m benchmarks all --out results/  all of them, and what they say about the README's claims
    python -m benchmarks transparency PACKAGE... [--python INTERPRETER] [--tests DIR]
                                             the tests of any installed package, without the hook and with it
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
import traceback
from datetime import datetime
from pathlib import Path
from typing import Any

from . import plots, summary
from .harness import Bench, machine, say
from .progress import duration, progress
from .registry import ALL, BENCHMARKS, listing

OURS = ("autograph_hook", "benchmarks", "tests")


def main(argv: list[str] | None = None) -> int:
    options = arguments().parse_args(argv)
    if not options.names:
        minutes = sum(BENCHMARKS[name].share for name in ALL)
        print(f"{__doc__}\n{listing()}\n\nall together, with seven rounds and smaller sizes: about {minutes:g} min")
        return 0
    named: list[str] = []
    if options.names[0] == "scripts":
        options.names, options.only = options.names[:1], options.names[1:] or options.only
    elif options.names[0] in ("suites", "transparency"):
        options.names, named = options.names[:1], options.names[1:]
    only = " ".join(options.only)
    whole = options.names == ["all"]
    names = list(dict.fromkeys(ALL if whole else options.names))
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"no benchmark named {', '.join(unknown)}; there are:\n{listing()}", file=sys.stderr)
        return 2
    print("  ".join(f"{key} {value}" for key, value in machine().items()))
    results: dict[str, dict[str, Any]] = {}
    for place, name in enumerate(names, 1):
        left = sum(BENCHMARKS[other].share if whole else BENCHMARKS[other].minutes for other in names[place - 1 :])
        progress.title = f"{name} ({place} of {len(names)})"
        note = f" ({place} of {len(names)}; about {left:g} min left)" if len(names) > 1 and not options.quick else ""
        say(f"\n{name}{note}")
        results[name] = measure(
            Bench(name, options.quick, options.rounds, only, tuple(named), options.python, options.tests, whole)
        )
        if options.out:
            keep(options.out, name, results)
    judged = summary.verdicts(summary.collect(options.out) if in_directory(options.out) else results)
    if whole:
        print("\nThe claims of the README\n" + "\n".join(summary.told(judged)))
    broken = [name for name, figures in results.items() if figures["error"]]
    if broken:
        print(f"\nbroke off: {', '.join(broken)}", file=sys.stderr)
    # A comparison of packages is asked for to know whether any of their tests ends otherwise.
    differs = named and any(row["kept"] is False for row in results.get("transparency", {}).get("rows", ()))
    return 1 if broken or differs else 0


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="benchmarks, or all; none: the list")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a first impression")
    parser.add_argument("--rounds", type=int, default=0, help="so many rounds")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="PART",
        help="parts, or programs, of the benchmark; files of `suites` and `transparency`",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=Path, metavar="PATH",
        help="a directory for NAME.json, NAME.png, summary.md and summary.json; or one file, *.json, for all figures",
    )  # fmt: skip
    parser.add_argument(
        "--python", default="", metavar="INTERPRETER",
        help="the one that has the libraries of `suites`, or the packages of `transparency`",
    )  # fmt: skip
    parser.add_argument(
        "--tests", type=Path, metavar="DIR", help="the tests of the package that `transparency` is given: its sdist's"
    )
    return parser


def measure(bench: Bench) -> dict[str, Any]:
    """Run one benchmark. One that breaks off does not keep the others from running; what it measured is kept."""
    start, error = time.perf_counter(), ""
    facts = {"machine": machine(), "when": datetime.now().isoformat(timespec="minutes"), "quick": bench.quick}
    try:
        module = importlib.import_module(f"benchmarks.{bench.name}")
        module.run(bench)
    except SystemExit as problem:
        error = str(problem)
    except Exception as problem:
        if isinstance(problem, ModuleNotFoundError) and not (problem.name or "").startswith(OURS):
            error = f"{problem.name} is not installed"
        else:
            error = f"{type(problem).__name__}: {problem}"
            traceback.print_exc()
    seconds = time.perf_counter() - start
    say(f"  broke off: {error}" if error else f"  ({duration(seconds)})")
    return facts | {"seconds": round(seconds, 1), "error": error} | bench.to_dict()


def in_directory(out: Path | None) -> bool:
    return out is not None and out.suffix != ".json"


def keep(out: Path, name: str, results: dict[str, dict[str, Any]]) -> None:
    """Write what was measured so far."""
    if not in_directory(out):
        out.write_text(json.dumps(results, indent=1) + "\n")
        return
    out.mkdir(parents=True, exist_ok=True)
    figures = results[name]
    module = sys.modules.get(f"benchmarks.{name}")
    if hasattr(module, "plot") and not figures["error"]:
        module.plot(figures, out / f"{name}.png")
        figures["plot"] = f"{name}.png" if Path(out, f"{name}.png").exists() else ""
    else:
        drawn = plots.draw(figures["charts"], out / f"{name}.png")
        figures["plot"] = drawn if drawn.endswith(".png") else ""
        say(f"  {drawn}")
    Path(out, f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n")
    summary.write(out, summary.collect(out))


if __name__ == "__main__":
    sys.exit(main())
