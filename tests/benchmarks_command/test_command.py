"""`python -m benchmarks`: the list, names, progress, what is missing, what breaks off, and where results go."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command
from benchmarks import harness, plots, progress
from benchmarks.harness import Bench
from benchmarks.registry import ALL, BENCHMARKS
from tests.conftest import ROOT

Add = Callable[..., None]


def quick(bench: Bench) -> None:
    bench.row("the time of one", [1.0, 2.0, 3.0], "ms", at_most=2)


def test_without_a_name_the_command_lists_what_each_benchmark_shows_and_how_long_it_takes(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, entry in BENCHMARKS.items():
        (line,) = [line for line in lines if line.startswith(f"  {name} ")]
        assert entry.shows in line and f"about {entry.minutes:g} min" in line
    assert "not in all: it installs libraries" in "\n".join(lines)


def test_every_benchmark_in_the_list_has_a_module() -> None:
    places = [ROOT / "benchmarks" / name for name in BENCHMARKS]
    assert [place.name for place in places if not (place.with_suffix(".py").exists() or place.is_dir())] == []


def test_all_of_them_take_at_most_forty_minutes() -> None:
    assert sum(BENCHMARKS[name].share for name in ALL) <= 40


def test_an_unknown_name_runs_nothing_and_says_which_there_are(add: Add, capsys: pytest.CaptureFixture[str]) -> None:
    ran: list[Bench] = []
    add("first", ran.append)
    assert command.main(["first", "frist"]) == 2
    told = capsys.readouterr().err
    assert told.startswith("no benchmark named frist; there are:\n")
    assert "what first shows" in told
    assert not ran


def test_results_go_to_a_directory_as_json_with_the_machine_and_a_summary(add: Add, tmp_path: Path) -> None:
    add("first", quick)
    assert command.main(["first", "--out", str(tmp_path / "results")]) == 0
    figures = json.loads(Path(tmp_path, "results", "first.json").read_text())
    (row,) = figures["rows"]
    assert (row["what"], row["spread"]["median"], row["kept"]) == ("the time of one", 2.0, True)
    assert figures["machine"]["python"] and figures["when"] and figures["error"] == ""
    assert Path(tmp_path, "results", "summary.md").exists()
    assert "first" in json.loads(Path(tmp_path, "results", "summary.json").read_text())["benchmarks"]


def test_results_go_to_one_file_where_its_name_says_so(add: Add, tmp_path: Path) -> None:
    add("first", quick)
    add("second", quick)
    command.main(["first", "second", "--out", str(tmp_path / "figures.json")])
    assert [*json.loads((tmp_path / "figures.json").read_text())] == ["first", "second"]
    assert [path.name for path in tmp_path.iterdir()] == ["figures.json"]


def test_a_contender_that_is_not_installed_is_said_to_be_missing(
    add: Add, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    add("first", lambda bench: bench.lacks("PyTorch", "No module named 'torch'"))
    command.main(["first", "--out", str(tmp_path)])
    assert "missing: PyTorch (No module named 'torch')" in capsys.readouterr().out
    assert "PyTorch: No module named 'torch'" in (tmp_path / "summary.md").read_text()


def test_the_import_hooks_of_others_are_said_to_be_missing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from benchmarks import importing

    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    monkeypatch.setattr(importing, "COUNT", 1)
    bench = Bench("importing")
    measurement = importing.Measurement(bench, tmp_path)
    assert measurement.hooks == []
    assert {*bench.missing} == {f"{name}'s import hook" for name in importing.HOOKS}
    assert "missing: beartype's import hook (beartype is not installed)" in capsys.readouterr().out


def test_a_benchmark_that_breaks_off_keeps_no_other_from_running(
    add: Add, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def differs(bench: Bench) -> None:
        quick(bench)
        raise SystemExit("NOT THE SAME OUTPUT: vae")

    add("first", differs)
    add("second", quick)
    assert command.main(["all", "--out", str(tmp_path)]) == 1
    captured = capsys.readouterr()
    assert "broke off: NOT THE SAME OUTPUT: vae" in captured.out
    assert captured.err.endswith("broke off: first\n")
    first, second = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("first", "second"))
    assert len(first["rows"]) == 1 and first["error"] and not second["error"]


def test_a_benchmark_whose_framework_is_not_there_says_so(add: Add, capsys: pytest.CaptureFixture[str]) -> None:
    def needs(bench: Bench) -> None:
        raise ModuleNotFoundError("No module named 'tensorflow'", name="tensorflow")

    add("first", needs)
    assert command.main(["first"]) == 1
    assert "broke off: tensorflow is not installed" in capsys.readouterr().out


def test_what_a_child_cannot_import_is_what_its_benchmark_cannot_import(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text("import no_such_framework\n")
    with pytest.raises(ModuleNotFoundError) as caught:
        harness.child([script])
    assert caught.value.name == "no_such_framework"


def test_what_a_child_says_of_its_progress_is_shown_and_the_rest_is_kept_for_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = io.StringIO()
    monkeypatch.setattr(harness, "progress", progress.Progress(shown, seldom=0))
    script = tmp_path / "script.py"
    script.write_text("""
        import sys
        from benchmarks.harness import interleave
        print(interleave({"one": lambda: 1.0}, 2)["one"])
        print("a warning", file=sys.stderr)
    """.replace("\n        ", "\n"))
    assert harness.child([script]) == [1.0, 1.0]
    assert shown.getvalue() == "  ... round 1 of 2\n  ... round 2 of 2\n"
    script.write_text("import sys; print('what went wrong', file=sys.stderr); sys.exit(3)")
    with pytest.raises(SystemExit, match="what went wrong"):
        harness.child([script])


def test_progress_is_one_line_that_is_written_over_on_a_terminal() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    stream = Terminal()
    told = progress.Progress(stream)
    told.title = "gates (2 of 12)"
    told.tell("round 1 of 7")
    told.clear()
    told.clear()
    assert stream.getvalue() == "\r\033[Kgates (2 of 12): round 1 of 7\r\033[K"


def test_a_part_that_is_not_there_is_named() -> None:
    with pytest.raises(SystemExit, match="memory has no part colours; there are shapes, numbers"):
        Bench("memory", only="shapes colours").parts(["shapes", "numbers"])
    assert Bench("memory", only="numbers").parts(["shapes", "numbers"]) == ["numbers"]


@pytest.mark.parametrize("more", [(), ("--quick",), ("--rounds", "3")])
def test_among_all_each_benchmark_has_seven_rounds_unless_others_are_asked_for(add: Add, more: tuple[str, ...]) -> None:
    rounds: list[int] = []
    add("first", lambda bench: rounds.append(bench.how_many(31, quick=2)))
    command.main(["all", *more])
    command.main(["first", *more])
    assert rounds == {(): [7, 31], ("--quick",): [2, 2], ("--rounds", "3"): [3, 3]}[more]


def test_names_after_scripts_are_its_programs(add: Add) -> None:
    asked: list[str] = []
    add("scripts", lambda bench: asked.append(bench.only))
    command.main(["scripts", "vae", "gan"])
    assert asked == ["vae gan"]


def chart(kind: str) -> dict[str, Any]:
    bench = Bench("drawn")
    if kind == "bars":
        bench.bars("times", "ms", {"one": {"plain": [1.0, 2.0], "staged": [0.5, 0.6]}}, log=True, line=1)
    else:
        bench.lines("growth", "lines", "s", {"plain": {10: [1.0, 2.0], 100: [9.0, 11.0]}, "none": {10: [0.0]}})
    return json.loads(json.dumps(bench.to_dict()))["charts"][0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("kind", ["bars", "lines"])
def test_a_chart_is_drawn_from_what_the_json_file_has(kind: str, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    assert plots.draw([chart(kind)], tmp_path / "drawn.png") == "drawn.png"
    assert (tmp_path / "drawn.png").read_bytes().startswith(b"\x89PNG")


def test_without_matplotlib_no_plot_is_drawn_and_that_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert plots.draw([chart("bars")], tmp_path / "drawn.png") == "no plot: matplotlib is not installed"
    assert os.listdir(tmp_path) == []
