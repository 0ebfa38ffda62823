"""When an output may take over its input's memory, and when it must not."""

from tinygen.planner import Step, assign_storage

SIZES = {"in": 8, "a": 8, "b": 8, "c": 8, "out": 8, "big": 16}


def assign(*steps, inputs=("in",), arena_inputs=(), outputs=("out",)):
    return assign_storage(steps, SIZES, inputs, arena_inputs, outputs)


def test_in_place_step_shares_storage_with_its_dying_input():
    s = assign(
        Step(reads=("in",), write="a"),
        Step(reads=("a",), write="b", in_place=("a",)),
        Step(reads=("b",), write="out"),
    )
    assert s["a"] is s["b"]
    assert (s["b"].first, s["b"].last) == (0, 2)


def test_an_input_that_is_read_later_is_not_overwritten():
    s = assign(
        Step(reads=("in",), write="a"),
        Step(reads=("a",), write="b", in_place=("a",)),
        Step(reads=("a", "b"), write="out", in_place=("a", "b")),
    )
    assert s["a"] is not s["b"]


def test_the_callers_input_is_never_written():
    s = assign(
        Step(reads=("in",), write="a", in_place=("in",)),
        Step(reads=("a",), write="out"),
    )
    assert s["a"] is not s["in"]
    assert s["in"].external == "in"


def test_a_move_of_the_callers_input_is_an_alias_that_stays_read_only():
    s = assign(
        Step(reads=("in",), write="a", in_place=("in",), moves_only=True),
        Step(reads=("a",), write="b", in_place=("a",)),
        Step(reads=("b",), write="out"),
    )
    assert s["a"] is s["in"]
    assert s["b"] is not s["a"]


def test_an_input_in_the_arena_may_be_overwritten():
    s = assign(
        Step(reads=("in",), write="a", in_place=("in",)),
        Step(reads=("a",), write="out"),
        inputs=(),
        arena_inputs=("in",),
    )
    assert s["a"] is s["in"]
    assert s["in"].external is None


def test_a_dying_tensor_moves_into_the_output_buffer():
    s = assign(
        Step(reads=("in",), write="a"),
        Step(reads=("a",), write="out", in_place=("a",)),
    )
    assert s["a"] is s["out"]
    assert s["out"].external == "out"


def test_input_and_output_of_the_caller_stay_apart():
    s = assign(Step(reads=("in",), write="out", in_place=("in",), moves_only=True))
    assert s["in"] is not s["out"]


def test_an_output_that_is_read_again_is_not_overwritten():
    s = assign(
        Step(reads=("in",), write="out"),
        Step(reads=("out",), write="a", in_place=("out",)),
        Step(reads=("a",), write="b"),
        outputs=("out", "b"),
    )
    assert s["a"] is not s["out"]


def test_different_sizes_do_not_share():
    s = assign(
        Step(reads=("in",), write="big"),
        Step(reads=("big",), write="a", in_place=("big",)),
        Step(reads=("a",), write="out"),
    )
    assert s["a"] is not s["big"]


def test_a_moved_alias_keeps_its_memory_alive():
    # b is a view of a; a's memory must live until b is read, and c must not overwrite it
    s = assign(
        Step(reads=("in",), write="a"),
        Step(reads=("a",), write="b", in_place=("a",), moves_only=True),
        Step(reads=("a",), write="c", in_place=("a",)),
        Step(reads=("b", "c"), write="out"),
    )
    assert s["b"] is s["a"]
    assert s["c"] is not s["a"]
    assert s["a"].last == 3


def test_an_input_in_the_arena_does_not_become_the_callers_output():
    s = assign(
        Step(reads=("in",), write="out", in_place=("in",)),
        inputs=(),
        arena_inputs=("in",),
    )
    assert s["in"].external is None
    assert s["out"].external == "out"
