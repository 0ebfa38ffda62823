"""A model on its way through the pipeline: graph, origin, and what was learnt on the way."""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinygen import classical, importers, passes, targets
from tinygen.classical import ClassicalReport, Description, Precision
from tinygen.emit import Emission, EmitOptions, Member, ModelSet, Provenance
from tinygen.emit import emit as emit_folder
from tinygen.emit import emit_together as emit_set
from tinygen.emit.names import model_name
from tinygen.errors import CalibrationError, UsageError
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, verify
from tinygen.quantize import (
    Calibration,
    CalibrationMethod,
    QuantizationReport,
    read_rows,
    synthetic_calibration,
)
from tinygen.quantize import quantize as quantize_graph

EMIT_CHOICES = frozenset({"name", "options"})
"""Arguments of Model.emit that `tinygen.convert` passes on."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """Steps return a new model; nothing is changed in place."""

    graph: Graph
    path: Path | None
    quantization: QuantizationReport | None = None
    agreement: ClassicalReport | None = None
    precision: Precision | None = None
    kept: tuple[int, ...] = ()
    description: Description | None = None
    rewrites: tuple[passes.PassReport, ...] = ()

    @property
    def is_quantized(self) -> bool:
        return self.graph.is_quantized

    def quantize(
        self,
        *,
        calibration: Calibration | None = None,
        input_range: tuple[float, float] | None = None,
        arithmetic: Arithmetic | None = None,
        method: CalibrationMethod | None = None,
    ) -> "Model":
        """An int8 version of a float model; an int8 model only takes on the arithmetic."""
        if self.is_quantized:
            wanted = arithmetic or self.graph.arithmetic
            return dataclasses.replace(self, graph=self.graph.replace(arithmetic=wanted))
        if calibration is None:
            # batch normalizations, which the float passes fold, tell how large inputs were in training
            calibration = synthetic_calibration(self.graph, input_range)
        graph, reports = passes.optimize_float(self.graph)
        settings = {"method": method} if method else {}
        result = quantize_graph(
            graph,
            calibration=calibration,
            input_range=input_range,
            arithmetic=arithmetic or Arithmetic.TFLM,
            **settings,
        )
        return dataclasses.replace(
            self,
            graph=verify(result.graph),
            quantization=result.report,
            rewrites=(*self.rewrites, *reports),
        )

    def optimize(self) -> "Model":
        """Apply the exact rewrites of an int8 graph: the same bytes from fewer operations."""
        graph, reports = passes.optimize_integer(self.graph)
        return dataclasses.replace(self, graph=verify(graph), rewrites=(*self.rewrites, *reports))

    def emit(
        self,
        target: str | targets.Target,
        folder: Path,
        *,
        name: str | None = None,
        options: EmitOptions = EmitOptions(),
    ) -> Emission:
        """Write the folder of C for a target."""
        member = self.member(name, options)
        target = targets.load(target) if isinstance(target, str) else target
        return emit_folder(self.graph, target, folder, name=member.name, options=member.options)

    def member(self, name: str | None = None, options: EmitOptions = EmitOptions()) -> Member:
        """The model as one of several in a folder: with its name, its labels, and where it came from."""
        return Member(
            graph=self.graph,
            name=name or model_name(self.path.stem if self.path else self.graph.name),
            options=self._with_labels(dataclasses.replace(options, provenance=self.provenance())),
        )

    def _with_labels(self, options: EmitOptions) -> EmitOptions:
        """A classifier of scikit-learn brings the names of its classes."""
        known = self.description.labels if self.description else ()
        if known and options.labels and len(options.labels) != len(known):
            raise UsageError(
                what=f"{len(options.labels)} labels for {len(known)} classes",
                next_step=f"give one for each of {', '.join(known)}, in this order",
            )
        return options if options.labels else dataclasses.replace(options, labels=known)

    def provenance(self) -> Provenance | None:
        """Name and hash of the model file (of every file of a SavedModel folder); None of a model in memory."""
        if self.path is None:
            return None
        digest = hashlib.sha256()
        files = sorted(self.path.rglob("*")) if self.path.is_dir() else [self.path]
        for file in files:
            if file.is_file():
                digest.update(file.read_bytes())
        return Provenance(file_name=self.path.name, sha256=digest.hexdigest())


def emit_together(
    models: Mapping[str, Model],
    target: str | targets.Target,
    folder: Path,
    *,
    name: str = "models",
    shared_arena: bool = False,
    options: EmitOptions = EmitOptions(),
) -> ModelSet:
    """Write one folder for integer models by name; see tinygen.emit.emit_together."""
    return emit_set(
        [model.member(own_name, options) for own_name, model in models.items()],
        targets.load(target) if isinstance(target, str) else target,
        folder,
        name=name,
        shared_arena=shared_arena,
    )


@dataclass(frozen=True, kw_only=True)
class FittedPipeline:
    """A classical model before its integers are chosen; `path` is None where it never was a file."""

    description: Description
    path: Path | None = None

    is_quantized = False

    def quantize(
        self,
        *,
        calibration: NDArray | Calibration | str | Path | None = None,
        io: DType | str | None = None,
        agreement: float | None = None,
        drop_unused: bool = False,
    ) -> Model:
        """An integer model. `calibration`: rows [N, features] as the estimator takes them, here needed always; a table
        by the names of its columns; or the path of a file with an array x.

        `io` is the type of the features in the firmware ("int8", "int16", "int32", "float"); None takes the smallest
        that holds the rows exactly.
        `agreement` is the per cent of these rows that must have the estimator's answer; raises BudgetError else.
        `drop_unused` leaves features out of the input that nothing reads; `kept` of the result are the others.
        """
        if calibration is None:
            raise CalibrationError(
                what="a classical model needs typical rows of its features",
                next_step="give --calibration X.npz (array x of shape [N, features])",
            )
        if agreement is not None and not 0 <= agreement <= 100:
            raise UsageError(what=f"an agreement of {agreement} %", next_step="give 0 to 100")
        description, kept = self.description, ()
        rows = np.asarray(classical.in_order(description, _rows_of(calibration)))
        if drop_unused and rows.shape[1:] == (description.features,) and len(rows):
            description, kept = classical.without_unused(description, rows)
            rows = rows[:, kept]
        result = classical.quantize(
            description,
            rows,
            dtype=_feature_type(io),
            name=self._name(),
            agreement=agreement,
            input_name=_input_name(kept, self.description.features),
            quantize_net=_quantized_net,
        )
        return Model(
            graph=result.graph,
            path=self.path,
            agreement=result.report,
            precision=result.precision,
            description=description,
            kept=kept,
        )

    def _name(self) -> str:
        return self.path.stem if self.path else "model"


def _feature_type(io: DType | str | None) -> DType | None:
    """A type by its name. Raises UsageError for one that features cannot have."""
    if io is None or isinstance(io, DType):
        return io
    names = {"int8": DType.INT8, "int16": DType.INT16, "int32": DType.INT32, "float": DType.FLOAT32}
    if io not in names:
        raise UsageError(
            what=f"io={io!r} is no type of features", next_step=f"give one of {', '.join(names)}"
        )
    return names[io]


def _quantized_net(graph: Graph, rows: NDArray, bounds: tuple[float, float]) -> Graph:
    """A float graph within a classical model as int8, in the arithmetic of classical models."""
    graph, _ = passes.optimize_float(graph)
    (x,) = graph.inputs
    calibration = Calibration(samples={x: rows}, source="calibration", input_ranges={x: bounds})
    return quantize_graph(graph, calibration=calibration, arithmetic=Arithmetic.NATIVE).graph


def _input_name(kept: tuple[int, ...], features: int) -> str:
    """What the header says of the input."""
    if not kept:
        return "features"
    return f"features {', '.join(map(str, kept))} of {features}, counted from 0"


def _rows_of(calibration: object) -> object:
    """Calibration rows, as they are or from a file."""
    if isinstance(calibration, str | Path):
        return read_rows(Path(calibration))
    return _only(calibration.samples) if isinstance(calibration, Calibration) else calibration


def _only(samples: Mapping[str, NDArray]) -> NDArray:
    (rows,) = samples.values()
    return rows


def load(path: Path, *, trust: bool = False) -> Model | FittedPipeline:
    """Read a model file; see tinygen.importers. `trust` allows pickles, which run code of their own."""
    if importers.is_pipeline(path):
        return FittedPipeline(
            description=importers.load_pipeline(path, trust=trust), path=Path(path)
        )
    return Model(graph=verify(importers.load(path)), path=path)


def fitted(pipeline: object) -> FittedPipeline:
    """A fitted scikit-learn estimator or pipeline in memory, or a list of steps, among which may be Keras models."""
    from tinygen.importers import sklearn

    return FittedPipeline(description=sklearn.describe(pipeline))
