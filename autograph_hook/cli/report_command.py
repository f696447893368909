"""`autograph-hook report FILE.json`: a saved report, as text."""

from __future__ import annotations

from autograph_hook.cli.options import UsageError, plain_words

USAGE = "autograph-hook report FILE.json"


def command(words: list[str]) -> int:
    if len(plain_words(words, USAGE)) != 1:
        raise UsageError(f"report takes one file.\nusage: {USAGE}")
    path = words[0]
    import json

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

    print(Report.from_dict(content).to_text())
    return 0
