"""What every operator must have, so that adding one half-way fails here and says what is missing."""

import inspect
import re
from pathlib import Path

import pytest

from tests.ops import naive
from tests.oracle import tflite_writer
from tests.strategies import FLOAT_ONLY, one_op_graph
from tinygen import kernels
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Operator
from tinygen.kernels import CATALOGUE
from tinygen.ops import REGISTRY
from tinygen.resources import resource

INTEGER = sorted(REGISTRY.keys() - {op.__name__ for op in FLOAT_ONLY})
KERNELS = [k for found in CATALOGUE.values() for k in found if not k.is_generated]


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_operator_says_what_it_means(name):
    assert inspect.getdoc(REGISTRY[name]), f"{name} needs a docstring: formula and inputs"


@pytest.mark.parametrize("name", INTEGER)
def test_operator_has_a_strategy(name):
    assert one_op_graph(REGISTRY[name]) is not None, f"tests/strategies.py has none for {name}"


@pytest.mark.parametrize("name", INTEGER)
def test_operator_cites_a_rule_that_exists(name):
    document = inspect.getdoc(inspect.getmodule(REGISTRY[name]))
    cited = re.findall(r"\b[A-Z]\d+\b", document.split("ARITHMETIC.md")[0])
    assert cited, f"the module of {name} must name its rules in ARITHMETIC.md"
    written = (Path(__file__).parent.parent / "ARITHMETIC.md").read_text()
    assert not [rule for rule in cited if f"**{rule}. " not in written]


@pytest.mark.parametrize(
    ("table", "file"),
    [
        (naive.evaluate, "tests/ops/naive.py"),
        (tflite_writer.encode, "tests/oracle/tflite_writer.py"),
    ],
    ids=["naive", "tflite_writer"],
)
@pytest.mark.parametrize("name", INTEGER)
def test_operator_is_known_to_the_oracles(name, table, file):
    found = table.dispatch(REGISTRY[name])
    assert found is not table.dispatch(Operator), f"{file} has no function for {name}"


@pytest.mark.parametrize("arithmetic", list(Arithmetic))
@pytest.mark.parametrize("name", INTEGER)
def test_operator_has_a_portable_kernel(name, arithmetic):
    found = CATALOGUE.get(REGISTRY[name], ())
    portable = [k for k in found if not k.needs and arithmetic in k.arithmetics]
    assert portable, f"tinygen/kernels has no portable {arithmetic.value} kernel for {name}"
    assert not found[-1].needs, "the last kernel of an operator must be portable"


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k.symbol)
def test_kernel_files_exist_and_hold_the_symbol(kernel):
    runtime = resource("runtime_c")
    source = runtime.joinpath("src", kernel.source).read_text()
    header = runtime.joinpath("include", kernel.header).read_text()
    assert re.search(rf"\b{kernel.symbol}\(", source), f"{kernel.source} lacks {kernel.symbol}"
    assert re.search(rf"\bvoid {kernel.symbol}\(", header), f"{kernel.header} lacks the prototype"
    assert kernel.source.rsplit("/", 1)[-1] == f"{kernel.symbol}.c", "a file is named as its kernel"


@pytest.mark.parametrize("module", kernels.__all__)
def test_public_names_exist(module):
    assert hasattr(kernels, module)
