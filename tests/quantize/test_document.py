"""docs/quantization.md is what the code does: its tables have today's methods, and justify the defaults."""

import re

import pytest

from benchmarks import quantization as benchmark
from tinygen.quantize import CalibrationMethod
from tinygen.quantize.convert import DEFAULT_METHOD

TEXT = benchmark.DOCUMENT.read_text()
COMMAND = "run: python benchmarks/quantization.py --write"


def rows(table: str) -> dict[tuple[str, str], list[str]]:
    """Cells of a table behind (ranges, bias correction)."""
    block = re.search(rf"<!-- table {table} -->\n(.*?)<!-- end -->", TEXT, re.S)
    assert block, f"docs/quantization.md has no table {table}"
    lines = [re.split(r"\s*\|\s*", line.strip(" |")) for line in block[1].strip().splitlines()[2:]]
    return {(line[0], line[1]): line[2:] for line in lines}


def test_tables_list_every_method():
    wanted = {(m.value, c) for m in CalibrationMethod for c in ("yes", "no")}
    assert wanted <= rows("tflm").keys(), COMMAND
    assert wanted <= rows("data-free").keys(), COMMAND
    assert (DEFAULT_METHOD.value, "yes") in rows("native"), COMMAND


def test_default_is_the_best_of_the_table():
    relative = {
        key: float(cells[-1]) for key, cells in rows("tflm").items() if key[1] in ("yes", "no")
    }
    assert relative[DEFAULT_METHOD.value, "yes"] <= min(relative.values()) + 0.01, COMMAND


@pytest.mark.parametrize("table", ["tflm", "native"])
def test_default_is_nearer_to_the_float_models_than_the_published_ones(table):
    ours = rows(table)[DEFAULT_METHOD.value, "yes"]
    published = rows(table)["published int8 model", ""]
    pairs = [(float(a), float(b)) for a, b in zip(ours, published, strict=False) if "0" in b]
    assert len(pairs) == 3 and all(a <= b for a, b in pairs)


def test_methods_of_the_text_are_those_of_the_code():
    for method in CalibrationMethod:
        assert f"`{method.value}`" in TEXT
    assert f"`{DEFAULT_METHOD.value}` (default)" in TEXT
