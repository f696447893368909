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
    """Object code in this process. It is unloaded with this object."""

    def __init__(self, code: bytes, host: Host) -> None:
        with LOCK:
            for name, function in ((ALLOCATE, "PyMem_RawMalloc"), (RELEASE, "PyMem_RawFree")):
                address = ctypes.cast(getattr(ctypes.pythonapi, function), ctypes.c_void_p).value
                binding.add_symbol(name, address)
            empty = binding.parse_assembly("")
            empty.triple = host.triple
            self._engine = binding.create_mcjit_compiler(empty, host.machine())
            self._engine.add_object_file(binding.ObjectFileRef.from_data(code))
            self._engine.finalize_object()

    def addresses(self, names: Iterable[str]) -> dict[str, int]:
        """Where the functions are."""
        with LOCK:
            found = {name: self._engine.get_function_address(name) for name in names}
        missing = [name for name, address in found.items() if not address]
        if missing:
            raise LookupError(f"the object code has no function {', '.join(missing)}")
        return found
