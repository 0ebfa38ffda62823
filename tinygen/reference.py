"""The reference: runs a graph with numpy. For an integer graph this IS the definition of the C."""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from tinygen.errors import UsageError
from tinygen.ir import Call, Graph, Tensor

Observer = Callable[[Call, tuple[NDArray, ...]], None]


def run(
    graph: Graph, inputs: Mapping[str, NDArray], observer: Observer | None = None
) -> dict[str, NDArray]:
    """Return the graph's outputs by name for arrays [N, ...] by input name; N samples at once.

    Where a graph input's own first dimension d is not 1, its array is [N * d, ...].

    `observer(call, outputs)` is called after every node. Raises UsageError for wrong names or
    shapes.
    """
    values = {t.name: _checked(t, inputs) for t in graph.input_tensors}
    if not _is_batched(graph):
        return _sample_by_sample(graph, values, observer)
    return _run_nodes(graph, values, observer)


def run_one_input(graph: Graph, x: NDArray) -> NDArray:
    """Run a graph that has one input and one output."""
    (name,), (output,) = graph.inputs, graph.outputs
    return run(graph, {name: x})[output]


def _run_nodes(
    graph: Graph, values: dict[str, NDArray], observer: Observer | None
) -> dict[str, NDArray]:
    last_use = {name: i for i, node in enumerate(graph.nodes) for name in node.inputs}
    for i, call in enumerate(graph.calls()):
        arrays = [values[t.name] if t.data is None else t.data for t in call.inputs]
        integer = call.outputs[0].dtype.is_integer
        result = (call.op.evaluate_integer if integer else call.op.evaluate_float)(call, arrays)
        results = result if isinstance(result, tuple) else (result,)
        values.update(zip(call.node.outputs, results, strict=True))
        if observer:
            observer(call, results)
        for name in call.node.inputs:
            if last_use[name] == i and name not in graph.outputs:
                values.pop(name, None)
    return {name: values[name] for name in graph.outputs}


def _checked(tensor: Tensor, inputs: Mapping[str, NDArray]) -> NDArray:
    if tensor.name not in inputs:
        raise UsageError(what=f"no data for the input '{tensor.name}'")
    x = np.asarray(inputs[tensor.name])
    whole_samples = x.ndim > 0 and len(x) > 0 and len(x) % _first_dimension(tensor) == 0
    if x.shape[1:] != tensor.shape[1:] or x.dtype != tensor.dtype.numpy or not whole_samples:
        raise UsageError(
            what=f"data for '{tensor.name}' is {x.dtype}{list(x.shape)}",
            next_step=f"give {tensor.dtype.value} of shape {['N', *tensor.shape[1:]]}",
        )
    return x


def _first_dimension(tensor: Tensor) -> int:
    return tensor.shape[0] if tensor.shape else 1


def _is_batched(graph: Graph) -> bool:
    """True when the first axis of every activation is the batch: N samples can run at once."""
    activations = [t for t in graph.tensors.values() if not t.is_constant]
    # a tensor of rank 1 has no batch: its only axis is the channels, even where there is one
    return all(len(t.shape) > 1 and t.shape[0] == 1 for t in activations)


def _sample_by_sample(
    graph: Graph, values: dict[str, NDArray], observer: Observer | None
) -> dict[str, NDArray]:
    # the first axis is a dimension of the model here, not a batch of samples
    samples = {name: x.reshape((-1, *graph.tensors[name].shape)) for name, x in values.items()}
    rows = [
        _run_nodes(graph, dict(zip(samples, sample, strict=True)), observer)
        for sample in zip(*samples.values(), strict=False)
    ]
    return {name: np.concatenate([row[name] for row in rows]) for name in graph.outputs}
