"""Generated kernels: the C that each call brings, against the reference, on the host and on QEMU."""

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.strategies import DETERMINISTIC, inputs_for, one_op_graph
from tinygen import device, host, reference, targets
from tinygen.emit import EmitOptions, emit
from tinygen.fixedpoint import Arithmetic
from tinygen.kernels import CATALOGUE
from tinygen.ops.classical.tree_sums import TreeSums

GENERATED = [k for found in CATALOGUE.values() for k in found if k.is_generated]
SAMPLES = 12

FEW = settings(
    DETERMINISTIC,
    max_examples=12,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.function_scoped_fixture],
)


def graphs(kernel):
    return one_op_graph(kernel.op, Arithmetic.NATIVE).filter(
        lambda g: kernel.reason_against(g.calls()[0], kernel.needs) is None
    )


def written(kernel, graph, target, folder):
    options = EmitOptions(kernels=(("node", kernel.symbol),))
    return emit(graph, target, folder, name="model", options=options)


@pytest.mark.parametrize("kernel", GENERATED, ids=lambda k: k.symbol)
def test_generated_code_computes_the_reference_on_the_host(kernel, tmp_path):
    # the code is C for every core; only its speed is for some
    target = targets.load("cortex-m4" if kernel.needs else "host")

    @FEW
    @given(graphs(kernel))
    def check(graph):
        emission = written(kernel, graph, target, tmp_path / "model")
        inputs = inputs_for(graph, SAMPLES)
        with host.build(emission) as model:
            got = model.run(*inputs.values())
        np.testing.assert_array_equal(got, reference.run(graph, inputs)["y"])

    check()


@pytest.mark.parametrize("core", ["cortex-m0", "cortex-m4"])
def test_generated_code_computes_the_reference_on_the_device(core, tmp_path):
    target = targets.load(core)
    kernels = [k for k in CATALOGUE[TreeSums] if k.is_generated and k.needs <= target.features]

    @settings(FEW, max_examples=4)
    @given(graphs(kernels[0]))
    def check(graph):
        emission = written(kernels[0], graph, target, tmp_path / "model")
        inputs = inputs_for(graph, SAMPLES)
        rows = np.ascontiguousarray(inputs["x"])
        _, got = device.average_run(emission.folder, "model", target, rows)
        np.testing.assert_array_equal(got.view(np.int32), reference.run(graph, inputs)["y"])

    check()
