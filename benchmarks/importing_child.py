"""One fresh process of the importing benchmark. Its argument is a JSON object:

directory, count   import the modules m000, m001, ... of the package `generated` that lies there
install            null, or the patterns to install the hook with first
hook               null, or the package whose import hook is to rewrite `generated`
startup            null, or the directory of a start-up file to process
split              whether to take the import of cached modules apart
collects           whether Python looks for circles meanwhile; it does where nothing is said
"""

import gc
import json
import os
import sys
import time

task = json.loads(sys.argv[1])
found = {}

if task.get("startup"):
    import site

    start = time.perf_counter()
    site.addpackage(task["startup"], "autograph_hook.pth", set())
    found["startup"] = time.perf_counter() - start

if task.get("install") is not None:
    start = time.perf_counter()
    import autograph_hook

    autograph_hook.install(enable=task["install"])
    found["install"] = time.perf_counter() - start


def resident():
    """Kilobytes; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * (os.sysconf("SC_PAGE_SIZE") // 1024)
    except OSError:
        return 0


def install_other(name):
    """The import hook of another package, for `generated`."""
    if name == "pytest":
        # pytest has no other way to install its hook than to read its configuration: there is none here.
        import pytest
        from _pytest.config import _prepareconfig

        _prepareconfig(["-p", "no:cacheprovider", "--rootdir", task["directory"], "-c", "/dev/null"])
        pytest.register_assert_rewrite("generated")
    elif name == "beartype":
        from beartype.claw import beartype_package

        beartype_package("generated")
    elif name == "typeguard":
        import typeguard

        typeguard.install_import_hook("generated")
    else:
        import jaxtyping

        jaxtyping.install_import_hook("generated", None)


if task.get("hook"):
    sys.path.insert(0, task["directory"])
    install_other(task["hook"])

if task.get("directory"):
    sys.path.insert(0, task["directory"])
    # What the modules import is loaded before: it is the same for all.
    __import__("functools"), __import__("math"), __import__("os.path")

    names = [f"generated.m{n:03}" for n in range(task["count"])]
    if not task.get("collects", True):
        gc.disable()
    before = resident()
    start, start_cpu = time.perf_counter(), time.process_time()
    for name in names:
        __import__(name)
    found["wall"] = time.perf_counter() - start
    found["cpu"] = time.process_time() - start_cpu
    found["resident"] = resident() - before
    loaders = {type(sys.modules[name].__loader__).__module__.split(".")[0] for name in names}
    found["loader"] = type(sys.modules[names[0]].__loader__).__module__
    found["enabled"] = loaders == {"autograph_hook"}
    found["light"] = not {"gast", "astor", "ast"} & set(sys.modules)


def split():
    """Seconds that each part of loading the cached modules takes, all modules one after the other."""
    from autograph_hook.importing import cache
    from autograph_hook.importing.files import read_source
    from autograph_hook.runtime.attach import attach
    from autograph_hook.settings import ModuleOptions

    options = ModuleOptions()
    parts = {}

    def timed(part, function, *rows):
        start = time.perf_counter()
        results = [function(*row) for row in zip(*rows, strict=True)]
        parts[part] = time.perf_counter() - start
        return results

    modules = [sys.modules[name] for name in names]
    paths = [module.__file__ for module in modules]
    sources = timed("reading sources", read_source, paths)
    digests = timed("hashing sources", cache.source_hash, sources)
    files = timed("finding and reading cache files", lambda path: read_source(cache.path_for(path)), paths)
    import marshal

    records = timed("unmarshalling", lambda data: marshal.loads(memoryview(data)[16:]), files)
    assert all(data[8:16] == digest for data, digest in zip(files, digests, strict=True))
    payloads = [record[0] for record in records]
    codes = timed("putting gates in", lambda p, n, f: attach(p, n, f, options), payloads, names, paths)
    timed("running the modules", lambda code: exec(code, {"__name__": "split"}), codes)
    return parts


if task.get("split"):
    found["split"] = split()
print(json.dumps(found))
