"""`autograph-hook report FILE.json [OUT]`: a saved report, as text, or as the page or text file OUT."""

from __future__ import annotations

from autograph_hook.cli.options import UsageError, plain_words
from autograph_hook.settings import REPORT_ENDINGS

USAGE = "autograph-hook report FILE.json [OUT.html | OUT.txt]"


def command(words: list[str]) -> int:
    if len(plain_words(words, USAGE)) not in (1, 2):
        raise UsageError(f"report takes a saved report, and where to put it.\nusage: {USAGE}")
    path, *out = words
    if out and not out[0].endswith(REPORT_ENDINGS):
        raise UsageError(f"report: {out[0]} must end in one of {', '.join(REPORT_ENDINGS)}.\nusage: {USAGE}")
    import json
    import sys

    try:
        with open(path, encoding="utf-8") as file:
            content = json.load(file)
    except OSError as error:
        raise UsageError(f"report: {path}: {error.strerror}.") from None
    except ValueError as error:
        raise UsageError(f"report: {path} is not a saved report: {error}.") from None
    if not isinstance(content, dict) or content.get("version") != 1 or "modules" not in content:
        raise UsageError(
            f'report: {path} is not a saved report: it has no "version": 1 and "modules". '
            "Save one with --report=FILE.json."
        )
    from autograph_hook.reporting import Report

    try:
        report = Report.from_dict(content)
    except ValueError as error:
        raise UsageError(f"report: {path} is not a saved report: {error}.") from None
    if not out:
        report.show(sys.stdout)
        return 0
    try:
        report.save(out[0])
    except OSError as error:
        raise UsageError(f"report: {out[0]}: {error.strerror}.") from None
    return 0
