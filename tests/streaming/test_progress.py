"""Long searches say how far they are."""

from tests.example_graphs import cnn
from tinygen import targets
from tinygen.emit.program import lower
from tinygen.streaming.progress import report, reporting


def test_the_search_for_the_least_says_how_far_it_is():
    shares: list[float] = []
    with reporting(shares.append):
        lower(cnn(), targets.load("host"), least_ram=True)
    assert shares
    assert all(0 <= share <= 1 for share in shares)


def test_afterwards_nobody_is_told():
    shares: list[float] = []
    with reporting(shares.append):
        pass
    report(0.5)
    assert not shares
