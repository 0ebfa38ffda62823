"""Parts that lie piece by piece in what joins them: who may be made so, and how many are."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tinygen.planner import Step, assign_storage, lay_out

SIZES = {"in": 8, "a": 8, "b": 24, "c": 8, "joined": 32, "all": 40, "out": 4}


def joins(**parts):
    """Pixels of one byte for each eight of the tensor."""
    step = {"a": 4, "joined": 5}[next(iter(parts))]
    write = "joined" if step == 4 else "all"
    return Step(reads=tuple(parts), write=write, parts=parts, parts_step=step, spreads=True)


def makes(write, *reads, spreads=True, **others):
    return Step(reads=reads or ("in",), write=write, spreads=spreads, **others)


def assign(*steps):
    return assign_storage(steps, SIZES, ("in",), (), ("out",))


END = makes("out", "joined")


def test_pieces_are_made_in_their_place():
    s = assign(makes("a"), makes("b"), joins(a=0, b=1), END)
    assert s["a"] is s["b"] is s["joined"]
    assert s["joined"].offsets == {"a": 0, "b": 1}, "they need not be aligned"
    assert s["joined"].steps == {"a": 4, "b": 4}
    assert (s["joined"].first, s["joined"].last) == (0, 3)


def test_who_cannot_write_pieces_is_copied():
    s = assign(makes("a", spreads=False), makes("b"), joins(a=0, b=1), END)
    assert s["a"] is not s["joined"]
    assert s["joined"].steps == {"b": 4}


def test_what_others_read_is_in_one_piece():
    s = assign(makes("a"), makes("b"), makes("c", "a"), joins(a=0, b=1), END)
    assert s["a"] is not s["joined"]
    assert s["a"].steps == {}


def test_nothing_becomes_a_piece_in_place():
    changes = Step(reads=("a",), write="c", in_place=("a",), spreads=True)
    joined = Step(reads=("c", "b"), write="joined", parts={"c": 0, "b": 1}, parts_step=4)
    s = assign(makes("a"), changes, makes("b"), joined, END)
    assert s["c"] is s["joined"]
    assert s["a"] is not s["c"], "it would be written in one piece"


def test_pieces_of_pieces_are_copied_into_them():
    end = makes("out", "all")
    s = assign(makes("a"), makes("b"), joins(a=0, b=1), makes("c"), joins(joined=0, c=4), end)
    assert s["joined"] is s["all"] and s["all"].steps == {"joined": 5, "c": 5}
    assert s["a"] is not s["all"] and s["b"] is not s["all"]


def test_leads_are_those_of_one_piece():
    steps = [makes("a"), makes("b", "c", leads={"c": 0}), joins(a=0, b=1), END]
    layout = lay_out([makes("c"), *steps], SIZES, read_only_inputs=("in",), outputs=("out",))
    assert layout.step("b") == 4
    assert layout.overlaps == ()


def test_a_scratch_that_lies_over_the_output_does_not_lie_over_its_neighbours():
    makes_b = makes("b", scratch_bytes=16, scratch_lead=0, name="b")
    steps = [makes("a"), makes_b, joins(a=0, b=1), END]
    layout = lay_out(steps, SIZES, read_only_inputs=("in",), outputs=("out",))
    assert layout.step("b") == 4
    assert layout.overlaps == ()


@st.composite
def joining_steps(draw):
    """Tensors a0, a1 .., each made from the one before it, joined in threes; most can be spread."""
    count = 3 * draw(st.integers(1, 3))
    sizes = {"in": 8} | {f"a{i}": 8 * draw(st.integers(1, 9)) for i in range(count)}
    steps, last = [], "in"
    for i in range(count):
        name = f"a{i}"
        source = draw(st.sampled_from([last, "in"])) if i % 3 else last
        kind = draw(st.integers(0, 4))
        steps.append(
            Step(
                name=name,
                reads=(source,),
                write=name,
                spreads=kind > 0,
                leads={source: draw(st.integers(0, 16))} if kind == 1 else {},
                scratch_bytes=8 * draw(st.integers(0, 5)),
            )
        )
        if i % 3 == 2:
            parts = [f"a{k}" for k in range(i - 2, i + 1)]
            last, row = f"j{i}", [sizes[p] // 8 for p in parts]
            sizes[last] = 8 * sum(row)
            places = dict(zip(parts, (0, row[0], row[0] + row[1]), strict=True))
            step = Step(reads=tuple(parts), write=last, parts=places, parts_step=sum(row))
            steps.append(replace(step, leads={parts[0]: 8}))
    return steps, sizes


@settings(max_examples=40, deadline=None, derandomize=True)
@given(joining_steps())
def test_spreading_never_takes_more_memory(drawn):
    steps, sizes = drawn
    owners = {"read_only_inputs": ("in",), "outputs": (steps[-1].write,)}
    copied = lay_out([replace(step, parts={}) for step in steps], sizes, **owners)
    layout = lay_out(steps, sizes, **owners)
    assert layout.plan.arena_bytes <= copied.plan.arena_bytes
    for step in steps:
        for name, at in step.parts.items():
            is_spread = layout.step(name) is not None
            assert is_spread == layout.is_in_place(name, step.write, at)
            readers = [s for s in steps if name in s.reads]
            assert not is_spread or len(readers) == 1
