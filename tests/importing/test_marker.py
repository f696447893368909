"""The marker enables and disables modules, and says so when it is not understood."""

from __future__ import annotations

import pytest

from autograph_hook.importing.marker import find_marker, find_plain_lines, may_hold_marker
from tests.conftest import Project

ENABLING = [
    "# autograph: enable\n",
    "#autograph:enable\n",
    "#  autograph:  enable  \n",
    "\n\n# autograph: enable\nimport os\n",
    "#!/usr/bin/env python\n# -*- coding: utf-8 -*-\n# Copyright\n# autograph: enable\n",
    '"""Doc."""\n# autograph: enable\nimport os\n',
    '"""Doc\nover lines.\n"""\n\n# autograph: enable\n',
    "'single'\n# autograph: enable\n",
    'r"""Raw."""  # note\n# autograph: enable\n',
    '("in" \n # inside\n "parentheses")\n# autograph: enable\n',
    '"""With \\""" escaped."""\n# autograph: enable\nx = 1\n',
    '\ufeff"""Doc."""\n# autograph: enable\n',
    '"""Doc."""\r\n# autograph: enable\r\n',
    "    # autograph: enable\nimport os\n",
]
NOT = [
    "",
    "import os\n# autograph: enable\n",
    '"""# autograph: enable"""\n',
    '"""\n# autograph: enable\n"""\nimport os\n',
    '"""Doc."""\nx = 1\n# autograph: enable\n',
    "x = 1  # autograph: enable\n",
    '"""Doc."""  # autograph: enable\n',
    "s = '''\n# autograph: enable\n'''\n",
    '"""One."""\n"""Two: a statement."""\n# autograph: enable\n',
    "# autograph is a word that prose may begin with\n",
    "# autograph: enable".replace("#", ""),
]


@pytest.mark.parametrize("text", ENABLING)
def test_a_comment_in_the_header_enables(text: str) -> None:
    marker = find_marker(text.encode())
    assert marker is not None and marker.enable is True and not marker.problems


@pytest.mark.parametrize("text", NOT)
def test_nothing_else_does(text: str) -> None:
    assert find_marker(text.encode()) is None


@pytest.mark.parametrize("text", [t for t in ENABLING if t])
def test_the_quick_look_never_misses_a_marker(text: str) -> None:
    assert all(
        may_hold_marker(text.encode()[:n])
        for n in (4096, text.encode().index(b"# auto") + 1 if "# auto" in text else 4096)
    )


def test_options_are_read() -> None:
    marker = find_marker(b"# autograph: enable mode=traced warm_up=3 strict=true jit_compile=no\n")
    assert marker is not None
    assert marker.options == {"mode": "traced", "warm_up": 3, "strict": True, "jit_compile": False}
    assert not marker.problems


@pytest.mark.parametrize(
    ("text", "enable", "said"),
    [
        (
            "# autograph: enabel\n",
            None,
            "'# autograph: enabel' is not a marker. Accepted: '# autograph: enable' or",
        ),
        ("# autograph enable\n", None, "'# autograph enable' is not a marker."),
        ("# Autograph: enable\n", None, "'# Autograph: enable' is not a marker."),
        ("# autograph:\n", None, "is not a marker"),
        ("# autograph: plain\nx = 1\n", None, "stands on a line of its own"),
        (
            "# autograph: enable mod=traced\n",
            True,
            "'mod=traced' is not an option of a marker. Accepted: mode=, ",
        ),
        ("# autograph: enable traced\n", True, "'traced' is not an option of a marker."),
        (
            "# autograph: enable mode=fast\n",
            True,
            "mode = 'fast' is not accepted. It must be one of \"auto\"",
        ),
        (
            "# autograph: enable backend=nosuch\n",
            True,
            "backend = 'nosuch' is not accepted. It must be \"auto\"",
        ),
    ],
)
def test_what_is_misspelt_is_said_with_the_accepted_words(text: str, enable: bool | None, said: str) -> None:
    marker = find_marker(b'"""Doc."""\n' + text.encode())
    assert marker is not None and marker.enable is enable
    ((line, problem),) = marker.problems
    assert line == 2 and said in problem


def test_line_pragmas_are_the_comments_at_the_end_of_a_line() -> None:
    source = (
        "def f():  # autograph: plain\n"
        "    x = '# autograph: plain'\n"
        "    # autograph: plain\n"
        "    for i in range(\n"
        "        3,\n"
        "    ):  #autograph:plain\n"
        "        pass\n"
        "    while x: pass  # autograph: plian\n"
    )
    lines, problems = find_plain_lines(source.encode())
    assert lines == {1, 6}
    assert [(line, text.partition(" is")[0]) for line, text in problems] == [(8, "'# autograph: plian'")]


def test_markers_decide_over_patterns_in_both_directions(project: Project) -> None:
    project.write("on.py", "# autograph: enable\n")
    project.write("pkg/__init__.py", "")
    project.write("pkg/off.py", "# autograph: disable\n")
    project.write("pkg/refused.py", "")
    project.write("pkg/refused_but_marked.py", "# autograph: enable\n")
    project.write(
        "main.py",
        """
        import autograph_hook
        autograph_hook.install(enable=["pkg"], disable=["pkg.refused*"])
        import on, pkg.off, pkg.refused, pkg.refused_but_marked
        print(*(type(m.__loader__).__name__ == "Loader" for m in (on, pkg, pkg.refused, pkg.refused_but_marked)))
        print(hasattr(pkg.off.f, "gone") if hasattr(pkg.off, "f") else "plain", ".opt-" in pkg.off.__cached__)
        """,
    )
    assert project.output("main.py").splitlines() == ["True True False True", "plain False"]


def test_options_of_a_marker_win_over_every_other_source(project: Project) -> None:
    project.write("marked.py", "# autograph: enable mode=traced warm_up=7\n")
    project.write("off.py", "# autograph: enable mode=off\n")
    project.write("beside.py", "")
    project.write(
        "main.py",
        """
        import marked, beside, off
        loaders = [m.__loader__ for m in (marked, beside)]
        for loader in loaders:
            options = loader.options(loader.name, loader.get_data(loader.path))
            print(options.mode, options.warm_up)
        print(".opt-" in off.__cached__)
        """,
    )
    output = project.hooked_output("--mode", "auto", "main.py", env={"AUTOGRAPH_HOOK_WARM_UP": "2"})
    assert output.splitlines() == ["traced 7", "auto 2", "False"]


def test_a_misspelt_marker_is_one_warning_that_names_file_and_line(project: Project) -> None:
    path = project.write("pkg.py", '"""Doc."""\n# autograph: enabel\nx = 1\n')
    project.write("main.py", "import pkg\n")
    for _ in range(2):
        error = project.hooked("main.py").stderr
        assert error.count("AutographWarning") == 1
        assert error.startswith(f"{path}:2: AutographWarning: '# autograph: enabel' is not a marker. Accepted: ")


def test_a_marker_in_text_costs_nothing_and_enables_nothing(project: Project) -> None:
    project.write("docs.py", '"""How to\n\n# autograph: enable\n"""\nx = 1\n')
    project.write("more.py", "# Copyright\nimport docs\ns = '# autograph: enable'\n")
    project.write(
        "main.py",
        """
        import sys, autograph_hook
        autograph_hook.install()
        import docs, more
        print(type(docs.__loader__).__name__, type(more.__loader__).__name__, "tokenize" in sys.modules)
        """,
    )
    assert project.output("-S", "main.py") == "SourceFileLoader SourceFileLoader False\n"
