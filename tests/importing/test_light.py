"""What is idle costs next to nothing: no module is loaded before it is needed."""

from __future__ import annotations

from tests.conftest import Project

HEAVY = (
    "argparse", "ast", "astor", "contextlib", "dataclasses", "enum", "functools", "gast", "hashlib", "importlib.metadata",
    "importlib.util", "importlib_metadata", "inspect", "json", "logging", "numpy", "pathlib", "re", "rich", "tempfile",
    "tensorflow", "tokenize", "tomllib", "tomli", "typing", "warnings", "autograph_hook.transpiler",
)  # fmt: skip

LOADED = f"""
import sys
before = set(sys.modules)
{{}}
loaded = set(sys.modules) - before
print([name for name in {HEAVY!r} if name in loaded])
"""


def heavy(project: Project, program: str) -> str:
    # -S and -I: nothing that site or an editable install loads hides what we load.
    path = project.path.parent
    text = LOADED.format(program)
    from tests.conftest import ROOT

    return project.output(
        "-I",
        "-S",
        "-c",
        f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(path / project.path.name)!r}]\n{text}",
    )


def test_importing_the_package_loads_nothing_heavy(project: Project) -> None:
    assert heavy(project, "import autograph_hook") == "[]\n"


def test_installing_the_idle_hook_loads_nothing_heavy(project: Project) -> None:
    project.write("unmarked.py", '"""Doc."""\nx = 1\n')
    assert heavy(project, "import autograph_hook; autograph_hook.install(enable=['mypkg'])\nimport unmarked") == "[]\n"


def test_the_idle_hook_loads_no_gates_and_what_they_are_made_of(project: Project) -> None:
    """`array` brings the whole of `collections` with it."""
    found = "print([name for name in ('array', 'collections', 'autograph_hook.runtime.gate') if name in sys.modules])"
    assert heavy(project, f"import autograph_hook; autograph_hook.install(enable=['mypkg'])\n{found}") == "[]\n[]\n"


def test_starting_up_from_the_environment_loads_nothing_heavy(project: Project) -> None:
    assert heavy(project, "from autograph_hook.importing.startup import start; start()") == "[]\n"


def test_a_warm_import_of_an_enabled_module_loads_nothing_heavy(project: Project) -> None:
    project.write(
        "pkg.py", '"""Doc."""\n# autograph: enable mode=traced\ndef f(x):  # autograph: plain\n    return x\n'
    )
    program = "import autograph_hook; autograph_hook.install()\nimport pkg; pkg.f(1)"
    heavy(project, program)
    assert heavy(project, program) == "[]\n"


def test_running_a_warm_script_loads_nothing_heavy_of_ours(project: Project) -> None:
    project.write(
        "main.py",
        f"import sys\nprint([name for name in {HEAVY!r} if name in sys.modules])\n",
    )
    known = project.output("main.py")
    project.hooked("main.py")
    allowed = {"runpy's": ["importlib.util", "contextlib", "functools", "warnings", "typing", "enum", "re"]}["runpy's"]
    loaded = set(eval(project.hooked_output("main.py"))) - set(eval(known))
    assert loaded <= set(allowed)


def test_the_cheap_facts_hold(project: Project) -> None:
    program = """
import autograph_hook
assert "AutographError" in dir(autograph_hook) and autograph_hook.__version__
assert issubclass(autograph_hook.ConversionError, autograph_hook.AutographError)
assert issubclass(autograph_hook.AutographWarning, UserWarning)
assert callable(autograph_hook.plain) and callable(autograph_hook.install)
try:
    autograph_hook.nothing
except AttributeError as error:
    print(error)
"""
    assert project.output("-c", program) == "module 'autograph_hook' has no attribute 'nothing'\n"
