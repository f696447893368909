"""Object code in a process: where its parts lie, and what is left of it."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

CROWDED = """
import ctypes
import numpy as np
from autograph_hook.backends.lantern.llvm import objects
from autograph_hook.backends.lantern.llvm.host import host

CODE = '''
@constant = internal constant [4 x double] [double 1.5, double 2.5, double 3.5, double 4.5]
define double @f(i64 %i) {
  %place = getelementptr [4 x double], ptr @constant, i64 0, i64 %i
  %value = load double, ptr %place
  ret double %value
}
'''
made = objects.object_code(CODE, host())
objects.Loaded(made, host(), ["f"])

libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]

def taken(size):
    return libc.mmap(None, size, 0, 0x4022, -1, 0)  # no access, private, anonymous, no reserve

# No room anywhere near the top of the address space but for one page, and the next room 12 gigabytes below it.
def fill():
    for size, count in ((1 << 21, 600), (1 << 16, 3000), (1 << 14, 2000), (1 << 12, 4000)):
        for _ in range(count):
            taken(size)

fill()
block = taken(12 << 30)
fill()
libc.munmap(block + (11 << 30), 1 << 12)

loaded = objects.Loaded(made, host(), ["f"])
f = ctypes.CFUNCTYPE(ctypes.c_double, ctypes.c_int64)(loaded.addresses["f"])
print([f(i) for i in range(4)])
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="fills the address space as Linux does")
def test_code_and_its_constants_lie_together_in_a_crowded_process() -> None:
    done = subprocess.run([sys.executable, "-c", CROWDED], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "[1.5, 2.5, 3.5, 4.5]\n"), done.stderr[-2000:]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks at what Linux tells of a process")
def test_code_that_nobody_uses_is_unloaded() -> None:
    from autograph_hook.backends.lantern.llvm.host import host
    from autograph_hook.backends.lantern.llvm.objects import Loaded, object_code

    made = object_code("define i64 @f(i64 %x) {\n  ret i64 %x\n}\n", host())

    def executable() -> int:
        """Bytes of code that came from no file."""
        with open("/proc/self/maps") as file:
            parts = [line.split() for line in file]
        places = [part[0].split("-") for part in parts if part[1] == "r-xp" and len(part) == 5]
        return sum(int(end, 16) - int(start, 16) for start, end in places)

    gc.collect()  # programs of other tests, in circles
    before = executable()
    kept = [Loaded(made, host(), ["f"]) for _ in range(20)]
    assert executable() >= before + 20 * 4096
    del kept
    assert executable() == before


def test_a_function_that_is_not_there_is_named() -> None:
    from autograph_hook.backends.lantern.llvm.host import host
    from autograph_hook.backends.lantern.llvm.objects import Loaded, object_code

    made = object_code("define i64 @f(i64 %x) {\n  ret i64 %x\n}\n", host())
    with pytest.raises(RuntimeError, match="absent"):
        Loaded(made, host(), ["absent"])
