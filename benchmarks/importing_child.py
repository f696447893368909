"""One fresh process of the importing benchmark. Its argument is a JSON object:

directory, count   import the modules m000, m001, ... of the package `generated` that lies there
install            null, or the patterns to install the hook with first
startup            null, or the directory of a start-up file to process
split              whether to take the import of cached modules apart
"""

import json
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

if task.get("directory"):
    sys.path.insert(0, task["directory"])
    # What the modules import is loaded before: it is the same for all.
    __import__("functools"), __import__("math"), __import__("os.path")

    names = [f"generated.m{n:03}" for n in range(task["count"])]
    start, start_cpu = time.perf_counter(), time.process_time()
    for name in names:
        __import__(name)
    found["wall"] = time.perf_counter() - start
    found["cpu"] = time.process_time() - start_cpu
    loaders = {type(sys.modules[name].__loader__).__module__.split(".")[0] for name in names}
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
