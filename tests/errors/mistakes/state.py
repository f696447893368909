"""State, and code that is not enabled."""

from __future__ import annotations

from tests.errors.mistake import Family, Mistake

FAMILY = Family(
    "State, and code that is not enabled",
    "A graph is built once and runs often.",
    (
        Mistake(
            "code that is not enabled decides on a tensor",
            """
            import tensorflow as tf
            import helper

            @tf.function(autograph=False)
            def step(x):
                return helper.clipped(x) + 1

            print(step(tf.constant(1)))
            """,
            "run with --enable helper",
            "Only enabled modules are transformed. `helper` is left out here, on the command line.",
            "Enable the module.",
            line=6,
            words=("--disable", "helper", "script.py"),
            files={"helper.py": "def clipped(x):\n    if x > 1:\n        return 1\n    return x\n"},
        ),
        Mistake(
            "a variable is made in each call",
            """
            import tensorflow as tf

            @tf.function
            def count(x):
                n = tf.Variable(0)
                n.assign_add(x)
                return n.value()

            print(count(tf.constant(1)))
            """,
            "make the variable once, outside of the function",
            "Eager Python makes a new variable each time. A graph would make one, and keep it.",
            "Make it outside, and `n.assign(0)` where it begins anew.",
            line=5,
        ),
        Mistake(
            "a stale notebook: an object holds what an earlier cell's graph left in it",
            """
            from IPython.core.interactiveshell import InteractiveShell

            CELLS = '''
            %xmode Minimal
            %load_ext autograph_hook
            ---
            import tensorflow as tf
            class Model:
                @tf.function
                def step(self, x):
                    if x > 0:
                        self.last = x * 2
                    else:
                        self.last = None
                    return x
            model = Model()
            model.step(tf.constant(1.0))
            ---
            @tf.function
            def again(x):
                return model.last + x
            again(tf.constant(1.0))
            '''
            shell = InteractiveShell.instance()
            for cell in CELLS.split("---"):
                shell.run_cell(cell)
            """,
            "was kept by another graph than the one that is being built",
            "`self.last` is a tensor of the graph that the second cell has built. In the third cell that graph is gone.",
            "Return the value, or keep it in a `tf.Variable`.",
            status=0,
            needs="IPython",
        ),
    ),
)
