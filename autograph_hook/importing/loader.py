"""The loader of enabled modules: plain code with gates, from the cache or transformed now.

It is an ordinary SourceFileLoader with another `get_code`, so that reload, LazyLoader, runpy,
importlib.resources, inspect and pkgutil work unchanged, and nothing global is patched.
"""

from __future__ import annotations

import _imp
import sys
from _frozen_importlib import _call_with_frames_removed  # type: ignore[attr-defined]
from _frozen_importlib_external import SourceFileLoader, cache_from_source

from autograph_hook import kept, log
from autograph_hook.errors import ConversionError
from autograph_hook.importing import cache
from autograph_hook.importing.files import read_source
from autograph_hook.importing.frames import part_of_importlib
from autograph_hook.importing.marker import find_marker, find_plain_lines
from autograph_hook.importing.memory import Memory
from autograph_hook.importing.policy import ENABLED
from autograph_hook.interrupts import is_interrupt
from autograph_hook.runtime.attach import attach
from autograph_hook.runtime.owners import owned

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType
    from typing import Any

    from autograph_hook.importing.finder import Finder
    from autograph_hook.settings import ModuleOptions

    Record = tuple[tuple[Any, ...], tuple[tuple[int, str], ...]]  # payload of a Transformed, its problems



class Loader(SourceFileLoader):
    """Loads one module from source. Whether the module is enabled after all, its marker may still say."""

    def __init__(self, fullname: str, path: str, finder: Finder, verdict: int) -> None:
        super().__init__(fullname, path)
        self.finder = finder
        self.verdict = verdict
        self.cached = cache.path_for(path)

    @part_of_importlib
    def exec_module(self, module: ModuleType) -> None:
        code = self.get_code(module.__name__)
        if self.cached is None:
            # It runs plain, so it has the plain cache file.
            plain = _plain_cache(self.path)
            if module.__spec__ is not None:
                module.__spec__.cached = plain
            if plain is not None:
                module.__dict__["__cached__"] = plain
        else:
            owned(module, self.path)
        _call_with_frames_removed(exec, code, module.__dict__)

    @part_of_importlib
    def get_code(self, fullname: str) -> Any:
        path = self.path if fullname == self.name else self.get_filename(fullname)
        try:
            source = read_source(path)
        except OSError:
            # Plain Python may still have a .pyc to run; and if not, it raises the error in its own words.
            source = None
        options = self.options(fullname, source) if source is not None else None
        if source is None or options is None:
            self.cached = None
            return super().get_code(fullname)
        digest = cache.source_hash(source)
        use_cache = kept.allowed = self.finder.policy.settings.cache
        if use_cache and self.cached is not None:
            code = self._cached_code(fullname, path, digest, options)
            if code is not None:
                return code
        record = self._transform(source, path, options)
        if record is None:
            return super().source_to_code(source, path)
        if use_cache and self.cached is not None and not sys.dont_write_bytecode and cache.is_loaded():
            cache.write(self.cached, digest, record, path)
        if log.wanted():
            log.decision(f"{fullname}: enabled, transformed: {path}")
        return self._attach(record, fullname, path, options, digest) or super().source_to_code(source, path)

    @part_of_importlib
    def source_to_code(  # type: ignore[override]
        self, data: Any, path: Any, *, _optimize: int = -1
    ) -> Any:
        """For tools that bring the source themselves. A syntax tree is compiled as it is."""
        options = self.options(self.name, data) if isinstance(data, bytes) and isinstance(path, str) else None
        record = self._transform(data, path, options, _optimize) if options is not None else None
        if record is None or options is None:
            return super().source_to_code(data, path, _optimize=_optimize)
        code = self._attach(record, self.name, path, options, cache.source_hash(data))
        return code or super().source_to_code(data, path, _optimize=_optimize)

    def options(self, fullname: str, source: bytes) -> ModuleOptions | None:
        """How the module runs; None for plain."""
        marker = find_marker(source)
        enable = self.verdict == ENABLED
        values = None
        if marker is not None:
            self.finder.warn_about(self.path, marker.problems)
            if marker.enable is not None:
                enable = marker.enable
                values = marker.options
        options = self.finder.policy.settings.options(fullname, values)
        return options if enable and options.mode != "off" else None

    def compile_ahead(self) -> str:
        """Put the transformed code into the cache. Empty if it is there now, else what is in the way."""
        source = read_source(self.path)
        options = self.options(self.name, source)
        if options is None:
            return "plain, as its marker or the settings say"
        if self.cached is None:
            return "this Python keeps no caches"
        digest = cache.source_hash(source)
        if cache.read(self.cached, digest, self.path) is None:
            record = self._transform(source, self.path, options)
            if record is None:
                return "could not be transformed"
            if not cache.is_loaded():
                return "another version of autograph_hook has been installed meanwhile"
            if not cache.write(self.cached, digest, record, self.path):
                return f"{self.cached} cannot be written"
        return ""

    def _cached_code(self, fullname: str, path: str, digest: bytes, options: ModuleOptions) -> CodeType | None:
        assert self.cached is not None
        record = cache.read(self.cached, digest, path)
        try:
            payload, problems = record
            if problems and options.strict:
                return None
            if payload[0].co_filename != path:
                # The tree was moved or is seen under another path.
                _imp._fix_co_filename(payload[0], path)  # type: ignore[attr-defined]
            code = attach(payload, fullname, path, options, Source(path, digest), self._memory(path, digest))
        except Exception as error:
            if is_interrupt(error):
                raise
            return None
        if log.wanted():
            log.decision(f"{fullname}: enabled, from the cache: {path}")
        return code

    @part_of_importlib
    def _transform(self, source: bytes, path: str, options: ModuleOptions, optimize: int = -1) -> Record | None:
        """None: compile it plain instead, which raises what is to be raised for bad source."""
        failure: Exception | None = None
        try:
            transformed, _, misread = self.finder.transformed(source, path, optimize)
        except Exception as error:
            if is_interrupt(error):
                raise
            failure = error
        if failure is None:
            self.finder.warn_about(path, misread)
            problems = tuple(transformed.problems)
            if problems and options.strict:
                raise ConversionError(_refusal(path, problems))
            return transformed.payload(), problems
        super().source_to_code(source, path, _optimize=optimize)
        # Plain Python takes this source, so what went wrong is ours: the program runs on without us.
        self._fall_open(path, failure, options)
        return None

    def _attach(
        self, record: Record, fullname: str, path: str, options: ModuleOptions, digest: bytes
    ) -> CodeType | None:
        try:
            return attach(record[0], fullname, path, options, Source(path, digest), self._memory(path, digest))
        except Exception as error:
            if is_interrupt(error):
                raise
            self._fall_open(path, error, options)
            return None

    def _memory(self, path: str, digest: bytes) -> Memory | None:
        is_kept = self.finder.policy.settings.cache and self.cached is not None and path == self.path
        return Memory(self.cached, digest, path) if is_kept and self.cached is not None else None

    @part_of_importlib
    def _fall_open(self, path: str, failure: Exception, options: ModuleOptions) -> None:
        line = _line_of(failure)
        text = f"{type(failure).__name__}: {failure}" if str(failure) else type(failure).__name__
        if options.strict:
            raise ConversionError(f"{path}:{line}: could not be transformed: {text}") from failure
        advice = (
            f"autograph_hook could not transform this module ({text}), so it runs plain. This is a mistake "
            "of autograph_hook's, please report it; '# autograph: disable' at the top of the file silences "
            "this."
        )
        self.finder.warn_about(path, [(line, advice)])


class Source:
    """The source that a module was loaded from, to be read again."""

    __slots__ = ("digest", "path")

    def __init__(self, path: str, digest: bytes) -> None:
        self.path = path
        self.digest = digest

    def __call__(self) -> tuple[bytes, frozenset[int]]:
        """The source, and its lines that stay plain. Raises OSError where it is not what was loaded."""
        source = read_source(self.path)
        if cache.source_hash(source) != self.digest:
            raise OSError("the file has changed since it was imported")
        return source, find_plain_lines(source)[0]


def _plain_cache(path: str) -> str | None:
    try:
        return cache_from_source(path)
    except NotImplementedError:
        return None


def _refusal(path: str, problems: tuple[tuple[int, str], ...]) -> str:
    listed = "".join(f"\n  {path}:{line}: {text}" for line, text in problems)
    advice = "Change these places, mark them '# autograph: plain', or leave strict mode: then they run plain."
    return f"strict: this module cannot be transformed as a whole:{listed}\n{advice}"


def _line_of(failure: Exception) -> int:
    """The line of the user's source that the transpiler was at."""
    line = getattr(failure, "lineno", None)
    traceback = failure.__traceback__
    while traceback is not None:
        node = traceback.tb_frame.f_locals.get("node")
        line = getattr(node, "lineno", None) or line
        traceback = traceback.tb_next
    return line if isinstance(line, int) else 1
