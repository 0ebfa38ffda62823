"""Tensors that are joined along the height are made where they belong; what cannot be made there is copied."""

import numpy as np
import pytest

from tests.example_graphs import Network
from tests.strategies import inputs_for
from tinygen import host, poison, reference, targets
from tinygen.emit import ArenaMode, EmitOptions, emit
from tinygen.emit.program import lower
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.reshape import Reshape

HOST = targets.load("host")


class Joining(Network):
    """A network whose tensors have one quantization, so that all of them can be joined."""

    def __init__(self, shape=(1, 9, 8, 4)):
        super().__init__(shape)
        self.q = self.tensors[self.input].quantization

    def branch(self, x, channels=4):
        name = self.conv(x, channels, kernel=(3, 3))
        return self.requantized(name)

    def requantized(self, x):
        """A node that works in place."""
        return self.apply(HardSwish(), (x,), self.q)

    def join(self, *parts, axis=1):
        return self.apply(Concatenate(axis=axis), parts, self.q)


def two_branches(net):
    return net.join(net.branch(net.input), net.branch(net.input))


def read_by_others(net):
    a, b = net.branch(net.input), net.branch(net.input)
    joined = net.join(a, b)
    return net.join(net.branch(joined), net.branch(a))


def nested(net):
    inner = net.join(net.branch(net.input), net.branch(net.input))
    return net.branch(net.join(net.branch(net.input), inner))


def reshaped(net):
    a, b = net.branch(net.input), net.branch(net.input)
    a = net.apply(Reshape(shape=(1, 18, 4, 4)), (a,), net.q)
    return net.branch(net.join(a, net.apply(Reshape(shape=(1, 18, 4, 4)), (b,), net.q)))


def flat(net):
    """Rows of one pixel, joined along the channels."""
    a, b = net.flatten(net.branch(net.input)), net.flatten(net.branch(net.input))
    return net.dense(net.join(a, b), 3)


def with_the_input(net):
    return net.branch(net.join(net.input, net.branch(net.input)))


def given_twice(net):
    a = net.branch(net.input)
    return net.branch(net.join(a, net.branch(net.input), a))


def in_two_places(net):
    a, b = net.branch(net.input), net.branch(net.input)
    return net.branch(net.join(net.join(a, b), net.join(b, a)))


def odd(net):
    a = net.requantized(net.conv(net.input, 3, kernel=(3, 3)))
    return net.join(a, net.requantized(net.conv(a, 3, kernel=(3, 3))))


def by_channels(net):
    return net.branch(net.join(net.branch(net.input), net.branch(net.input), axis=3))


CASES = {
    two_branches: 0, read_by_others: 0, nested: 0, reshaped: 0, flat: 0,
    with_the_input: 1, given_twice: 2, in_two_places: 2, odd: 1, by_channels: 2,
}  # fmt: skip
"""Copies that are left."""


def graph_of(case):
    net = Joining((1, 5, 3, 3) if case is odd else (1, 9, 8, 4))
    return net.finish(case(net))


def copies(graph):
    """Calls that are left of all concatenations."""
    layers = lower(graph, HOST).layers
    return sum(len(x.kernel_calls) for x in layers if isinstance(x.call.op, Concatenate))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_parts_are_made_in_place(case):
    assert copies(graph_of(case)) == CASES[case]


@pytest.mark.parametrize(
    "case", [read_by_others, nested, reshaped, given_twice, odd], ids=lambda case: case.__name__
)
def test_the_bytes_are_right(case, tmp_path):
    graph = graph_of(case)
    data = inputs_for(graph, 4)
    options = EmitOptions(arena=ArenaMode.CALLER)
    emission = emit(graph, HOST, tmp_path / "net", name="net", options=options)
    source = (tmp_path / "net" / "net.c").read_text()
    assert source.count("tg_concatenate_s8(") == CASES[case]
    poison.instrument(emission)
    with host.build(emission) as model:
        got = model.run(*data.values())
    np.testing.assert_array_equal(got, reference.run(graph, data)[graph.outputs[0]])


def test_a_part_that_is_an_output_too_is_copied():
    net = Joining()
    a, b = net.branch(net.input), net.branch(net.input)
    graph = net.finish(net.join(a, b), a)
    program = lower(graph, HOST)
    (joining,) = [x for x in program.layers if isinstance(x.call.op, Concatenate)]
    assert [kc.inputs for kc in joining.kernel_calls] == [(0,)]
