from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Project
from tests.ready import python


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A directory whose programs find TensorFlow imported."""
    return Project(tmp_path, python())
