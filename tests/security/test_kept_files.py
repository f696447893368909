"""What lies in a cache is run. So it is read only where nobody can write it who cannot write the source."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from autograph_hook import kept
from tests.conftest import Project
from tests.importing.test_cache import CACHED, DONE, how, pyc_of

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no owners and groups in a file's mode")
NOBODY = 65534
GROUP = 12345


class Place:
    """A source, and a file made from it, of which others can write neither."""

    def __init__(self, path: Path) -> None:
        self.directory = path / "project"
        self.cache = self.directory / "__pycache__"
        self.source, self.file = self.directory / "m.py", self.cache / "m.pyc"
        self.cache.mkdir(parents=True)
        self.source.write_text("x = 1\n")
        self.file.write_bytes(b"made")
        self.directory.chmod(0o755)
        self.cache.chmod(0o755)
        self.source.chmod(0o644)
        self.file.chmod(0o644)

    def is_read(self) -> bool:
        return kept.read(str(self.file), str(self.source)) == b"made"

    def is_written(self) -> bool:
        return kept.write(str(self.file), b"new", str(self.source))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_what_only_the_owner_can_write_is_read(place: Place) -> None:
    assert place.is_read() and place.is_written()


@pytest.mark.parametrize("mode", [0o757, 0o777, 0o775, 0o1777], ids=oct)
def test_a_directory_that_others_can_write_is_neither_read_nor_written(place: Place, mode: int) -> None:
    place.cache.chmod(mode)
    assert not place.is_read() and not place.is_written()
    assert place.file.read_bytes() == b"made" and os.listdir(place.cache) == ["m.pyc"]


@pytest.mark.parametrize("mode", [0o666, 0o664, 0o646], ids=oct)
def test_a_file_that_others_can_write_is_not_read_and_is_replaced(place: Place, mode: int) -> None:
    place.file.chmod(mode)
    assert not place.is_read()
    assert place.is_written() and kept.read(str(place.file), str(place.source)) == b"new"


def open_source(place: Place) -> None:
    place.source.chmod(0o666)


def open_directory(place: Place) -> None:
    place.directory.chmod(0o777)


@pytest.mark.parametrize("opened", [open_source, open_directory])
def test_where_others_can_write_the_source_they_may_write_what_is_made_of_it(
    place: Place, opened: Callable[[Place], None]
) -> None:
    place.cache.chmod(0o777)
    assert not place.is_read()
    opened(place)
    assert place.is_read() and place.is_written()


def test_a_group_that_can_write_the_source_may_write_what_is_made_of_it_and_no_other_group(place: Place) -> None:
    place.directory.chmod(0o775)
    place.cache.chmod(0o775)
    assert place.is_read() and place.is_written()
    if os.geteuid() == 0:
        os.chown(place.cache, 0, GROUP)
        assert not place.is_read() and not place.is_written()


def test_that_all_may_make_files_beside_the_source_does_not_let_them_write_it(place: Place) -> None:
    """A script in /tmp: its directory has the sticky bit."""
    place.directory.chmod(0o1777)
    place.cache.chmod(0o777)
    assert not place.is_read() and not place.is_written()


@pytest.mark.skipif(os.name != "nt" and os.geteuid() != 0, reason="only the superuser gives files away")
def test_what_another_user_owns_is_not_read(place: Place) -> None:
    os.chown(place.file, NOBODY, NOBODY)
    assert not place.is_read()
    os.chown(place.file, 0, 0)
    os.chown(place.cache, NOBODY, NOBODY)
    assert not place.is_read() and not place.is_written()
    os.chown(place.source, NOBODY, NOBODY)  # that user's own source
    assert place.is_read() and place.is_written()


def test_a_link_in_the_place_of_the_file_is_not_followed(place: Place) -> None:
    elsewhere = place.directory / "elsewhere"
    place.file.rename(elsewhere)
    place.file.symlink_to(elsewhere)
    with pytest.raises(OSError):
        place.is_read()
    assert place.is_written()
    assert not place.file.is_symlink() and elsewhere.read_bytes() == b"made"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_in_the_place_of_the_file_does_not_stop_the_program(place: Place) -> None:
    place.file.unlink()
    os.mkfifo(place.file, 0o644)
    assert not place.is_read()
    assert place.is_written() and place.file.read_bytes() == b"new"


def test_a_directory_that_we_make_is_open_to_no_group_that_cannot_write_the_source(place: Place) -> None:
    place.file.unlink()
    place.cache.rmdir()
    before = os.umask(0o002)
    try:
        assert place.is_written()
    finally:
        os.umask(before)
    assert kept.read(str(place.file), str(place.source)) == b"new"


def test_an_import_passes_over_a_cache_that_others_can_write(project: Project) -> None:
    project.write("main.py", "import pkg\nprint(pkg.f(1))\n")
    project.write("pkg.py", "def f(x):\n    return 'forged'\n")
    how(project)
    forged = Path(pyc_of(project)[0]).read_bytes()
    source = project.write("pkg.py", "def f(x):\n    return x + 1\n")
    assert how(project) == ("2", DONE)
    file = Path(pyc_of(project)[0])
    file.write_bytes(file.read_bytes()[:16] + forged[16:])
    assert how(project) == ("forged", CACHED)  # as for a .pyc: whoever can write it could write the source
    file.parent.chmod(0o777)
    assert how(project) == ("2", DONE)
    assert f"{file}: not read: more users can write there than at {source}" in project.hooked("-v", "main.py").stderr


def test_object_code_of_lantern_is_read_by_the_same_rule(tmp_path: Path) -> None:
    pytest.importorskip("llvmlite")
    from autograph_hook.backends.lantern.llvm import cache

    place = Place(tmp_path)
    path = place.cache / "m.key.lantern"
    assert cache.keep(path, b"code", str(place.source))
    assert cache.read(path, str(place.source)) == b"code"
    place.cache.chmod(0o777)
    assert cache.read(path, str(place.source)) is None
    assert not cache.keep(path, b"other", str(place.source))
