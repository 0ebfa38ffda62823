"""Two memories: what is in the fast one fits, nothing overlaps, and a proved choice is the best of all."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from tinygen.planner import Buffer, Overlap, place
from tinygen.planner.banks import choose_banks


@st.composite
def problems(draw):
    """Buffers one after the other, each read by the next step; some may lie over what they read."""
    count = draw(st.integers(1, 6))
    buffers, overlaps = [], []
    for i in range(count):
        size = draw(st.integers(1, 60))
        last = draw(st.integers(i, min(i + 2, count)))
        buffers.append(Buffer(name=f"b{i}", bytes=size, first=i, last=last))
        if i and buffers[i - 1].last == i and draw(st.booleans()):
            lead = draw(st.integers(0, 24))
            overlaps.append(Overlap(input=f"b{i - 1}", output=f"b{i}", lead=lead))
    accesses = {b.name: float(draw(st.integers(0, 500))) for b in buffers}
    return buffers, overlaps, accesses, draw(st.integers(0, 160))


def height(buffers, overlaps) -> int:
    names = {b.name for b in buffers}
    return place(list(buffers), [o for o in overlaps if {o.input, o.output} <= names]).arena_bytes


@settings(derandomize=True, max_examples=40, deadline=None)
@given(problems())
def test_a_proved_choice_has_the_most_accesses_of_all_that_fit(problem):
    buffers, overlaps, accesses, fast_bytes = problem
    banks = choose_banks(buffers, overlaps, accesses, fast_bytes)
    fast = [b for b in buffers if banks.plan.offsets[b.name] >= banks.fast_from]
    assert height(fast, overlaps) <= banks.plan.arena_bytes - banks.fast_from <= fast_bytes
    total = sum(accesses.values())
    got = sum(accesses[b.name] for b in fast)
    assert got == banks.share * total or abs(got - banks.share * total) < 1e-6
    best = max(
        sum(accesses[b.name] for b in subset)
        for size in range(len(buffers) + 1)
        for subset in itertools.combinations(buffers, size)
        if height(subset, overlaps) <= fast_bytes
    )
    assert got == best if banks.is_best else got <= best


@settings(derandomize=True, max_examples=40, deadline=None)
@given(problems())
def test_buffers_that_live_together_are_apart_or_keep_their_lead(problem):
    buffers, overlaps, accesses, fast_bytes = problem
    plan = choose_banks(buffers, overlaps, accesses, fast_bytes).plan
    shared = {(o.input, o.output): o.lead for o in overlaps}
    at = plan.offsets
    for a, b in itertools.combinations([b for b in buffers if b.bytes], 2):
        if not a.meets(b):
            continue
        apart = at[a.name] + a.bytes <= at[b.name] or at[b.name] + b.bytes <= at[a.name]
        keeps_lead = any(
            pair in shared and at[pair[0]] - at[pair[1]] >= shared[pair]
            for pair in ((a.name, b.name), (b.name, a.name))
        )
        assert apart or keeps_lead


def test_the_choice_does_not_depend_on_the_order_of_the_buffers():
    buffers = [Buffer(name=f"b{i}", bytes=8 + i % 3, first=i, last=i + 2) for i in range(12)]
    accesses = {b.name: float(7 * i % 5) for i, b in enumerate(buffers)}
    one = choose_banks(buffers, [], accesses, 40)
    two = choose_banks(buffers[::-1], [], accesses, 40)
    assert one.plan.offsets == two.plan.offsets and one.share == two.share
