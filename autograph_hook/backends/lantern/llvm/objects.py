"""From a module to functions that can be called: object code, and its loading into this process."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from typing import Any

from llvmlite import binding

from autograph_hook.backends.lantern.llvm.host import LOCK, Host

ALLOCATE, RELEASE = "lantern_allocate", "lantern_release"
"""What the code calls for memory: CPython's raw allocator, which needs no lock and is seen by tracemalloc."""


def optimized(text: str, host: Host) -> Any:
    """The parsed and optimized module, with its target machine."""
    machine = host.machine()
    module = binding.parse_assembly(text)
    module.data_layout = str(machine.target_data)
    module.verify()
    tuning = binding.create_pipeline_tuning_options(speed_level=2)
    tuning.loop_vectorization = True
    tuning.slp_vectorization = False
    builder = binding.create_pass_builder(machine, tuning)
    builder.getModulePassManager().run(module, builder)
    return module, machine


def object_code(text: str, host: Host) -> bytes:
    """LLVM's text as machine code."""
    with LOCK:
        module, machine = optimized(text, host)
        code: bytes = machine.emit_object(module)
        return code


def assembly(text: str, host: Host) -> tuple[str, str]:
    """LLVM's text as optimized text and as assembly, for reading."""
    with LOCK:
        module, machine = optimized(text, host)
        return str(module), machine.emit_assembly(module)


class Loaded:
    """Object code in this process, with the addresses of some of its functions. It is unloaded with this object.

    It is linked as a library of its own, by JITLink: code and constants refer to each other by 32 bits, and must lie in
    one piece of memory. (MCJIT asks for memory for each section. In a process with many gigabytes mapped they may lie
    further apart than that, and LLVM aborts the process.)
    """

    def __init__(self, code: bytes, host: Host, names: Iterable[str]) -> None:
        names = tuple(names)
        library = binding.JITLibraryBuilder().add_object_img(code).add_current_process()
        for name, function in ((ALLOCATE, "PyMem_RawMalloc"), (RELEASE, "PyMem_RawFree")):
            library.import_symbol(name, ctypes.cast(getattr(ctypes.pythonapi, function), ctypes.c_void_p).value)
        for name in names:
            library.export_symbol(name)
        with LOCK:
            linker = binding.create_lljit_compiler(host.machine(), use_jit_link=True)
            self._library = library.link(linker, "lantern")
        self._linker = linker  # goes after the library
        self.addresses: dict[str, int] = {name: self._library[name] for name in names}
