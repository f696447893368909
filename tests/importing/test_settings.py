"""Settings: which source wins, and what is said about one that is not accepted."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from autograph_hook.importing.configuration import (
    environment_layer,
    find_pyproject,
    keyword_layer,
    read_pyproject,
)
from autograph_hook.settings import KEYS, Layer, ModuleOptions, Settings, SettingsError, matches
from tests.conftest import Project


def pyproject(path: Path, text: str) -> Layer:
    file = path / "pyproject.toml"
    file.write_text(text, encoding="utf-8")
    return read_pyproject(str(file))


FULL = """
[tool.autograph_hook]
enable = ["mypkg", "mypkg.models.*"]
disable = ["mypkg.viz"]
mode = "traced"
backend = "tensorflow"
trace_safe = ["mylib.pure"]
strict = true
cache = false
report = "staging.json"
graphs = "graphs"
warm_up = 5
verify = 2
debug = true

[tool.autograph_hook.tensorflow]
jit_compile = true
recursion = true

[[tool.autograph_hook.overrides]]
module = "mypkg.agents.*"
mode = "auto"
trace_safe = ["mylib.agents"]
tensorflow = { jit_compile = false }
"""


def test_every_key_is_read(tmp_path: Path) -> None:
    settings = Settings([pyproject(tmp_path, FULL)])
    assert {name: settings.value(name) for name in KEYS} == {
        "enable": ("mypkg", "mypkg.models.*"),
        "disable": ("mypkg.viz",),
        "mode": "traced",
        "backend": "tensorflow",
        "trace_safe": ("mylib.pure",),
        "strict": True,
        "cache": False,
        "report": str(tmp_path / "staging.json"),
        "graphs": str(tmp_path / "graphs"),
        "warm_up": 5,
        "verify": 2,
        "debug": True,
        "jit_compile": True,
        "recursion": True,
    }
    options = ModuleOptions("traced", "tensorflow", ("mylib.pure",), True, 5, True, True, 2, True)
    assert settings.options("mypkg.x") == options
    agents = settings.options("mypkg.agents.a")
    assert (agents.mode, agents.jit_compile, agents.trace_safe) == (
        "auto",
        False,
        ("mylib.pure", "mylib.agents"),
    )


def test_the_order_is_marker_command_line_environment_overrides_pyproject_default(tmp_path: Path) -> None:
    file = pyproject(
        tmp_path,
        '[tool.autograph_hook]\nwarm_up = 1\n[[tool.autograph_hook.overrides]]\nmodule = "m"\nwarm_up = 2\n'
        '[[tool.autograph_hook.overrides]]\nmodule = "m.n"\nwarm_up = 3\n',
    )
    environment = environment_layer({"AUTOGRAPH_HOOK_WARM_UP": "4"})
    command = keyword_layer("command line", {"warm_up": 5})
    assert Settings([]).options("m").warm_up == "auto"
    assert Settings([file]).options("x").warm_up == 1
    assert Settings([file]).options("m").warm_up == 2
    assert Settings([file]).options("m.n").warm_up == 3
    assert Settings([environment, file]).options("m.n").warm_up == 4
    assert Settings([command, environment, file]).options("m.n").warm_up == 5
    assert Settings([command, environment, file]).options("m.n", {"warm_up": 6}).warm_up == 6


def test_lists_add_up(tmp_path: Path) -> None:
    file = pyproject(tmp_path, '[tool.autograph_hook]\nenable = ["a", "b"]\n')
    settings = Settings([keyword_layer("command line", {"enable": ["c", "a"]}), file])
    assert settings.list("enable") == ("c", "a", "b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("enabel = ['x']", "{file}, [tool.autograph_hook]: there is no setting 'enabel'. Did you mean 'enable'? Accepted: "
                           "enable, disable, mode, backend, trace_safe, strict, cache, report, graphs, "
                           "warm_up, verify, debug, tensorflow.jit_compile, tensorflow.recursion, overrides."),
        ("mode = 'fast'", "{file}, [tool.autograph_hook]: mode = 'fast' is not accepted. It must be one of \"auto\", "
                          "\"traced\", \"off\"."),
        ("strict = 'yes'", "{file}, [tool.autograph_hook]: strict = 'yes' is not accepted. It must be true or false."),
        ("cache = 1", "cache = 1 is not accepted. It must be true or false."),
        ("warm_up = true", "warm_up = True is not accepted. It must be \"auto\" or a number of calls, 0 or more."),
        ("warm_up = -1", "warm_up = -1 is not accepted."),
        ("enable = ['my-pkg']", "enable = ['my-pkg'] is not accepted. It must be a list of dotted module names, in which "
                                "* stands for any part of a name."),
        ("enable = [1]", "enable = [1] is not accepted."),
        ("report = 'x.pdf'", "report = 'x.pdf' is not accepted. It must be a file name that ends in .html, .json or .txt"),
        ("backend = 'torch'", "backend = 'torch' is not accepted. It must be \"auto\", \"tensorflow\", \"lantern\" or the name of an "
                              "installed entry point in the group autograph_hook.backends"),
        ("verify = true", "verify = True is not accepted. It must be a number of calls, 0 or more."),
        ("tensorflow = 3", "tensorflow must be a table, not 3."),
        ("tensorflow = { jit = true }", "there is no setting 'tensorflow.jit'. Did you mean 'tensorflow.jit_compile'?"),
        ("overrides = 3", "overrides must be written as [[tool.autograph_hook.overrides]] tables."),
        ("overrides = [{ mode = 'auto' }]", "{file}, [[tool.autograph_hook.overrides]] number 1: the key 'module' is missing."),
        ("overrides = [{ module = 'a', enable = ['x'] }]", "[[tool.autograph_hook.overrides]] number 1: there is no setting "
                                                           "'enable'."),
        ("mode = ", "{file}: is not valid TOML: "),
    ],
)  # fmt: skip
def test_what_is_not_accepted_is_said_with_file_key_and_accepted_values(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        pyproject(tmp_path, f"[tool.autograph_hook]\n{text}\n")
    assert said.replace("{file}", str(tmp_path / "pyproject.toml")) in str(caught.value)


def test_our_table_must_be_a_table(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"\[tool.autograph_hook\] must be a table of settings, not 'x'"):
        pyproject(tmp_path, '[tool]\nautograph_hook = "x"\n')


def test_a_file_that_is_not_text_is_said_to_be_no_toml(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"[tool.autograph_hook]\nmode = '\xff'\n")
    with pytest.raises(SettingsError, match=r"pyproject.toml: is not valid TOML: "):
        read_pyproject(str(tmp_path / "pyproject.toml"))


def test_every_key_is_an_environment_variable() -> None:
    layer = environment_layer(
        {
            "AUTOGRAPH_HOOK": "1",
            "AUTOGRAPH_HOOK_CONFIG": "x",
            "AUTOGRAPH_HOOK_ROOT": "/x",
            "AUTOGRAPH_HOOK_ENABLE": "a, b.c,",
            "AUTOGRAPH_HOOK_STRICT": "Yes",
            "AUTOGRAPH_HOOK_CACHE": "off",
            "AUTOGRAPH_HOOK_WARM_UP": "3",
            "AUTOGRAPH_HOOK_MODE": "",
            "AUTOGRAPH_HOOK_TENSORFLOW_JIT_COMPILE": "1",
        }
    )
    assert layer.values == {
        "enable": ("a", "b.c"),
        "strict": True,
        "cache": False,
        "warm_up": 3,
        "jit_compile": True,
    }


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("AUTOGRAPH_HOOK_ENABL", "a", "environment: there is no setting 'AUTOGRAPH_HOOK_ENABL'. Did you mean "
                                      "'AUTOGRAPH_HOOK_ENABLE'?"),
        ("AUTOGRAPH_HOOK_STRICT", "maybe", "environment: AUTOGRAPH_HOOK_STRICT = 'maybe' is not accepted. It must be true "
                                           "or false."),
        ("AUTOGRAPH_HOOK_WARM_UP", "many", "environment: AUTOGRAPH_HOOK_WARM_UP = 'many' is not accepted."),
    ],
)  # fmt: skip
def test_a_wrong_variable_is_named(variable: str, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        environment_layer({variable: text})
    assert str(caught.value).startswith(said)


def test_the_nearest_file_with_our_table_is_found(tmp_path: Path) -> None:
    (tmp_path / "a/b/c").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("[tool.autograph_hook]\n")
    (tmp_path / "a/b/pyproject.toml").write_text("[tool.other]\nbroken =\n")
    assert find_pyproject(str(tmp_path / "a/b/c")) == str(tmp_path / "pyproject.toml")
    (tmp_path / "a/pyproject.toml").write_text("[tool.autograph_hook]\n")
    assert find_pyproject(str(tmp_path / "a/b/c")) == str(tmp_path / "a/pyproject.toml")
    assert find_pyproject("/", str(tmp_path / "a")) == str(tmp_path / "a/pyproject.toml")


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        ("a", ["a", "a.b", "a.b.c"], ["ab", "b.a"]),
        ("a.b", ["a.b", "a.b.c"], ["a", "a.bc"]),
        ("a.*", ["a.b", "a.b.c"], ["a", "b.c"]),
        ("*", ["a", "a.b"], []),
        ("a*", ["a", "ab", "ab.c"], ["ba"]),
        ("*.tests", ["a.tests", "a.tests.b"], ["tests", "a.b.tests"]),
        ("a*b*c", ["abc", "a1b2c", "abbcc"], ["ab", "acb"]),
        ("a*a", ["aa", "aba"], ["a"]),
    ],
)
def test_patterns(pattern: str, yes: list[str], no: list[str]) -> None:
    assert [name for name in yes + no if matches(pattern, name)] == yes


def test_module_options_are_values() -> None:
    options = ModuleOptions(mode="traced", trace_safe=("a",))
    assert options == ModuleOptions("traced", "auto", ("a",)) != ModuleOptions()
    assert pickle.loads(pickle.dumps(options)) == options and hash(options) == hash(pickle.loads(pickle.dumps(options)))
    with pytest.raises(AttributeError, match="immutable"):
        options.mode = "off"


def test_modules_share_their_options_where_nothing_sets_them_apart() -> None:
    settings = Settings([keyword_layer("install()", {"mode": "traced"})])
    assert settings.options("a") is settings.options("b")


def test_third_party_backends_are_known_by_their_entry_point(project: Project) -> None:
    project.write("site/extra-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: extra\nVersion: 1.0\n")
    project.write("site/extra-1.0.dist-info/entry_points.txt", "[autograph_hook.backends]\nmine = extra:backend\n")
    program = """
import sys; sys.path.insert(0, "site")
from autograph_hook.settings import KEYS
print(KEYS["backend"].accept("mine", "x"))
try: KEYS["backend"].accept("other", "x")
except Exception as error: print(error)
"""
    accepted, message = project.output("-c", program).splitlines()
    assert accepted == "mine" and message.endswith("entry point in the group autograph_hook.backends (mine).")
