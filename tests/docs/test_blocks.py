"""What runs the pages finds what is wrong in them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sybil.example import SybilFailure

from tests.docs.blocks import Missing, Story, stories
from tests.docs.shown import difference


def told(text: str, tmp_path: Path) -> Story:
    page = tmp_path / "page.md"
    page.write_text(text)
    for number, told in enumerate(stories(page)):
        directory = tmp_path / str(number)
        directory.mkdir()
        story = Story(directory)
        for example in told:
            story.tell(example)
    return story


def test_a_title_is_a_file_and_a_session_shows_what_its_commands_show(tmp_path: Path) -> None:
    told(
        '```python title="pkg/a.py"\nprint("one")\nprint("two")\n```\n\n'
        "```console\n$ python pkg/a.py\none\n...\n$ python -c 'raise SystemExit(3)'\n$ echo took 3.4 ms\ntook 1.2 ms\n```\n",
        tmp_path,
    )


@pytest.mark.parametrize(
    "block",
    [
        "```console\n$ echo a\nb\n```\n",
        "```console\n$ echo a\n```\n",
        "```python\nraise ValueError\n```\n",
        "```json\n{\n```\n",
        "```ruby\n1\n```\n",
        '```python titel="a.py"\n1\n```\n',
    ],
)
def test_what_is_wrong_is_a_failure_that_names_the_line(block: str, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"line 3|Expecting property name") as failed:
        told(f"Text.\n\n{block}", tmp_path)
    assert isinstance(failed.value, (SybilFailure, ValueError))


def test_wrong_settings_are_found(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="there is no setting 'enabel'"):
        told("```toml\n[tool.autograph_hook]\nenabel = []\n```\n", tmp_path)


def test_comments_say_what_is_missing_where_to_begin_anew_and_what_is_only_read(tmp_path: Path) -> None:
    story = told(
        '```text title="a"\n```\n\n<!-- anew -->\n\n<!-- not run: it fails -->\n\n```console\n$ false\nno\n```\n', tmp_path
    )
    assert list(story.terminal.directory.iterdir()) == []


def test_a_story_needs_modules_and_the_next_one_does_not(tmp_path: Path) -> None:
    with pytest.raises(Missing, match=r"^no_such_module$"):
        told("<!-- needs: sys no_such_module -->\n", tmp_path)
    page = tmp_path / "page.md"
    page.write_text("<!-- needs: no_such_module -->\n\n<!-- anew -->\n\n```python\n```\n")
    assert [len(told) for told in stories(page)] == [1, 1]


REPORT = """done
Staging report: functions 1 staged, 1 mixed, 0 plain, 0 unused

Advice, the most valuable first:
  1. a.py:3: `x` is a list (at most 3.1 ms)
  2. a.py:9: `y` is a list

__main__  a.py
  staged  line 1     f  3 staged, 2 plain
          tracing 1.5 ms, in graphs 2.00 s, plain 3.0 ms
  plain   line 5     g  0 staged, 5 plain          too few operations to gain (3)
"""


def test_a_report_may_come_in_another_order_with_other_times() -> None:
    head, rest = REPORT.split("Staging report")
    other = head + "Staging report" + "\n".join(reversed(rest.splitlines()[1:])).join([rest.splitlines()[0] + "\n", "\n"])
    other = other.replace("3.1 ms", "4.2 s").replace("  1. ", "  5. ").replace("tracing 1.5 ms, ", "")
    assert difference(REPORT, other) == ""


def test_a_report_that_says_something_else_differs() -> None:
    assert "not in the report" in difference(REPORT, REPORT.replace("3 staged", "4 staged"))
    assert "not on the page" in difference(REPORT.replace("  2. a.py:9: `y` is a list\n", ""), REPORT)
    assert difference(REPORT.replace("  2. a.py:9: `y` is a list\n", "...\n"), REPORT) == ""
    assert difference(REPORT, REPORT.replace("done", "failed")) != ""
