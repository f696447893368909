"""The machine that the code is made for: its name, its features, and how wide its vectors are."""

from __future__ import annotations

import functools
import threading
from dataclasses import dataclass
from typing import Any

import llvmlite
from llvmlite import binding

SIZES = {"bool": 1, "i32": 4, "i64": 8, "f32": 4, "f64": 8}
"""Bytes of an element in memory."""

LOCK = threading.RLock()
"""Held while LLVM works: it may not be entered by two threads at once."""


@dataclass(frozen=True)
class Host:
    """What object code depends on, besides the program."""

    triple: str
    cpu: str
    features: str
    width: int
    """Bytes of a vector register."""

    def lanes(self, dtype: str) -> int:
        """
        >>> Host("x86_64-pc-linux-gnu", "znver4", "+avx512f", 64).lanes("f32")
        16
        """
        return self.width // max(4, SIZES[dtype])

    def identity(self) -> str:
        """All of it as text: object code made for an equal identity runs here."""
        llvm = ".".join(map(str, binding.llvm_version_info))
        return "\n".join((self.triple, self.cpu, self.features, str(self.width), llvmlite.__version__, llvm))

    def machine(self) -> Any:
        """A target machine, which turns modules into object code."""
        target = binding.Target.from_triple(self.triple)
        return target.create_target_machine(
            cpu=self.cpu, features=self.features, opt=3, reloc="pic", codemodel="small", jit=True
        )


@functools.cache
def host() -> Host:
    """The machine that this process runs on."""
    with LOCK:
        binding.initialize_native_target()
        binding.initialize_native_asmprinter()
        features = binding.get_host_cpu_features()
        return Host(
            binding.get_process_triple(), binding.get_host_cpu_name(), features.flatten(), vector_bytes(features)
        )


def vector_bytes(features: dict[str, bool]) -> int:
    """
    >>> vector_bytes({"avx2": True, "avx512f": True}), vector_bytes({"avx2": True}), vector_bytes({"neon": True})
    (64, 32, 16)
    """
    if features.get("avx512f") and features.get("avx512vl", True):
        return 64
    return 32 if features.get("avx2") or features.get("avx") else 16
