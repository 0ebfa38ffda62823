"""The comparison with other tools: who is ahead, and who does not compute the same function."""

import csv
import importlib.util
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def compare():
    spec = importlib.util.spec_from_file_location("compare", BENCHMARKS / "compare_classical.py")
    module = importlib.util.module_from_spec(spec)
    import sys

    sys.modules["compare"] = module
    spec.loader.exec_module(module)
    return module


def figures(compare, tool, **found):
    usual = {"instructions": 100.0, "flash": 1000.0, "agreement": 100.0, "error": None}
    return compare.Figures(tool=tool, **(usual | found))


def test_who_is_behind(compare):
    mine = figures(compare, "tinygen", instructions=90.0, flash=1100.0)
    lines = compare.lines(mine, [figures(compare, "other")], (97.0, 0.05))
    assert {line.metric: line.is_behind for line in lines} == {
        "instructions": False,
        "flash": True,
        "agreement": False,
    }


def test_another_function_does_not_count_but_is_named(compare):
    other = figures(compare, "wrong", instructions=10.0, agreement=50.0)
    (line, *_) = compare.lines(figures(compare, "tinygen"), [other], (97.0, 0.05))
    assert not line.is_behind
    assert line.unfair == ("wrong (50 % agreement)",)


def test_what_was_not_measured_is_behind(compare):
    lines = compare.lines(None, [figures(compare, "other")], (97.0, 0.05))
    assert all(line.is_behind for line in lines)


@pytest.mark.parametrize(("own", "behind"), [(0.004, False), (0.006, True)])
def test_small_errors_are_as_good_as_none(own, behind, compare):
    mine = figures(compare, "tinygen", agreement=None, error=own)
    other = figures(compare, "other", agreement=None, error=0.0)
    found = {line.metric: line for line in compare.lines(mine, [other], (97.0, 0.05))}
    assert found["error"].is_behind == behind


def test_both_tables_speak_of_the_same_models():
    with (BENCHMARKS / "classical.csv").open(newline="") as file:
        ours = {(r["dataset"], r["model"]) for r in csv.DictReader(file)}
    with (BENCHMARKS / "classical_others.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {(r["dataset"], r["model"]) for r in rows} <= ours
    assert all(r["source"] for r in rows)
