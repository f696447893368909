"""`python -m tests.fuzz --programs 20000 [--mode python own foreign lantern] [--seed N] [--minutes M] [--jobs J] [--out F]`

Runs made programs by the hundred in child processes, shows how far it is, and prints every program that fails, made
small. The exit status is 1 if there is one.
"""

from __future__ import annotations

import argparse
import collections
import concurrent.futures
import dataclasses
import faulthandler
import json
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import ROOT, clean_environment
from tests.fuzz.child import MODES, Found, run

IN_ONE = {"python": 250, "own": 50, "foreign": 250, "lantern": 50}
"""Programs in one process."""
LONGEST = 3600
HANGS = 900
"""Seconds after which a program ends the process, which no signal did: longer than making it small takes."""


def _child(mode: str, count: int, number: int) -> Found:
    words = [sys.executable, "-W", "ignore", "-m", "tests.fuzz", "--child", "--mode", mode]
    words += ["--programs", str(count), "--seed", str(number)]
    environment = clean_environment(TF_CPP_MIN_LOG_LEVEL="3", PYTHONHASHSEED="0")
    try:
        done = subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return Found(failures=[f"seed {number}: the process runs longer than {LONGEST} seconds"])
    if done.returncode:
        return Found(failures=[f"seed {number}: the process ended with {done.returncode}\n{done.stderr[-4000:]}"])
    return Found(**json.loads(done.stdout.splitlines()[-1]))


def _begins(place: int) -> None:
    print(f"program {place}", file=sys.stderr, flush=True)
    faulthandler.dump_traceback_later(HANGS, exit=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description="Made programs, plain against hooked.")
    parser.add_argument("--programs", type=int, default=20_000, help="how many of each mode")
    parser.add_argument("--mode", nargs="+", choices=MODES, default=["python"])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=0, help="begin no further process after so many")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--out", type=Path, help="a file for the programs that fail")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    options = _options()
    if options.child:
        print(json.dumps(dataclasses.asdict(run(options.mode[0], options.programs, options.seed, _begins))))
        return 0
    failures = [failure for mode in options.mode for failure in _long(mode, options)]
    if options.out:
        options.out.write_text("\n\n".join(failures))
    return bool(failures)


def _long(mode: str, options: argparse.Namespace) -> list[str]:
    size = min(IN_ONE[mode], options.programs)
    started, done = time.monotonic(), 0
    failures: list[str] = []
    counts: collections.Counter[str] = collections.Counter()

    def one(number: int) -> Found | None:
        if options.minutes and time.monotonic() - started > options.minutes * 60:
            return None
        return _child(mode, size, options.seed + number)

    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for found in pool.map(one, range(-(-options.programs // size))):
            if found is None:
                break
            done += found.programs
            counts.update(found.counts)
            failures += found.failures
            for failure in found.failures:
                print(f"\n{'-' * 80}\n{failure}\n{'-' * 80}", flush=True)
            seconds = time.monotonic() - started
            print(f"{mode}: {done} programs in {seconds:.0f} s, {len(failures)} failing", flush=True)
    for name, count in sorted(counts.items()):
        print(f"  {name}: {count}")
    return failures


if __name__ == "__main__":
    sys.exit(main())
