"""Neural nets in pipelines: Keras models, wrappers that hold one, and files of models."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinygen import reference
from tinygen.classical import Activation, Description, Linear, Link, Network, NeuralNet, Task
from tinygen.errors import UnsupportedError
from tinygen.importers.sklearn.fitted import real
from tinygen.importers.sklearn.registry import estimator
from tinygen.ir import Call, Graph
from tinygen.ops.fully_connected import FullyConnected
from tinygen.ops.logistic import Logistic
from tinygen.ops.relu import Relu
from tinygen.ops.softmax import Softmax
from tinygen.ops.tanh import Tanh

WRAPPED = ("model_", "model")
"""Where estimators have the Keras model that they wrap."""


@dataclass(frozen=True, kw_only=True, eq=False)
class NetStep:
    """A net as a step of a pipeline: the float graph, and what computes it, [N, features] -> [N, outputs]."""

    graph: Graph
    run: Callable[[NDArray], NDArray]
    classes: tuple[object, ...] | None = None

    @property
    def n_features_in_(self) -> int:
        return prod(self.graph.input_tensors[0].shape)

    @property
    def outputs(self) -> int:
        return self.graph.output_tensors[0].size

    def transform(self, rows: NDArray) -> NDArray:
        """What the net answers, as features of another model."""
        return self.run(rows)

    def predict(self, rows: NDArray) -> NDArray:
        """Classes of a net that ends in a softmax or one logistic function, else its values."""
        return self.classes_of(self.run(rows))

    @property
    def predict_proba(self) -> Callable[[NDArray], NDArray] | None:
        """What gives the probabilities of classes; None of a net that has values."""
        link = _ending(self.graph)[1]
        if link is Link.SIGMOID:
            return lambda rows: np.concatenate([1 - self.run(rows), self.run(rows)], axis=1)
        return self.run if link is Link.SOFTMAX else None

    def classes_of(self, answers: NDArray) -> NDArray:
        """Answers of a net, or of what wraps it, as classes where it has some."""
        answers, link = np.asarray(answers), _ending(self.graph)[1]
        if link is Link.NONE or answers.ndim == 1 or answers.shape[1] != self.outputs:
            return answers
        known = np.array(self.classes or range(max(self.outputs, 2)))
        if self.outputs == 1:
            return known[(answers[:, 0] > 0.5).astype(np.int64)]
        return known[answers.argmax(axis=1)]


def net_of(step: object) -> NetStep | None:
    """A step that is a net; None for any other."""
    if isinstance(step, NetStep):
        return step
    if isinstance(step, str | Path):
        return _from_file(Path(step))
    if _is_keras(step):
        return _from_keras(step)
    for name in WRAPPED:
        inner = getattr(step, name, None)
        if inner is not None and _is_keras(inner):
            classes = getattr(step, "classes_", None)
            known = None if classes is None else tuple(np.asarray(classes).tolist())
            return replace(_from_keras(inner), classes=known)
    return None


def _is_keras(item: object) -> bool:
    """True for models of Keras; nothing is imported for it."""
    bases = [f"{base.__module__}.{base.__name__}" for base in type(item).__mro__]
    return any(b.split(".")[0] in ("keras", "tf_keras") and b.endswith(".Model") for b in bases)


def _from_keras(model) -> NetStep:
    from tinygen.importers import keras

    with tempfile.TemporaryDirectory(prefix="tinygen-net-") as folder:
        file = Path(folder) / "net.keras"
        model.save(file)
        graph = _checked(keras.load(file))
    shape = graph.input_tensors[0].shape[1:]

    def run(rows: NDArray) -> NDArray:
        found = model.predict(np.asarray(rows, np.float32).reshape(-1, *shape), verbose=0)
        return np.asarray(found, np.float64).reshape(len(rows), -1)

    return NetStep(graph=graph, run=run)


def _from_file(path: Path) -> NetStep:
    from tinygen import importers

    graph = _checked(importers.load(path))
    (x,), (y,) = graph.input_tensors, graph.output_tensors

    def run(rows: NDArray) -> NDArray:
        samples = np.asarray(rows, np.float32).reshape(-1, *x.shape[1:])
        found = reference.run(graph, {x.name: samples})[y.name]
        return found.astype(np.float64).reshape(len(rows), -1)

    return NetStep(graph=graph, run=run)


def _checked(graph: Graph) -> Graph:
    if len(graph.inputs) != 1 or len(graph.outputs) != 1:
        raise UnsupportedError(
            what=f"a net in a pipeline has {len(graph.inputs)} inputs, {len(graph.outputs)} outputs",
            next_step="supported: nets of one input and one output",
        )
    if graph.is_quantized:
        raise UnsupportedError(
            what="a net in a pipeline is quantized already",
            next_step="give the float model: its int8 form follows from the calibration rows",
        )
    return graph


def _ending(graph: Graph) -> tuple[Graph, Link]:
    """The graph without a softmax or logistic function at its end, and which of them it was."""
    call = graph.calls()[-1]
    body = graph.up_to(call.inputs[0].name)
    if isinstance(call.op, Softmax) and call.op.beta == 1.0 and call.output.size > 1:
        return body, Link.SOFTMAX
    if isinstance(call.op, Logistic) and call.output.size == 1:
        return body, Link.SIGMOID
    return graph, Link.NONE


@estimator("NetStep")
def _net(item: NetStep, columns: int) -> Description:
    """A classifier where it ends as one, else a regressor."""
    graph, link = _ending(item.graph)
    is_classifier = link is not Link.NONE
    count = max(item.outputs, 2)
    return Description(
        features=item.n_features_in_,
        transforms=(),
        scorer=_perceptron(graph) or NeuralNet(graph=graph, run=item.run),
        task=Task.CLASSIFY if is_classifier else Task.REGRESS,
        answer=item.predict,
        classes=(item.classes or tuple(range(count))) if is_classifier else (),
        link=link,
    )


FUNCTIONS = {Tanh: Activation.TANH, Logistic: Activation.LOGISTIC}


def _perceptron(graph: Graph) -> Network | None:
    """A net of dense layers with the same function between all of them, as a multi-layer perceptron; None for others.

    These may have more than 8 bits.
    """
    layers, functions, is_dense = [], [], False
    for call in graph.calls():
        function = _function(call)
        if (
            isinstance(call.op, FullyConnected)
            and call.inputs[0].shape[:-1] == (1,)
            and not is_dense
        ):
            layers.append(_dense(call))
        elif function is not None and is_dense:
            functions.append(function)
        else:
            return None
        is_dense = isinstance(call.op, FullyConnected)
    if functions and not is_dense:  # its last hidden layer is the answer
        outputs = graph.output_tensors[0].size
        layers.append(Linear(weights=np.eye(outputs), bias=np.zeros(outputs)))
    if len(layers) < 2 or len(set(functions)) != 1:
        return None
    return Network(layers=tuple(layers), activation=functions[0])


def _function(call: Call) -> Activation | None:
    is_relu = isinstance(call.op, Relu) and call.op.bounds.value == (0.0, np.inf)
    return Activation.RELU if is_relu else FUNCTIONS.get(type(call.op))


def _dense(call: Call) -> Linear:
    weights = real(call.inputs[1].data)
    bias = real(call.inputs[2].data) if len(call.inputs) > 2 else np.zeros(len(weights))
    return Linear(weights=weights, bias=bias)


def as_values(item: NetStep) -> Description:
    """A net whose answers are features of another model."""
    return Description(
        features=item.n_features_in_,
        transforms=(),
        scorer=_perceptron(item.graph) or NeuralNet(graph=item.graph, run=item.run),
        task=Task.REGRESS,
        answer=item.run,
    )
