"""`python -m benchmarks NAME... [PROGRAM...] [--quick] [--rounds N] [--out FILE]`; without a name, all of them."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import time
from pathlib import Path

from .harness import Bench, machine

NAMES = (
    "importing", "gates", "first_call", "calls", "memory", "example", "paper", "scripts", "treelstm",
    "lantern_programs",
)  # fmt: skip
ON_REQUEST = ("suites",)
"""Not among all: they install libraries, and take long."""


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(NAMES + ON_REQUEST)}")
    parser.add_argument("--quick", action="store_true", help="fewer rounds: a first impression")
    parser.add_argument("--rounds", type=int, default=0, help="so many rounds")
    parser.add_argument("--only", default="", metavar="PART", help="one program of the benchmark")
    parser.add_argument(
        "--out", type=Path, help="write all figures to this JSON file, or to NAME.json in this directory"
    )
    parser.add_argument("--python", default="", help="the interpreter that has the libraries of `suites`")
    options = parser.parse_args(argv)
    if options.names[:1] in (["scripts"], ["suites"]):
        options.names, options.only = options.names[:1], " ".join(options.names[1:]) or options.only
    unknown = set(options.names) - {*NAMES, *ON_REQUEST}
    if unknown:
        parser.error(f"no benchmark named {', '.join(sorted(unknown))}; there are {', '.join(NAMES + ON_REQUEST)}")
    results: dict[str, object] = {"machine": machine()}
    print("  ".join(f"{key} {value}" for key, value in machine().items()))
    for name in options.names or NAMES:
        bench = Bench(name, options.quick, options.rounds, options.only, options.python)
        print(f"\n{name}", flush=True)
        start = time.perf_counter()
        module = importlib.import_module(f"benchmarks.{name}")
        module.run(bench)
        print(f"  ({time.perf_counter() - start:.0f} s)")
        results[name] = bench.to_dict()
        if options.out:
            if options.out.is_dir():
                figures = {"machine": results["machine"], name: results[name]}
                Path(options.out, f"{name}.json").write_text(json.dumps(figures, indent=1) + "\n")
                if hasattr(module, "plot"):
                    module.plot(results[name], Path(options.out, f"{name}.png"))
            else:
                options.out.write_text(json.dumps(results, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
