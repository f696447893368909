"""`autograph_hook.install()` from Python."""

from __future__ import annotations

from tests.conftest import Project


def test_it_is_a_context_manager(project: Project) -> None:
    for name in "ab":
        project.write(f"{name}.py", "")
    project.write(
        "main.py",
        """
        import sys, autograph_hook
        before = list(sys.meta_path)
        with autograph_hook.install(enable=["a", "b"]) as hook:
            import a
            print(hook.installed, sys.meta_path[0] is hook.finder, hook)
        import b
        print(hook.installed, sys.meta_path == before, hook)
        print(type(a.__loader__).__name__, type(b.__loader__).__name__)
        hook.uninstall()
        """,
    )
    assert project.output("main.py").splitlines() == [
        "True True <autograph_hook.Hook, installed, enable=['a', 'b']>",
        "False True <autograph_hook.Hook, not installed, enable=['a', 'b']>",
        "Loader SourceFileLoader",
    ]


def test_installing_again_with_the_same_settings_gives_the_same_hook(project: Project) -> None:
    project.write(
        "main.py",
        """
        import sys, autograph_hook
        first = autograph_hook.install(enable=["a"], mode="traced")
        print(autograph_hook.install(enable=["a"], mode="traced") is first, autograph_hook.install() is first)
        print(len([f for f in sys.meta_path if repr(f) == "<autograph_hook finder>"]))
        """,
    )
    assert project.output("main.py").splitlines() == ["True True", "1"]


def test_installing_with_other_settings_stands_on_what_was_there_and_can_be_taken_out(
    project: Project,
) -> None:
    for name in ("a", "b", "c", "d"):
        project.write(f"{name}.py", "")
    project.write(
        "main.py",
        """
        import sys, autograph_hook
        outer = autograph_hook.install(enable=["a", "c", "d"])
        with autograph_hook.install(enable="b", disable=["c"]) as inner:
            import a, b, c
            print(len([f for f in sys.meta_path if repr(f) == "<autograph_hook finder>"]), inner.settings.list("enable"))
        import d
        print(*(type(m.__loader__).__name__ for m in (a, b, c, d)), outer.installed)
        """,
    )
    assert project.output("main.py").splitlines() == [
        "1 ('b', 'a', 'c', 'd')",
        "Loader Loader SourceFileLoader Loader True",
    ]


def test_a_package_enables_its_own_submodules_without_a_warning_about_itself(project: Project) -> None:
    project.write(
        "mypkg/__init__.py",
        "import autograph_hook\nautograph_hook.install(enable=[__name__])\nfrom mypkg import a\n",
    )
    project.write("mypkg/a.py", "")
    project.write("main.py", "import mypkg\nprint(type(mypkg.a.__loader__).__name__)\n")
    assert project.output("main.py") == "Loader\n"


def test_settings_of_pyproject_beside_the_program_hold(project: Project) -> None:
    project.write("pyproject.toml", '[tool.autograph_hook]\nenable = ["a"]\nmode = "traced"\n')
    project.write("a.py", "")
    project.write("main.py", "import autograph_hook\nh = autograph_hook.install(warm_up=2)\nimport a\n"
                  "o = a.__loader__.options('a', b'')\nprint(o.mode, o.warm_up)\n")  # fmt: skip
    assert project.output("main.py") == "traced 2\n"
    assert project.output(project.path / "main.py", cwd=project.path.parent) == "traced 2\n"


def test_a_wrong_setting_is_an_error_that_names_it(project: Project) -> None:
    program = """
import autograph_hook
for wrong in ({"modus": "off"}, {"mode": "of"}, {"enable": ["a b"]}):
    try:
        autograph_hook.install(**wrong)
    except autograph_hook.AutographError as error:
        print(error)
import sys
print([f for f in sys.meta_path if repr(f) == "<autograph_hook finder>"])
"""
    lines = project.output("-c", program).splitlines()
    assert lines[0].startswith(
        "install(): there is no setting 'modus'. Did you mean 'mode'? Accepted: enable, disable,"
    )
    assert lines[1] == 'install(): mode = \'of\' is not accepted. It must be one of "auto", "traced", "off".'
    assert lines[2].startswith("install(): enable = ['a b'] is not accepted. It must be a list of dotted module names")
    assert lines[3] == "[]"


def test_the_report_is_written_at_the_end(project: Project) -> None:
    project.write("a.py", "def f(x):\n    return x\n")
    project.write("main.py", "import autograph_hook\nautograph_hook.install(enable=['a'], report='out/../r.json')\nimport a, os\n"
                  "a.f(1)\nos.mkdir('x'); os.chdir('x')\n")  # fmt: skip
    project.write("out/keep", "")
    project.output("main.py")
    import json

    content = json.loads((project.path / "r.json").read_text())
    assert content["version"] == 1
    text = project.output("-c", "from autograph_hook.cli import console; console(['report', 'r.json'])")
    assert text.strip()
