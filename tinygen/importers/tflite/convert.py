"""From a .tflite file to a graph: the loop over operators, collecting what cannot be converted."""

from dataclasses import dataclass
from pathlib import Path

from tinygen.errors import UnsupportedError
from tinygen.importers.finding import Finding
from tinygen.importers.tflite import model_file
from tinygen.importers.tflite.boundary import strip_boundary
from tinygen.importers.tflite.dilation import merge_dilations
from tinygen.importers.tflite.islands import Islands
from tinygen.importers.tflite.layer import Builder, Layer, free_name, short_name
from tinygen.importers.tflite.model_file import FileOperator, ModelFile, damaged
from tinygen.importers.tflite.registry import REGISTRY, Importer
from tinygen.ir import Graph, verify


@dataclass(frozen=True, kw_only=True)
class _Result:
    graph: Graph
    findings: tuple[Finding, ...]


def load(path: Path) -> Graph:
    """Read a .tflite model: a float32 graph, or an int8 graph that computes as TFLite Micro does.

    Raises ModelFileError for a damaged file, and one UnsupportedError that lists everything that is
    not supported. Quantize and dequantize steps at the model's ends are left out: inputs and
    outputs are int8.
    """
    result = _convert(model_file.read(path), path.stem)
    if result.findings:
        raise _unsupported(result.findings, path)
    return verify(result.graph)


def survey(path: Path) -> tuple[Finding, ...]:
    """List the operators that cannot be converted; empty when `load` would succeed."""
    return _convert(model_file.read(path), path.stem).findings


def tensor_names(content: bytes) -> tuple[str, ...]:
    """The names that `load` gives to the tensors of a file, by their index in the file."""
    return Builder(_simplified(model_file.parse(content))).names


def operator_kinds(content: bytes) -> frozenset[str]:
    """Which operators a file holds, by their names in the schema."""
    return frozenset(op.kind for op in model_file.parse(content).operators)


def _simplified(file: ModelFile) -> ModelFile:
    """The file without what converters write around the operators that a model is made of."""
    return merge_dilations(strip_boundary(file))


def _convert(file: ModelFile, name: str) -> _Result:
    file = _simplified(file)
    builder, islands, findings = Builder(file), Islands(), []
    for index in file.inputs:
        _define(builder, index, findings)
    taken: set[str] = set()
    counts: dict[str, int] = {}
    for operator in file.operators:
        name_wanted = _layer_name(file, operator)
        layer = Layer(builder, operator, free_name(name_wanted, taken, counts))
        findings += _add_layer(layer, islands)
    outputs = [_output_name(builder, islands, index) for index in file.outputs]
    graph = Graph(
        name=name,
        tensors=builder.tensors,
        nodes=tuple(builder.nodes),
        inputs=tuple(builder.names[i] for i in file.inputs),
        outputs=tuple(outputs),
    )
    return _Result(graph=graph, findings=tuple(findings))


def _define(builder: Builder, index: int, findings: list[Finding]) -> None:
    declared = builder.file.tensors[index]
    if declared.data is not None:
        raise damaged(f"the model input '{declared.name}' is a constant")
    try:
        if declared.is_open:
            raise UnsupportedError(
                what=f"the size of the input '{declared.name}' is unknown until run time",
                next_step="export the model with a fixed input shape; only the batch may be open",
            )
        builder.define(index)
    except UnsupportedError as error:
        builder.unknown.add(index)
        findings.append(_finding(error, declared.name, "model input"))


def _add_layer(layer: Layer, islands: Islands) -> list[Finding]:
    """Add one operator's nodes; where it is unsupported, take its outputs as computed."""
    try:
        is_known = all(layer.builder.is_known(i) for i in layer.operator.inputs if i >= 0)
        if is_known and islands.read(layer):
            return []
        read = _reader(layer)
        if is_known:
            read(layer)
        else:  # what it depends on is reported already
            layer.builder.unknown.update(layer.operator.outputs)
        return []
    except UnsupportedError as error:
        layer.builder.assume(layer.operator.outputs)
        return [_finding(error, layer.name, layer.kind)]


_DILATION = "it is not part of a dilated convolution in the form that converters write"

_PROBLEMS = {"SPACE_TO_BATCH_ND": _DILATION, "BATCH_TO_SPACE_ND": _DILATION}
"""Operators that users have not written themselves: what they stand for."""


def _reader(layer: Layer) -> Importer:
    if layer.kind in _PROBLEMS:
        raise UnsupportedError(
            what=f"{layer.kind}: {_PROBLEMS[layer.kind]}",
            where=layer.where,
            next_step="supported: SPACE_TO_BATCH_ND, one convolution and BATCH_TO_SPACE_ND with the same block, "
            "with nothing else reading what is between them; or give the Keras file (.h5, .keras) instead",
        )
    if layer.kind not in REGISTRY:
        raise layer.unsupported("the operator is not supported", ", ".join(REGISTRY))
    return REGISTRY[layer.kind]


def _finding(error: UnsupportedError, layer: str, operator: str) -> Finding:
    return Finding(
        layer=layer, operator=operator, problem=error.what, next_step=error.next_step or ""
    )


def _unsupported(findings: tuple[Finding, ...], path: Path) -> UnsupportedError:
    """One error for all findings; the same advice is given once."""
    steps = dict.fromkeys(f.next_step for f in findings)
    if len(findings) == 1:
        (only,) = findings
        return UnsupportedError(
            what=only.problem,
            where=f"layer '{only.layer}' of {path.name}",
            next_step=only.next_step,
        )
    problems = [f"  layer '{f.layer}': {f.problem}" for f in findings]
    return UnsupportedError(
        what="\n".join([f"{len(findings)} layers cannot be converted", *problems]),
        where=str(path.name),
        next_step="\n    ".join(steps),
    )


def _layer_name(file: ModelFile, operator: FileOperator) -> str:
    return short_name(file.tensors[operator.outputs[0]].name if operator.outputs else operator.kind)


def _output_name(builder: Builder, islands: Islands, index: int) -> str:
    declared = builder.file.tensors[index]
    if islands.is_inside(index):
        raise UnsupportedError(
            what="a model output is computed in float32, behind int8 layers",
            where=f"tensor '{declared.name}'",
            next_step="supported: int8 outputs, also with DEQUANTIZE or QUANTIZE as the last step",
        )
    if index in builder.file.inputs or builder.constant(index) is not None:
        raise UnsupportedError(
            what="a model output is an input or a constant: there is nothing to compute",
            where=f"tensor '{declared.name}'",
            next_step="remove that output from the model before the export",
        )
    return builder.tensor(index).name if builder.is_known(index) else builder.names[index]
