"""Runs one of CPython's test files in a fresh process; given to `python -c` as text, with one JSON argument.

Much of the standard library is loaded before any hook can act, so the modules under test are dropped from
`sys.modules` and load again. That happens with and without the hook: the hook is the only difference.
"""

import json
import sys


def watch(loaded):
    """Note which modules get gates: a run in which the hook did nothing must not pass for a good one."""
    from autograph_hook.importing import loader

    attach = loader.attach

    def watched(payload, module, *rest):
        loaded.append(module)
        return attach(payload, module, *rest)

    loader.attach = watched


def main():
    task = json.loads(sys.argv[1])
    loaded = []
    if task["enable"]:
        import autograph_hook
        from autograph_hook.transpiler import transform

        # What the transpiler imports is loaded before the modules under test (ast among them) are dropped.
        transform(b"def f(x):\n    return x if x else 0\n", "<warm>")
        autograph_hook.install(enable=task["enable"], **task["settings"])
        watch(loaded)
    for name in list(sys.modules):
        if any(name == dropped or name.startswith(dropped + ".") for dropped in task["reload"]):
            del sys.modules[name]
    sys.argv[:] = ["test", "--junit-xml", task["junit"], task["test"]]
    try:
        __import__("runpy").run_module("test", run_name="__main__", alter_sys=True)
    finally:
        with open(task["loaded"], "w") as file:
            json.dump(sorted(loaded), file)


if __name__ == "__main__":
    main()
