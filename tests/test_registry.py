"""What every operator must have, so that adding one half-way fails here and says what is missing."""

import inspect
import re

import pytest

from tests.strategies import FLOAT_ONLY, one_op_graph
from tinygen import kernels
from tinygen.fixedpoint import Arithmetic
from tinygen.kernels import CATALOGUE
from tinygen.ops import REGISTRY
from tinygen.resources import resource

INTEGER = sorted(REGISTRY.keys() - {op.__name__ for op in FLOAT_ONLY})
KERNELS = [kernel for found in CATALOGUE.values() for kernel in found]


@pytest.mark.parametrize("name", sorted(REGISTRY))
def test_operator_says_what_it_means(name):
    assert inspect.getdoc(REGISTRY[name]), f"{name} needs a docstring: formula and inputs"


@pytest.mark.parametrize("name", INTEGER)
def test_operator_has_a_strategy(name):
    assert one_op_graph(REGISTRY[name]) is not None, f"tests/strategies.py has none for {name}"


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
