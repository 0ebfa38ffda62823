"""Chains of functions of one value become one table: the same bytes from one layer."""

import numpy as np
import pytest

from tests.passes.network import Network
from tests.passes.test_exact import assert_same_bytes
from tinygen import passes, reference
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Quantization
from tinygen.kernels import candidates
from tinygen.ops.activation import Activation
from tinygen.ops.add import Add
from tinygen.ops.composition import Composition
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.leaky_relu import LeakyRelu
from tinygen.ops.relu import Relu
from tinygen.ops.requantize import Requantize
from tinygen.ops.tanh import Tanh
from tinygen.passes.compose_unaries import compose_unaries

COARSE = Quantization.per_tensor(0.9, 5)
FINE = Quantization.per_tensor(0.013, -100)


def chain(*steps, arithmetic=Arithmetic.TFLM):
    """A graph that applies (operator, output quantization) in a row to its input."""
    net = Network((1, 4, 8, 8))
    x = net.input
    for op, q in steps:
        x = net.apply(op, x, q=q)
    return net.finish(x, arithmetic=arithmetic)


CHAINS = [
    ((Requantize(), COARSE), (LeakyRelu(alpha=0.3), FINE)),
    ((HardSwish(), COARSE), (Relu(), FINE), (Tanh(), Tanh.output_quantization)),
    ((LeakyRelu(alpha=0.1), FINE), (Requantize(), COARSE), (Requantize(), FINE), (HardSwish(), COARSE)),
]  # fmt: skip


@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
@pytest.mark.parametrize("steps", CHAINS)
def test_a_chain_becomes_one_table_for_every_byte(steps, arithmetic):
    before = chain(*steps, arithmetic=arithmetic)
    after = compose_unaries(before)
    assert [type(n.op) for n in after.nodes] == [Composition]
    assert after.outputs == before.outputs and len(after.nodes[0].op.steps) == len(steps)
    every = np.arange(-128, 128, dtype=np.int8).reshape(1, 4, 8, 8)
    name = before.outputs[0]
    wanted = reference.run(before, {"input": every})[name]
    np.testing.assert_array_equal(reference.run(after, {"input": every})[name], wanted)
    (call,) = after.calls()
    assert candidates(call, frozenset())[0].symbol == "tg_lookup_s8"
    np.testing.assert_array_equal(call.op.table(call), wanted.ravel())


def test_the_whole_optimization_keeps_every_byte():
    net = Network((1, 6, 5, 4))
    x = net.conv(net.input, 3, activation=Activation.NONE)
    x = net.apply(Tanh(), x, q=Tanh.output_quantization)
    x = net.apply(LeakyRelu(alpha=0.2), x, q=FINE)
    before = net.finish(net.conv(x, 2))
    after = passes.optimize(before)
    assert_same_bytes(before, after)
    assert [n.op.label() for n in after.nodes] == ["Conv2D", "Composition", "Conv2D"]


def test_what_others_read_stays():
    net = Network((1, 6, 5, 4))
    x = net.apply(HardSwish(), net.input, q=COARSE)
    both = net.apply(Add(), x, net.apply(LeakyRelu(alpha=0.2), x, q=FINE))
    graph = net.finish(both)
    assert compose_unaries(graph) is graph


def test_a_graph_output_between_the_steps_stays():
    net = Network((1, 6, 5, 4))
    x = net.apply(HardSwish(), net.input, q=COARSE)
    graph = net.finish(x, net.apply(LeakyRelu(alpha=0.2), x, q=FINE))
    assert compose_unaries(graph) is graph
