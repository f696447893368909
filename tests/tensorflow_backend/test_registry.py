from __future__ import annotations

import subprocess
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from autograph_hook.backends import registry as registry_module
from autograph_hook.backends.registry import Registry, is_imported
from autograph_hook.errors import AutographError, AutographWarning


class Backend:
    name = "toy"
    framework = "toy_framework"

    def __init__(self) -> None:
        self.asked: list[type] = []

    def recognises(self, kind: type) -> bool:
        self.asked.append(kind)
        return kind is complex


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> Backend:
    backend = Backend()
    module = ModuleType("toy_backend")
    module.BACKEND = backend  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "toy_backend", module)
    return backend


def test_a_backend_is_used_only_if_its_framework_is_imported(
    toy: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry({"toy_framework": "toy_backend"})
    assert registry.of(complex) is None
    assert registry.in_use() == []
    monkeypatch.setitem(sys.modules, "toy_framework", ModuleType("toy_framework"))
    met: list[Any] = []
    registry.on_load(met.append)
    assert met == [toy]
    assert registry.of(complex) is toy


def test_a_type_is_asked_about_once(toy: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "toy_framework", ModuleType("toy_framework"))
    registry = Registry({"toy_framework": "toy_backend"})
    for _ in range(3):
        assert registry.of(complex) is toy
        assert registry.of(int) is None
    assert toy.asked == [complex, int]


def test_a_framework_that_is_still_being_imported_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("toy_framework")
    module.__spec__ = SimpleNamespace(_initializing=True)  # type: ignore[assignment]
    monkeypatch.setitem(sys.modules, "toy_framework", module)
    assert not is_imported("toy_framework")
    module.__spec__._initializing = False  # type: ignore[union-attr]
    assert is_imported("toy_framework")


def test_a_backend_that_cannot_be_loaded_is_one_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "toy_framework", ModuleType("toy_framework"))
    registry = Registry({"toy_framework": "no_such_backend_module"})
    with pytest.warns(AutographWarning, match="the backend 'toy_framework' cannot be used"):
        assert registry.of(complex) is None
    assert registry.of(int) is None


def test_a_third_party_adds_a_backend_by_an_entry_point(
    toy: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "toy_framework", ModuleType("toy_framework"))
    looked: list[int] = []

    def entries() -> list[Any]:
        looked.append(1)
        return [SimpleNamespace(name="toy", load=lambda: toy)]

    monkeypatch.setattr(registry_module, "_entry_points", entries)
    registry = Registry({})
    assert registry.of(complex) is None
    assert looked == []
    registry.first_trace()
    assert registry.of(complex) is toy
    assert looked == [1]


def test_a_backend_that_nobody_has_is_an_error_that_names_those_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry_module, "_entry_points", lambda: [SimpleNamespace(name="toy")])
    with pytest.raises(
        AutographError, match="there is no backend 'tensorflw': the backends are auto, lantern, tensorflow, toy"
    ):
        Registry().choose("tensorflw")


def test_only_the_chosen_backend_is_used(toy: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "toy_framework", ModuleType("toy_framework"))
    monkeypatch.setattr(registry_module, "_entry_points", lambda: [SimpleNamespace(name="other")])
    registry = Registry({"toy_framework": "toy_backend"})
    registry.choose("other")
    assert registry.of(complex) is None
    registry.choose("auto")
    assert registry.of(complex) is toy


def test_importing_the_registry_loads_neither_frameworks_nor_importlib_metadata() -> None:
    check = (
        "import sys, autograph_hook.backends.registry as r; r.registry.of(int); "
        "heavy = ('tensorflow', 'numpy', 'importlib_metadata', 'importlib.metadata'); "
        "print([name for name in heavy if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
