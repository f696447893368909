"""Does a terminal show what a page says?

`...` in a page stands for any text. Times are compared without their figures. In a staging report the functions, and the
advice, are sorted by what was measured: there each line must be found, in whatever order, and lines that hold nothing but
times are left out. A line `...` allows lines that the page does not show.
"""

from __future__ import annotations

import doctest
import re

TIME = re.compile(r"\b\d+(\.\d+)?(?= ?(ms|s|steps per second)\b)")
TIMES = re.compile(r"^ +(tracing|in graphs|plain) 0 (ms|s)(, (in graphs|plain) 0 (ms|s))*$")
GAIN = re.compile(r" \(at most 0 m?s\)$")
RANK = re.compile(r"^ +\d+\. ")
REPORT = re.compile(r"^Staging report:", re.MULTILINE)
ELLIPSIS = "..."


def difference(expected: str, seen: str) -> str:
    r"""How what a terminal has shown differs from what the page says.

    >>> difference("took 1.5 ms\n...\nend\n", "took 20.3 ms\nand\nmore\nend\n")
    ''
    >>> difference("a\nStaging report: 1\nf\ng\n", "a\nStaging report: 1\ng\n   plain 2.0 ms\nf\n")
    ''
    """
    want, got = (TIME.sub("0", text) for text in (expected, seen))
    starts = [REPORT.search(text) for text in (want, got)]
    if starts[0] is not None and starts[1] is not None:
        places = [start.start() for start in starts if start is not None]
        return _of_text(want[: places[0]], got[: places[1]]) or _of_reports(want[places[0] :], got[places[1] :])
    return _of_text(want, got)


def _of_text(want: str, got: str) -> str:
    checker, flags = doctest.OutputChecker(), doctest.ELLIPSIS
    if checker.check_output(want, got, flags):
        return ""
    return checker.output_difference(doctest.Example("", want), got, flags | doctest.REPORT_NDIFF)


def _of_reports(want: str, got: str) -> str:
    wanted, left = _lines(want), _lines(got)
    missing = []
    for line in wanted:
        if line == ELLIPSIS:
            continue
        pattern = re.compile(".*".join(map(re.escape, line.split(ELLIPSIS))))
        found = next((each for each in left if pattern.fullmatch(each)), None)
        if found is None:
            missing.append(line)
        else:
            left.remove(found)
    parts = [f"not in the report:\n{line}" for line in missing]
    if ELLIPSIS not in wanted:
        parts += [f"not on the page:\n{line}" for line in left]
    return "\n".join(parts)


def _lines(report: str) -> list[str]:
    lines = (GAIN.sub("", RANK.sub("  - ", line)) for line in report.splitlines())
    return [line for line in lines if line.strip() and not TIMES.match(line)]
