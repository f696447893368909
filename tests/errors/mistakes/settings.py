"""Markers, settings and the command line."""

from __future__ import annotations

from tests.errors.mistake import Family, Mistake

HELLO = 'print("hello")\n'

FAMILY = Family(
    "Markers, settings and the command line",
    "A warning lets the program run; an error of a setting ends before it has begun.",
    (
        Mistake(
            "a misspelt marker",
            f"# autograph: enabel\n{HELLO}",
            "'# autograph: enabel' is not a marker",
            "The module is treated as if it had no marker.",
            "`# autograph: enable`.",
            line=1,
            status=0,
        ),
        Mistake(
            "a misspelt option of a marker",
            f"# autograph: enable mod=traced\n{HELLO}",
            "'mod=traced' is not an option of a marker",
            "The marker holds, without that option.",
            "`# autograph: enable mode=traced`.",
            line=1,
            status=0,
        ),
        Mistake(
            "a misspelt marker of a line",
            """
            def shown(words):
                for word in words:  # autograph: plane
                    print(word)

            shown(["hello"])
            """,
            "'# autograph: plane' is not a marker",
            "The loop is not kept plain.",
            "`# autograph: plain`.",
            line=2,
            status=0,
        ),
        Mistake(
            "a misspelt setting",
            HELLO,
            "enabel",
            "The table `[tool.autograph_hook]` holds a key that there is not.",
            "`enable`.",
            files={"pyproject.toml": '[tool.autograph_hook]\nenabel = ["mypkg"]\n'},
            status=2,
        ),
        Mistake(
            "a setting of a wrong type",
            HELLO,
            "strict",
            "The value is a text.",
            "`strict = true`, without quotes.",
            files={"pyproject.toml": '[tool.autograph_hook]\nstrict = "yes"\n'},
            status=2,
        ),
        Mistake(
            "a wrong option",
            HELLO,
            "Did you mean '--enable'?",
            "There is no such option. Those of the program stand behind its name.",
            "`--enable`.",
            words=("--enabel", "mypkg", "script.py"),
            status=2,
        ),
        Mistake(
            "a wrong value of an option",
            HELLO,
            "It must be one of",
            "The option has three values.",
            "`--mode traced`.",
            words=("--mode", "fast", "script.py"),
            status=2,
        ),
        Mistake(
            "strict mode refuses a module",
            """
            def last(xs):
                for x in xs:  # autograph: plain
                    try:
                        x = x + 1
                    finally:
                        break
                return x

            print(last([1]))
            """,
            "a jump out of `finally` in a loop that stays plain",
            "Without `--strict` the function would run plain, and the report would say why.",
            "Leave the loop in another way, or do without `--strict`.",
            line=3,
            words=("--strict", "script.py"),
        ),
    ),
)
