"""What fails when a graph runs, and exceptions in graphs."""

from __future__ import annotations

from tests.errors.mistake import Family, Mistake

FAMILY = Family(
    "When a graph runs, and exceptions",
    "In a graph that `tf.function`, `Dataset.map` or Keras has built, an operation that fails raises TensorFlow's own "
    "exception; it says on which line of the program the operation was made. What the hook stages by itself runs again as "
    "plain Python when it fails, and raises what plain Python raises.",
    (
        Mistake(
            "an assertion fails",
            """
            import tensorflow as tf

            @tf.function
            def root(x):
                assert x >= 0, "x must not be negative"
                return tf.sqrt(x)

            print(root(tf.constant(-1.0)))
            """,
            "script.py:5, in root: assertion failed",
            "An `assert` on a tensor is checked by the graph. `root` stands there twice: at its first line, where the "
            "graph of it began, and where the operation was made.",
            "Whatever the assertion asks for. In a `tf.function` it is caught as `tf.errors.InvalidArgumentError`.",
            line=5,
        ),
        Mistake(
            "an index is out of range: in a callee, in a branch, in a loop",
            """
            import tensorflow as tf

            def pick(xs, i):
                return tf.gather(xs, i)

            @tf.function
            def total(xs, n):
                result = 0
                for i in tf.range(n):
                    if i >= 0:
                        result += pick(xs, i)
                return result

            print(total(tf.constant([1, 2]), tf.constant(3)))
            """,
            "indices = 2 is not in [0, 2)",
            "The last line of the list is the one that failed.",
            "Loop over `tf.range(tf.size(xs))`.",
            line=4,
        ),
        Mistake(
            "a gradient fails",
            """
            import tensorflow as tf

            @tf.custom_gradient
            def checked(x):
                def gradient(upstream):
                    tf.debugging.assert_less(upstream, 1.0, "the gradient is large")
                    return upstream
                return x * 1.0, gradient

            @tf.function
            def step(x):
                with tf.GradientTape() as tape:
                    tape.watch(x)
                    y = x
                    if x > 0:
                        y = checked(y) * 3.0
                return tape.gradient(y, x)

            print(step(tf.constant(1.0)))
            """,
            "the gradient is large",
            "The gradient was asked for in line 17, and line 6 is the operation that failed.",
            "Clip the gradient: `tf.clip_by_value(upstream, -1.0, 1.0)`.",
            line=6,
        ),
        Mistake(
            "a function of a dataset fails",
            """
            import tensorflow as tf

            def clean(x):
                if x > 1:
                    x = tf.gather([10, 20], x)
                return x

            print(list(tf.data.Dataset.range(4).map(clean)))
            """,
            "script.py:5, in clean: here the operation was made that failed",
            "TensorFlow says which transformation failed, and nothing of its lines; the last line is ours.",
            "Keep `x` in the range.",
            line=5,
        ),
        Mistake(
            "the shape is not what was promised",
            """
            import tensorflow as tf

            @tf.function
            def grown(n):
                total = tf.zeros([1])
                for i in tf.range(n):
                    total = tf.concat([total, [1.0]], 0)
                return tf.ensure_shape(total, [3])

            print(grown(tf.constant(3)))
            """,
            "Shape of tensor",
            "A loop may change a shape: the tensor has no static shape afterwards. This one had four elements.",
            "`tf.ensure_shape(total, [None])`, or leave it out.",
            line=8,
        ),
        Mistake(
            "`raise` in a branch",
            """
            import tensorflow as tf

            @tf.function
            def root(x):
                if x < 0:
                    raise ValueError("x must not be negative")
                return tf.sqrt(x)

            print(root(tf.constant(1.0)))
            """,
            "ValueError: x must not be negative",
            "Both branches are traced, and tracing this one raises. No graph can raise a Python exception under a condition "
            "of its own.",
            'In a `tf.function`: `assert x >= 0, "x must not be negative"`. Without one, the function is staged where it '
            "can be, and raises when it should.",
            line=6,
        ),
        Mistake(
            "`except` around a branch of the graph",
            """
            import tensorflow as tf

            @tf.function
            def magnitude(x):
                try:
                    if x < 0:
                        raise ValueError("negative")
                    return x
                except ValueError:
                    return -x

            print(magnitude(tf.constant(1)))
            """,
            "this `except` would catch ValueError('negative'), which is raised in a branch or loop of the graph",
            "Python would go on behind the `except` or not, depending on a value of the graph.",
            "`return -x if x < 0 else x`.",
            line=9,
        ),
        Mistake(
            "a generator that stops when a tensor says so",
            """
            import tensorflow as tf

            @tf.function
            def parts(x):
                def generated():
                    if x > 0:
                        yield x
                    yield -x
                return tf.add_n(list(generated()))

            print(parts(tf.constant(-1.0)))
            """,
            "a condition that is known only when the graph runs around a `yield`",
            "How many elements there are must be known while the graph is built.",
            "`yield tf.maximum(x, 0.0)`.",
            line=6,
        ),
        Mistake(
            "recursion on a tensor",
            """
            import tensorflow as tf

            def factorial(n):
                if n <= 1:
                    return 1
                return n * factorial(n - 1)

            @tf.function
            def start(n):
                return factorial(n)

            print(start(tf.constant(4)))
            """,
            "set tensorflow.recursion = true",
            "Both branches are traced, and one of them calls the function again, without an end.",
            "The setting `tensorflow.recursion` (see [recursion.md](recursion.md)), or a loop.",
            line=6,
        ),
        Mistake(
            "an exception of the program's own, in what the hook has staged",
            """
            import tensorflow as tf

            class Diverged(RuntimeError):
                pass

            def check(loss):
                if loss > 100.0:
                    raise Diverged(f"the loss is {loss:.1f}")
                return loss

            def step(x):
                try:
                    return check(tf.reduce_sum(x * x))
                except Diverged as error:
                    error.add_note("in step()")
                    raise RuntimeError("the training has ended") from error

            for k in range(20):
                step(tf.constant([1.0 * k]))
            """,
            "Diverged: the loss is 121.0\nin step()\n\nThe above exception was the direct cause",
            "No decorator here: this is the traceback of plain Python, with the exceptions' own types, texts and notes.",
            "Nothing that the hook knows of.",
            line=8,
        ),
        Mistake(
            "an exception group",
            """
            import tensorflow as tf

            def checked(x):
                errors = []
                for limit in (1.0, 2.0):
                    try:
                        if x > limit:
                            raise ValueError(f"x is larger than {limit}")
                    except ValueError as error:
                        errors.append(error)
                if errors:
                    raise ExceptionGroup("limits", errors)
                return x

            for k in range(8):
                checked(tf.constant(0.5 * k))
            """,
            "ExceptionGroup: limits (1 sub-exception)",
            "The group is the one that plain Python raises, with its parts' tracebacks.",
            "Nothing that the hook knows of.",
            line=8,
        ),
        Mistake(
            "an operation fails in what the hook has staged",
            """
            import tensorflow as tf

            def pick(xs, i):
                y = xs + 1
                return tf.gather(y, i)

            def total(xs, i):
                for k in range(3):
                    xs = xs * 2
                return tf.reduce_sum(pick(xs, i))

            for i in [0, 1, 0, 1, 0, 7]:
                total(tf.constant([1.0, 2.0]), tf.constant(i))
            """,
            "indices = 7 is not in [0, 2)",
            "The staged call has failed, and the plain run has raised this.",
            "Keep the index in the range.",
            line=5,
        ),
    ),
)
