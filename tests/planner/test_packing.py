"""Packings: nothing overlaps, the bound is a bound, the search is repeatable and better than its start."""

import dataclasses
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from tinygen.planner import packing
from tinygen.planner.packing import Piece, pack


@st.composite
def pieces(draw, most: int = 30):
    found = []
    for _ in range(draw(st.integers(1, most))):
        first = draw(st.integers(0, 20))
        last = first + draw(st.integers(0, 6))
        found.append(Piece(bytes=4 * draw(st.integers(1, 12)), first=first, last=last))
    return found


@settings(max_examples=60, deadline=None, derandomize=True)
@given(pieces())
def test_pieces_alive_together_never_overlap(items):
    found = pack(items, rounds=200)
    for (a, x), (b, y) in itertools.combinations(zip(items, found.offsets, strict=True), 2):
        if a.first <= b.last and b.first <= a.last:
            assert x + a.bytes <= y or y + b.bytes <= x
    assert found.height == max(x + a.bytes for a, x in zip(items, found.offsets, strict=True))
    alive = [sum(p.bytes for p in items if p.first <= e <= p.last) for e in range(30)]
    assert max(alive) == found.lower_bound_bytes <= found.height


@settings(max_examples=20, deadline=None, derandomize=True)
@given(pieces())
def test_the_same_pieces_give_the_same_packing(items):
    assert pack(items, rounds=300) == pack(items, rounds=300)


def test_the_search_improves_on_first_fit(monkeypatch):
    monkeypatch.setattr(packing, "_orders", lambda p: [list(range(len(p)))])
    items = [
        Piece(bytes=8, first=0, last=1),
        Piece(bytes=8, first=1, last=2),
        Piece(bytes=16, first=2, last=3),
    ]
    assert pack(items, rounds=0).height == 32
    assert pack(items, rounds=200).height == 24


def test_a_search_that_begins_near_a_packing_keeps_it_where_it_is_good_enough():
    items = [Piece(bytes=4 * (1 + i % 5), first=i, last=i + 3) for i in range(12)]
    found = pack(items, rounds=0)
    again = pack(items, rounds=0, like=found.offsets, enough=found.height)
    assert again.height <= found.height
    larger = [dataclasses.replace(items[0], bytes=items[0].bytes + 4), *items[1:]]
    assert pack(larger, like=found.offsets).height >= pack(larger).lower_bound_bytes


def test_what_is_enough_ends_the_search(monkeypatch):
    items = [
        Piece(bytes=8, first=0, last=1),
        Piece(bytes=8, first=1, last=2),
        Piece(bytes=16, first=2, last=3),
    ]
    monkeypatch.setattr(packing, "_orders", lambda p: [list(range(len(p)))])
    assert pack(items, enough=32).height == 32
    assert pack(items, enough=28).height == 24
