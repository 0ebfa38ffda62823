"""Parameter structs are initialized by position: Python and C must list the same fields in the same order."""

import re

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from tests.strategies import one_op_graph
from tinygen.kernels import CATALOGUE, Struct, conv2d_joined_mve
from tinygen.resources import resource

ROWS = [kernel for found in CATALOGUE.values() for kernel in found]
SEE_OTHERWISE = {id(kernel) for kernel in conv2d_joined_mve.KERNELS}
"""Rows that see a layer as another one, and give that to a row which is here too."""

KERNELS = [
    k for k in ROWS if not k.is_generated and not k.whole_only and id(k) not in SEE_OTHERWISE
]


def declared_fields() -> dict[str, list[str]]:
    """Field names of every struct in the runtime's headers."""
    fields = {}
    for header in resource("runtime_c").joinpath("include").iterdir():
        text = re.sub(r"/\*.*?\*/", "", header.read_text(), flags=re.S)
        for tag, body in re.findall(r"struct (\w+) \{(.*?)\};", text, flags=re.S):
            fields[tag] = [
                re.sub(r"\[.*", "", f.split()[-1].lstrip("*")) for f in body.split(";")[:-1]
            ]
    return fields


DECLARED = declared_fields()


def check(struct: Struct) -> None:
    assert list(struct.fields) == DECLARED[struct.tag], f"struct {struct.tag}"
    for value in struct.fields.values():
        if isinstance(value, Struct):
            check(value)


def lowered(kernel, graph):
    """The kernel's calls for a graph of one node; None where its packing cannot express the weights."""
    call = graph.calls()[0]
    try:
        return kernel.lower(call)
    except (ValueError, AttributeError, IndexError, ZeroDivisionError):
        return None


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k.symbol)
def test_fields_stand_in_the_order_of_the_header(kernel):
    # whether the kernel would be chosen does not matter here: the fields do not depend on it
    arithmetic = sorted(kernel.arithmetics, key=lambda a: a.value)[0]
    graph = find(
        one_op_graph(kernel.op).map(lambda g: g.replace(arithmetic=arithmetic)),
        lambda g: lowered(kernel, g) is not None,
        settings=settings(
            max_examples=500,
            derandomize=True,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
    for kernel_call in lowered(kernel, graph):
        check(kernel_call.params)
