"""Transposed convolutions as plain ones: the same bytes, and no more products than taps that reach a pixel."""

import numpy as np
import pytest
from hypothesis import given

from tests.example_graphs import Network
from tests.strategies import QUICK, inputs_for, one_op_graph
from tests.streaming.test_enlarging import transposed
from tinygen import reference
from tinygen.ir import verify
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.conv2d import Conv2D
from tinygen.ops.crop import Crop
from tinygen.ops.transpose_conv2d import TransposeConv2D
from tinygen.ops.upsampling2d import UpSampling2D
from tinygen.passes.merge_upsamplings import merge_upsamplings
from tinygen.passes.split_transposed import split_transposed


def counted(graph, kind):
    return sum(isinstance(node.op, kind) for node in graph.nodes)


@QUICK
@given(one_op_graph(TransposeConv2D))
def test_it_is_exact(graph):
    after = verify(split_transposed(graph))
    x = inputs_for(graph, 6)
    np.testing.assert_array_equal(reference.run(after, x)["y"], reference.run(graph, x)["y"])


@pytest.mark.parametrize("same", [False, True])
@pytest.mark.parametrize(("kernel", "stride"), [(1, 2), (2, 2), (3, 2), (4, 2), (5, 3), (3, 1)])
def test_what_keras_writes_is_split(kernel, stride, same):
    net = Network((1, 4, 5, 3))
    graph = net.finish(transposed(net, net.input, 2, kernel, stride, same=same))
    after = split_transposed(graph)
    assert not counted(after, TransposeConv2D)
    # columns that see the same inputs are computed together
    together = kernel <= stride or stride == 1 or (kernel % stride == 0 and not same)
    assert counted(after, Conv2D) == (stride if together else stride**2)
    assert counted(after, Crop) == (not same and kernel % stride != 0 and kernel > stride)


@pytest.mark.parametrize("kernel", [2, 3, 4])
def test_no_product_is_computed_for_nothing(kernel):
    """Padding counts as an input in plain convolutions, but there are no taps of zeros."""
    net = Network((1, 8, 8, 3))
    graph = net.finish(transposed(net, net.input, 2, kernel, 2, same=True))
    assert split_transposed(graph).macs == graph.macs


def test_upsampling_in_two_steps_is_one():
    net = Network((1, 3, 4, 2))
    rows = net.same_quantization(UpSampling2D(factor=(2, 1)), net.input)
    graph = net.finish(net.same_quantization(UpSampling2D(factor=(3, 5)), rows))
    after = verify(merge_upsamplings(graph))
    assert [node.op for node in after.nodes] == [UpSampling2D(factor=(6, 5))]
    assert after.outputs == graph.outputs


def test_upsampling_that_others_read_stays():
    net = Network((1, 3, 4, 2))
    rows = net.same_quantization(UpSampling2D(factor=(2, 1)), net.input)
    both = net.same_quantization(UpSampling2D(factor=(1, 2)), rows)
    q = net.tensors[net.input].quantization
    graph = net.finish(net.apply(Concatenate(axis=2), (rows, both), q))
    assert merge_upsamplings(graph) is graph
