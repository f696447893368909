"""Reading settings: pyproject.toml, environment variables, keyword arguments -> checked layers."""

from __future__ import annotations

import os
import sys

from autograph_hook.settings import KEYS, PER_MODULE, STANDARD_ERROR, Key, Layer, SettingsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

PREFIX = "AUTOGRAPH_HOOK_"
SWITCH = "AUTOGRAPH_HOOK"  # lets the start-up file act
CONFIG = "AUTOGRAPH_HOOK_CONFIG"  # the pyproject.toml to read
ROOT = "AUTOGRAPH_HOOK_ROOT"  # what a run enables by default: a directory or a package; left for its children
NOT_KEYS = (CONFIG, ROOT)
WRITTEN = ("report", "graphs")  # the settings that name what is written
FILE = "pyproject.toml"
TABLE = "tool.autograph_hook"


def find_pyproject(*starts: str) -> str | None:
    """The nearest pyproject.toml that has our table, at or above the first of `starts` that has one."""
    for start in starts:
        directory = os.path.abspath(start)
        while True:
            path = os.path.join(directory, FILE)
            try:
                # Anybody may put a pipe or a device into a directory above, which would be read for ever.
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        if b"autograph_hook" in file.read():
                            return path
            except FileNotFoundError:
                pass
            except OSError:
                # Whether a file that cannot be read has our table is not known. Guessing that it has none
                # would run the program with other settings than the ones the user wrote.
                return path
            parent = os.path.dirname(directory)
            if parent == directory:
                break
            directory = parent
    return None


def read_pyproject(path: str) -> Layer:
    """The layer of one pyproject.toml; an error that names the file when it cannot be read."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        with open(path, "rb") as file:
            content = tomllib.load(file)
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: is not valid TOML: {error}.") from None
    except RecursionError:
        raise SettingsError(f"{path}: is nested too deeply.") from None
    tool = content.get("tool", {})
    table = tool.get("autograph_hook", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise SettingsError(f"{path}: [{TABLE}] must be a table of settings, not {table!r}.")
    layer = table_layer(table, path)
    for name in WRITTEN:
        value = layer.values.get(name)
        if value and isinstance(value, str) and value != STANDARD_ERROR:
            layer.values[name] = _beside(path, name, value)
    return layer


def _beside(path: str, name: str, value: str) -> str:
    """A file that settings name is written below their own directory: they may come from anybody, as a program does
    that is only looked at."""
    directory = os.path.dirname(os.path.abspath(path))
    wanted = os.path.normpath(os.path.join(directory, value))
    root = os.path.join(os.path.realpath(directory), "")
    if os.path.isabs(value) or not os.path.realpath(wanted).startswith(root):
        raise SettingsError(
            f"{path}, [{TABLE}]: {name} = {value!r} is not accepted. It must be the name of a file or directory below "
            f"{directory}. The command line and {KEYS[name].variable} may name any other."
        )
    return wanted


def table_layer(table: dict[str, Any], path: str) -> Layer:
    """Check `[tool.autograph_hook]` with its tables below."""
    layer = Layer(path)
    rest = dict(table)
    overrides = rest.pop("overrides", [])
    where = f"{path}, [{TABLE}]"
    layer.values = _values(rest, where, KEYS.values(), ["overrides"])
    if not isinstance(overrides, list) or not all(isinstance(entry, dict) for entry in overrides):
        raise SettingsError(f"{where}: overrides must be written as [[{TABLE}.overrides]] tables.")
    for number, entry in enumerate(overrides, 1):
        where = f"{path}, [[{TABLE}.overrides]] number {number}"
        entry = dict(entry)
        if "module" not in entry:
            raise SettingsError(f"{where}: the key 'module' is missing. It says which modules this is for.")
        modules = KEYS["enable"].accept(entry.pop("module"), where, "module")
        values = _values(entry, where, [KEYS[name] for name in PER_MODULE], ["module"])
        layer.overrides.append((modules, values))  # type: ignore[arg-type]
    return layer


def _values(table: dict[str, Any], where: str, keys: Iterable[Key], others: list[str]) -> dict[str, Any]:
    known = {(key.table, key.name): key for key in keys}
    accepted = [key.written for key in known.values()] + others
    tables = {key.table for key in known.values()} - {""}
    flat: list[tuple[str, str, object]] = []
    for name, value in table.items():
        if name in tables:
            if not isinstance(value, dict):
                raise SettingsError(f"{where}: {name} must be a table, not {value!r}.")
            flat += [(name, inner, inner_value) for inner, inner_value in value.items()]
        else:
            flat.append(("", name, value))
    values = {}
    for table_name, name, value in flat:
        key = known.get((table_name, name))
        if key is None:
            raise unknown_key(where, f"{table_name}.{name}" if table_name else name, accepted)
        values[name] = key.accept(value, where)
    return values


def unknown_key(where: str, name: str, accepted: list[str]) -> SettingsError:
    return SettingsError(
        f"{where}: there is no setting {name!r}.{guess(name, accepted)} Accepted: {', '.join(accepted)}."
    )


def guess(word: str, accepted: Iterable[str], likeness: float = 0.6) -> str:
    """A sentence that names the accepted word that was probably meant, or nothing."""
    from difflib import get_close_matches

    close = get_close_matches(word, list(accepted), 1, likeness)
    return f" Did you mean {close[0]!r}?" if close else ""


def environment_layer(environment: Mapping[str, str]) -> Layer:
    """The layer of the environment variables."""
    layer = Layer("environment")
    variables = {key.variable: key for key in KEYS.values()}
    for variable in sorted(name for name in environment if name.startswith(PREFIX) and name not in NOT_KEYS):
        key = variables.get(variable)
        if key is None:
            raise unknown_key("environment", variable, [*variables, *NOT_KEYS])
        text = environment[variable]
        if text:
            layer.values[key.name] = key.accept(key.parse(text), "environment", variable)
    return layer


def keyword_layer(source: str, values: Mapping[str, object]) -> Layer:
    """The layer of keyword arguments, or of anything that is already Python values under plain key names."""
    layer = Layer(source)
    for name, value in values.items():
        if name not in KEYS:
            raise unknown_key(source, name, list(KEYS))
        layer.values[name] = KEYS[name].accept(value, source, name)
    return layer
