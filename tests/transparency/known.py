"""Cases whose outcome differs with the hook, each with its reason. Everything else must be the same."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import NamedTuple

from benchmarks.suites.outcomes import STATUS


class Known(NamedTuple):
    test: str  # the test file, or the package
    case: str  # the case's name, with shell wildcards
    reason: str


CONSTANTS = "finds functions' constants by position or number, or prints them, and the gate is one of them"
BYTECODE = "compares the bytecode of its own functions, and the gate is part of it"
COLUMNS = "wants columns for each instruction of its own functions, and the gate has none, as it is not in the source"
EVENTS = "counts branch or instruction events of sys.monitoring, and the gate is a branch of four instructions"
LOADER = "loads a file with Python's own loader and wants a spec equal to that of the module the hook loaded"
MARSHAL = "wants a function's code to come back from marshal equal, and its gate comes back as one that stays shut"
FRAME = "wants the frame of its own function to have a certain size, and the gate needs one place more on the stack"
CLOCK = "is named after the time of day, and so otherwise in each run"

KNOWN: tuple[Known, ...] = (
    Known("test_compile", "*.test_32_63_bit_values", CONSTANTS),
    Known("test_compile", "*.test_line_number_genexp", CONSTANTS),
    Known("test_compile", "*.test_merge_constants", CONSTANTS),
    Known("test_compile", "*.test_consts_in_conditionals", BYTECODE),
    Known("test_compile", "*.test_dead_blocks_do_not_generate_bytecode", BYTECODE),
    Known("test_compile", "*.test_false_while_loop", BYTECODE),
    Known("test_compile", "*.test_lineno_after_no_code", BYTECODE),
    Known("test_compile", "*.test_return_in_with_positions", BYTECODE),
    Known("test_compile", "*.test_remove_unused_consts", CONSTANTS),
    Known("test_compile", "*.test_remove_unused_consts_no_docstring", CONSTANTS),
    Known("test_compile", "*.test_weird_attribute_position_regressions", COLUMNS),
    Known("test_compile", STATUS, BYTECODE),
    Known("test_peepholer", "*.test_elim_extra_return", BYTECODE),
    Known("test_peepholer", "*.test_elim_jump_to_return", BYTECODE),
    Known("test_peepholer", "*.test_elim_jump_to_uncond_jump3", BYTECODE),
    Known("test_peepholer", "*.test_unot", BYTECODE),
    Known("test_peepholer", "*.test_while_one", BYTECODE),
    Known("test_peepholer", STATUS, BYTECODE),
    Known("test_dis", "*.test_info", CONSTANTS),
    Known("test_dis", "*.test_code_info", CONSTANTS),
    Known("test_dis", "*.test_show_code", CONSTANTS),
    Known("test_dis", STATUS, CONSTANTS),
    Known("test_inspect", "*.test_signature_bind_implicit_arg", CONSTANTS),
    Known("test_inspect", STATUS, CONSTANTS),
    Known("test_monitoring", "*.MonitoringEventsTest.*", EVENTS),
    Known("test_monitoring", "*.TestBranchAndJumpEvents.*", EVENTS),
    Known("test_monitoring", "*.TestInstallIncrementally.*", EVENTS),
    Known("test_monitoring", "*.TestLineAndInstructionEvents.*", EVENTS),
    Known("test_monitoring", STATUS, EVENTS),
    Known("test_pydoc", "*.test_importfile", LOADER),
    Known("test_pydoc", STATUS, LOADER),
    Known("test_marshal", "*.CodeTestCase.test_code", MARSHAL),
    Known("test_marshal", "*.CodeTestCase.test_no_allow_code", MARSHAL),
    Known("test_marshal", STATUS, MARSHAL),
    Known("test_compiler_assemble", "*.test_expression_with_pseudo_instruction_load_closure", CONSTANTS),
    Known("test_compiler_assemble", STATUS, CONSTANTS),
    Known("test_type_cache", "*.test_class_call_specialization_user_type", BYTECODE),
    Known("test_type_cache", "*.test_to_bool_specialization_user_type", BYTECODE),
    Known("test_type_cache", STATUS, BYTECODE),
    Known("test_sys", "*.SizeofTest.test_objecttypes", FRAME),
    Known("test_sys", STATUS, FRAME),
    Known("marshmallow", "*::test_invalid_datetime_deserialization[[]*:*:*]", CLOCK),
)


def reason(test: str, case: str) -> str | None:
    """Why this case of this test file or package may differ; None if it may not."""
    for known in KNOWN:
        if known.test == test and fnmatchcase(case, known.case):
            return known.reason
    return None
