"""From a Keras file to a graph: nested models are unfolded, each layer is handed to its importer."""

import graphlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tinygen.errors import ModelFileError, UnsupportedError
from tinygen.importers.finding import Finding
from tinygen.importers.keras import container
from tinygen.importers.keras.activations import check_activation
from tinygen.importers.keras.architecture import (
    INPUT_LAYER,
    Constant,
    LayerRecord,
    ModelRecord,
    Operand,
    Reference,
)
from tinygen.importers.keras.builder import Builder, Layer, Value, image
from tinygen.importers.keras.limits import MAX_NODES
from tinygen.importers.keras.registry import REGISTRY
from tinygen.importers.keras.weights import WeightStore
from tinygen.ir import Graph, verify


def load(path: Path) -> Graph:
    """Read a Keras model (.h5 of Keras 2 and 3, .keras) as a float32 graph with the layout NHWC.

    Raises ModelFileError for a damaged file, and one UnsupportedError that lists every layer that has no
    importer. Neither TensorFlow nor Keras is needed, and nothing in the file is run.
    """
    graph, findings = _convert(path)
    if findings:
        raise _unsupported(findings, path)
    assert graph is not None
    return verify(graph)


def survey(path: Path) -> tuple[Finding, ...]:
    """List the layers that cannot be imported; empty when `load` would succeed."""
    return _convert(path)[1]


def _unsupported(findings: tuple[Finding, ...], path: Path) -> UnsupportedError:
    """One error for all findings; the same advice is given once."""
    steps = dict.fromkeys(f.next_step for f in findings if f.next_step)
    layers = [f"{f.operator} layer '{f.layer}'" for f in findings]
    problems = [f"{name}: {f.problem}" for name, f in zip(layers, findings, strict=True)]
    what = f"{len(findings)} layers cannot be converted"
    if len(findings) == 1:
        what, problems = f"{layers[0]} cannot be converted: {findings[0].problem}", []
    return UnsupportedError(
        what="\n  ".join([what, *problems]), where=path.name, next_step="\n    ".join(steps)
    )


def _convert(path: Path) -> tuple[Graph | None, tuple[Finding, ...]]:
    with container.opened(path) as saved:
        unfolding = _Unfolding(saved.store, is_keras_2=saved.is_keras_2)
        inputs = unfolding.graph_inputs(saved.model)
        outputs = unfolding.model(saved.model, inputs, ())
        findings = tuple(unfolding.findings)
        if findings or any(value is None for value in outputs):
            return None, findings
        results = [value for value in outputs if value is not None]
        return unfolding.graph(path.stem, inputs, results), findings


@dataclass(frozen=True)
class _CallKey:
    layer: str
    call: int


class _Unfolding:
    """Walks through models in the order of their data; collects what has no importer."""

    def __init__(self, store: WeightStore, *, is_keras_2: bool):
        self.builder = Builder()
        self.store = store
        self.is_keras_2 = is_keras_2
        self.findings: list[Finding] = []
        self.calls_left = MAX_NODES

    def graph_inputs(self, model: ModelRecord) -> list[Value]:
        layers = {layer.name: layer for layer in model.layers}
        values = []
        for reference in model.inputs:
            layer = layers.get(reference.layer)
            if layer is None or layer.class_name != INPUT_LAYER:
                raise ModelFileError(what=f"the input '{reference.layer}' is no input layer")
            values.append(image(self.builder.activation(layer.name, _input_shape(layer))))
        return values

    def graph(self, name: str, inputs: list[Value], outputs: list[Value]) -> Graph:
        names = [self._output(value) for value in outputs]
        for value in inputs:
            if value.tensor.name in names:
                raise UnsupportedError(
                    what=f"the input '{value.tensor.name}' is also an output: there is nothing to compute",
                    where="the model",
                    next_step="remove that output, or add a layer that computes; Dropout and other layers that act "
                    "in training only are left out",
                )
        return Graph(
            name=name,
            tensors=self.builder.tensors,
            nodes=tuple(self.builder.nodes),
            inputs=tuple(value.tensor.name for value in inputs),
            outputs=tuple(names),
        )

    def _output(self, value: Value) -> str:
        layer = Layer(self.builder, _OUTPUT, ("output",), (), self.store)
        return layer.plain(value).name

    def model(
        self, model: ModelRecord, arguments: Sequence[Value | None], path: tuple[str, ...]
    ) -> list[Value | None]:
        """Import a model's layers, called on these arguments; None stands for what could not be imported."""
        layers = _by_name(model, path)
        values: dict[_CallKey, list[Value | None]] = {}
        for reference, argument in zip(model.inputs, arguments, strict=True):
            values[_CallKey(reference.layer, 0)] = [argument]
        first_call = _first_calls(model)
        for key in _call_order(model, layers, first_call, path):
            if key in values:
                continue
            layer = layers[key.layer]
            reads = [
                _lookup(values, reference, first_call, path) for reference in layer.calls[key.call]
            ]
            values[key] = self._call(layer, key.call, reads, (*path, layer.name))
        return [_lookup(values, reference, first_call, path) for reference in model.outputs]

    def _call(
        self, layer: LayerRecord, call: int, reads: list[Value | None], path: tuple[str, ...]
    ) -> list[Value | None]:
        self.calls_left -= 1
        if self.calls_left < 0:
            raise ModelFileError(
                what=f"the model unfolds to more than {MAX_NODES} layers", where="/".join(path)
            )
        if layer.model is not None:
            if len(reads) != len(layer.model.inputs):
                raise ModelFileError(
                    what=f"a model with {len(layer.model.inputs)} inputs is called on {len(reads)}",
                    where=f"layer '{'/'.join(path)}'",
                )
            return self.model(layer.model, reads, path)
        results = self._import(layer, call, reads, path)
        return results if isinstance(results, list) else [results]

    def _import(
        self, layer: LayerRecord, call: int, reads: list[Value | None], path: tuple[str, ...]
    ) -> Value | list[Value] | None:
        importer = REGISTRY.get(layer.kind)
        if importer is None:
            self._find(layer, path, "layers of this class are not supported", _unknown_class(layer))
            return None
        inputs = tuple(value for value in reads if value is not None)
        is_whole = len(inputs) == len(reads)
        operands = _with_values(layer.operands[call], inputs) if is_whole else ()
        called = Layer(
            self.builder,
            layer,
            path,
            inputs,
            self.store,
            operands,
            is_keras_2=self.is_keras_2,
            arguments=layer.arguments[call] if call < len(layer.arguments) else None,
        )
        result = None
        try:
            if is_whole:
                result = importer(called)
            else:  # what it reads has no importer, which is already listed
                check_activation(called)
        except UnsupportedError as error:
            called.problems.append(error)
        for problem in called.problems:
            self._find(layer, path, problem.what, problem.next_step or "")
        return result

    def _find(
        self, layer: LayerRecord, path: tuple[str, ...], problem: str, next_step: str
    ) -> None:
        finding = Finding(
            layer="/".join(path), operator=layer.kind, problem=problem, next_step=next_step
        )
        if finding not in self.findings:
            self.findings.append(finding)


_OUTPUT = LayerRecord(
    class_name="Output", name="output", config={}, operands=(), model=None, is_operation=False
)


def _with_values(
    operands: tuple[Operand, ...], inputs: tuple[Value, ...]
) -> tuple[Value | Constant, ...]:
    """The operands of a call, with the values of those that are tensors."""
    values = iter(inputs)
    return tuple(item if isinstance(item, Constant) else next(values) for item in operands)


def _unknown_class(layer: LayerRecord) -> str:
    if "Lambda" in layer.class_name:
        return "Lambda layers hold code, which is never run: build the step from Keras layers"
    return "replace these layers; `tinygen ops` lists what is supported"


def _input_shape(layer: LayerRecord) -> tuple[int, ...]:
    """The shape of an input layer with batch 1."""
    shape = layer.config.get("batch_shape") or layer.config.get("batch_input_shape")
    where = f"input '{layer.name}'"
    if not isinstance(shape, list) or len(shape) < 2:
        raise ModelFileError(
            what="the model does not say its input shape",
            where=where,
            next_step="add keras.Input(shape=...) as the first layer and save it again",
        )
    sizes = shape[1:]
    if any(d is None for d in sizes):
        raise UnsupportedError(
            what=f"the input shape {shape} is open in other places than the batch",
            where=where,
            next_step="build the model with a fixed keras.Input(shape=(96, 96, 3)) or the like, "
            "copy the weights with new.set_weights(old.get_weights()), and save it",
        )
    if any(type(d) is not int or not 0 < d < 2**31 for d in sizes):
        raise ModelFileError(what=f"the input shape is {shape}", where=where)
    return (1, *sizes)


def _by_name(model: ModelRecord, path: tuple[str, ...]) -> dict[str, LayerRecord]:
    layers = {layer.name: layer for layer in model.layers}
    if len(layers) != len(model.layers):
        raise ModelFileError(
            what="two layers have the same name", where=f"model '{'/'.join(path) or model.name}'"
        )
    return layers


def _first_calls(model: ModelRecord) -> dict[str, int]:
    """The number that the file gives to each layer's first call.

    Keras counts the calls of a nested model from 1, because building it was call 0, but not in every version
    and not for every class. Every call that a file keeps is used, so the least number in use is the first.
    """
    first: dict[str, int] = {}
    nested = {layer.name for layer in model.layers if layer.model is not None}
    references = [r for layer in model.layers for call in layer.calls for r in call]
    for reference in (*references, *model.outputs):
        if reference.layer in nested:
            lowest = first.get(reference.layer, reference.call)
            first[reference.layer] = min(lowest, reference.call)
    return first


def _call_order(
    model: ModelRecord,
    layers: dict[str, LayerRecord],
    first_call: dict[str, int],
    path: tuple[str, ...],
) -> Iterator[_CallKey]:
    """All calls of a model's layers, each after those that it reads."""
    sorter: graphlib.TopologicalSorter[_CallKey] = graphlib.TopologicalSorter()
    for layer in layers.values():
        for number, reads in enumerate(layer.calls):
            before = [_key(reference, first_call) for reference in reads]
            sorter.add(_CallKey(layer.name, number), *before)
    inputs = {_CallKey(reference.layer, 0) for reference in model.inputs}
    try:
        order = tuple(sorter.static_order())
    except graphlib.CycleError as error:
        raise ModelFileError(
            what="the layers form a circle", where=f"model '{'/'.join(path) or model.name}'"
        ) from error
    for key in order:
        known = key.layer in layers and 0 <= key.call < len(layers[key.layer].calls)
        if not known and key not in inputs:
            raise ModelFileError(
                what=f"call {key.call} of layer '{key.layer}' is read but not in the file",
                where=f"model '{'/'.join(path) or model.name}'",
            )
    return iter(order)


def _key(reference: Reference, first_call: dict[str, int]) -> _CallKey:
    return _CallKey(reference.layer, reference.call - first_call.get(reference.layer, 0))


def _lookup(
    values: dict[_CallKey, list[Any]],
    reference: Reference,
    first_call: dict[str, int],
    path: tuple[str, ...],
) -> Any:
    results = values.get(_key(reference, first_call))
    if results == [None]:  # what could not be imported may have several outputs
        return None
    if results is None or not 0 <= reference.output < len(results):
        raise ModelFileError(
            what=f"output {reference.output} of layer '{reference.layer}' does not exist",
            where=f"model '{'/'.join(path)}'" if path else None,
        )
    return results[reference.output]
