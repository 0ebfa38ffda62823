"""Networks whose accumulators could leave int32 are refused, with layer and channel."""

import dataclasses

import numpy as np
import pytest

from tests.passes.network import Network
from tests.passes.planted import random_graph
from tinygen import importers
from tinygen.analysis import accumulators
from tinygen.errors import ConversionError
from tinygen.ir import Graph, Quantization
from tinygen.ops.mean import Mean


def test_sane_networks_pass():
    for seed in range(10):
        accumulators.check(random_graph(seed))


@pytest.mark.parametrize("name", ["ic_resnet8", "vww_mobilenet", "kws_dscnn", "ad_autoencoder"])
def test_published_models_pass(published, name):
    accumulators.check(importers.load(published(f"{name}_int8.tflite")))


def _dense(depth: int, bias: int, output_scale: float = 0.05) -> Graph:
    """One layer with all weights 127, not verified: the operator itself refuses some of these."""
    net = Network((1, depth))
    y = net.dense(net.input, 3)
    w, b = net.nodes[0].inputs[1:]
    weights = np.full((3, depth), 127, np.int8)
    biases = np.array([0, bias, 0], np.int32)
    q = Quantization.per_tensor(output_scale, 0)
    net.tensors |= {
        w: dataclasses.replace(net.tensors[w], data=weights),
        b: dataclasses.replace(net.tensors[b], data=biases),
        y: dataclasses.replace(net.tensors[y], quantization=q),
    }
    return Graph(
        name="dense", tensors=net.tensors, nodes=tuple(net.nodes), inputs=("input",), outputs=(y,)
    )


def test_bias_up_to_the_room_beside_the_products():
    room = 2**31 - 1 - 256 * 127 * 10
    accumulators.check(_dense(10, room))
    with pytest.raises(ConversionError) as caught:
        accumulators.check(_dense(10, room + 1))
    assert "fullyconnected_0" in caught.value.where and "channel 1" in caught.value.where


def test_sums_that_are_too_long():
    with pytest.raises(ConversionError, match="partial sums"):
        accumulators.check(_dense(70_000, 0))


def test_left_shift_of_the_requantization_counts():
    accumulators.check(_dense(100, 0, output_scale=1e-5))
    with pytest.raises(ConversionError, match="shifted"):
        accumulators.check(_dense(100, 0, output_scale=1e-9))


def test_means_are_checked():
    net = Network((1, 300, 300, 1))
    x = net.input
    small = Quantization.per_tensor(net.quantization(x).scale / 2**24, 0)
    net.apply(Mean(axes=(1, 2)), x, q=small)
    graph = Graph(
        name="mean",
        tensors=net.tensors,
        nodes=tuple(net.nodes),
        inputs=(x,),
        outputs=net.nodes[0].outputs,
    )
    with pytest.raises(ConversionError, match="shifted"):
        accumulators.check(graph)
