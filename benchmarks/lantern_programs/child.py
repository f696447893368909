"""The contenders of one program in turn, in one process with one thread; figures as JSON.

Arguments: the program and how many rounds.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
    os.environ[variable] = "1"

import autograph_hook  # noqa: E402

autograph_hook.install()

from benchmarks.harness import interleave  # noqa: E402
from benchmarks.lantern_programs.contenders import CONTENDERS, same  # noqa: E402


def microseconds(run: Any, times: int) -> float:
    start = time.perf_counter()
    for _ in range(times):
        run()
    return 1e6 * (time.perf_counter() - start) / times


def main() -> None:
    name, rounds = sys.argv[1], int(sys.argv[2])
    runs: dict[str, Any] = {}
    missing: dict[str, str] = {}
    cannot: dict[str, str] = {}
    for contender, make in CONTENDERS.items():
        try:
            runs[contender] = make(name)
        except ImportError as error:
            missing[contender] = str(error)
        except NotImplementedError as error:
            cannot[contender] = str(error)
    meant = runs["plain"]()
    equal = {contender: same(run(), meant) for contender, run in runs.items()}
    variants = {}
    for contender, run in runs.items():
        times = max(1, int(20_000 / microseconds(run, 2)))
        variants[contender] = lambda run=run, times=times: microseconds(run, times)
    times = interleave(variants, rounds)
    print(json.dumps({"times": times, "equal": equal, "missing": missing, "cannot": cannot}))


if __name__ == "__main__":
    main()
