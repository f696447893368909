"""Whatever a source file looks like, it imports, or fails to, as it does under plain Python."""

from __future__ import annotations

import os
import sys

import pytest

from tests.conftest import Project

GOOD = {
    "latin": "# -*- coding: latin-1 -*-\ntext = 'é'\ndef f(): return text\n".encode("latin-1"),
    "shift_jis": "# coding: shift_jis\ntext = '表'\ndef f(): return text\n".encode("shift_jis"),
    "bom": b"\xef\xbb\xbftext = '\xc3\xa9'\ndef f(): return text\n",
    "crlf": b"text = '''a\r\nb'''\r\ndef f():\r\n    return text\r\n",
    "old_mac": b"text = 'a'\rdef f():\r    return text\r",
    "no_newline": b"text = 'a'\ndef f(): return text",
    "empty": b"",
    "form_feed": b"\x0ctext = 'a'\n\x0cdef f(): return text\n",
    "future": b'"""Doc."""\nfrom __future__ import annotations\ntext = "a"\ndef f(x: undefined = 1) -> y: return text\n',
    "docstring_only": b'"""Only a docstring."""\n',
}

BAD = {
    "syntax": b"x = 1\ndef f(:\n    pass\n",
    "indentation": b"def f():\nreturn 1\n",
    "tabs": b"def f():\n\tx = 1\n        return x\n",
    "unterminated": b"x = '''\n",
    "undecodable": b"x = 1\ny = '\xff'\n",
    "undecodable_in_comment": b"# \xff\nx = 1\n",
    "unknown_encoding": b"# coding: no-such-code\nx = 1\n",
    "bom_and_other_encoding": b"\xef\xbb\xbf# coding: latin-1\nx = 1\n",
    "null_byte": b"x = 1\x00\n",
    "return_outside": b"return 1\n",
    "late_future": b"x = 1\nfrom __future__ import annotations\n",
    "bad_global": b"def f():\n    x = 1\n    global x\n",
    "await_outside": b"def f():\n    await g()\n",
    "star": b"*a = 1\n",
    "nonlocal_at_top": b"nonlocal x\n",
    "deep": b"x = " + b"(" * 500 + b")" * 500 + b"\n",
    "duplicate_argument": b"def f(a, a): pass\n",
}

PROBE = """
import sys, traceback
name = sys.argv[1]
try:
    module = __import__(name)
except BaseException as error:
    traceback.print_exc(file=sys.stdout)
    print(type(error).__name__, getattr(error, "filename", None), getattr(error, "lineno", None),
          getattr(error, "offset", None), getattr(error, "text", None), error.args, error.__context__)
else:
    print(module.f() if hasattr(module, "f") else None, repr(getattr(module, "text", None)), module.__doc__,
          module.__file__, getattr(getattr(module, "f", None), "__annotations__", None))
"""


@pytest.mark.parametrize("name", [*GOOD, *BAD])
def test_a_source_behaves_as_under_plain_python(project: Project, name: str) -> None:
    project.write(f"{name}.py", GOOD.get(name) or BAD.get(name, b""))
    project.write("probe.py", PROBE)
    plain = project.output("-B", "probe.py", name)
    cold = project.hooked("probe.py", name)
    warm = project.hooked("probe.py", name)
    assert (cold.stdout, cold.stderr) == (plain, "")
    assert (warm.stdout, warm.stderr) == (plain, "")
    assert bool([path for path in project.kept() if path.name.startswith(name)]) == ("Traceback" not in plain)


def test_an_error_in_an_imported_module_prints_as_under_plain_python(project: Project) -> None:
    project.write("broken.py", BAD["syntax"])
    project.write("failing.py", "def f():\n    return 1 / 0\nf()\n")
    for name in ("broken", "failing"):
        main = project.write("main.py", f"import sys\nimport {name}\n")
        plain, hooked = project.python(main), project.hooked(main)
        assert "Error" in plain.stderr
        assert (hooked.stderr, hooked.returncode) == (plain.stderr, plain.returncode)


def test_warnings_of_the_compiler_come_once_and_name_the_line(project: Project) -> None:
    project.write("odd.py", "x = 1\nif x is 'text':\n    pass\ny = '\\d'\n")
    project.write("main.py", "import odd\n")
    plain = project.python("-B", "-W", "always", "main.py")
    hooked = project.python("-W", "always", "-m", "autograph_hook", "main.py")
    assert plain.stderr.count("Warning") == 2
    assert hooked.stderr == plain.stderr
    assert project.python("-W", "always", "-m", "autograph_hook", "main.py").stderr == ""  # as with a .pyc


def test_a_warning_of_a_module_names_the_line_that_imports_it(project: Project) -> None:
    project.write("old.py", "import warnings\nwarnings.warn('old is old', DeprecationWarning, stacklevel=2)\n")
    project.write("main.py", "import sys\n\nimport old\n")
    plain, hooked = project.python("main.py"), project.hooked("main.py")
    assert "main.py:3: DeprecationWarning: old is old" in plain.stderr
    assert hooked.stderr == plain.stderr


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="everything is readable here")
def test_a_source_that_cannot_be_read_fails_as_under_plain_python(project: Project) -> None:
    project.write("secret.py", "x = 1\n").chmod(0)
    project.write("main.py", "import secret\n")
    plain, hooked = project.python("-B", "main.py"), project.hooked("main.py")
    assert "PermissionError" in plain.stderr
    assert hooked.stderr == plain.stderr


def test_a_source_that_vanishes_fails_as_under_plain_python(project: Project) -> None:
    project.write("gone.py", "x = 1\n")
    project.write(
        "main.py",
        """
        import importlib.util, os
        spec = importlib.util.find_spec("gone")
        os.unlink("gone.py")
        importlib.util.module_from_spec(spec)
        spec.loader.exec_module(importlib.util.module_from_spec(spec))
        """,
    )
    plain = project.python("-B", "main.py")
    project.write("gone.py", "x = 1\n")
    hooked = project.hooked("main.py")
    # Outside an import statement Python shows importlib's own frames, and their lines are not ours to keep.
    own, ours = ([line for line in r.stderr.splitlines() if "importlib" not in line] for r in (plain, hooked))
    assert "FileNotFoundError" in own[-1]
    assert ours == own


def test_a_unicode_path_works(project: Project) -> None:
    project.write("pakét/módulo.py", "def f(): return 'ñ'\n")
    project.write("main.py", "import pakét.módulo as m\nprint(ascii(m.f()), ascii(m.__file__[-9:]))\n")
    for _ in range(2):
        assert project.hooked_output("main.py") == project.output("-B", "main.py")


@pytest.mark.skipif(sys.platform != "linux", reason="file names are bytes")
def test_a_path_that_is_not_utf_8_works(project: Project) -> None:
    directory = os.fsencode(project.path) + b"/\xff"
    os.mkdir(directory)
    with open(directory + b"/strange.py", "wb") as file:
        file.write(b"def f(): return 1\n")
    project.write(
        "main.py",
        "import sys, os\nsys.path.insert(0, os.fsdecode(b'\\xff'))\nimport strange\nprint(strange.f())\n",
    )
    for _ in range(2):
        assert project.hooked_output("main.py") == "1\n"
