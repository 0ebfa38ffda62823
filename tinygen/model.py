"""A model on its way through the pipeline: graph, origin, and what was learnt on the way."""

import dataclasses
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from numpy.typing import NDArray

from tinygen import classical, importers, passes, targets
from tinygen.classical import ClassicalReport, Description
from tinygen.emit import Emission, EmitOptions, Provenance
from tinygen.emit import emit as emit_folder
from tinygen.emit.names import model_name
from tinygen.errors import CalibrationError
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import DType, Graph, verify
from tinygen.quantize import (
    Calibration,
    CalibrationMethod,
    QuantizationReport,
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
        return emit_folder(
            self.graph,
            targets.load(target) if isinstance(target, str) else target,
            folder,
            name=name or model_name(self.path.stem if self.path else self.graph.name),
            options=self._with_labels(dataclasses.replace(options, provenance=self.provenance())),
        )

    def _with_labels(self, options: EmitOptions) -> EmitOptions:
        """A classifier of scikit-learn brings the names of its classes."""
        known = self.description.labels if self.description else ()
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


@dataclass(frozen=True, kw_only=True)
class FittedPipeline:
    """A classical model before its integers are chosen; `path` is None where it never was a file."""

    description: Description
    path: Path | None = None

    is_quantized = False

    def quantize(
        self, *, calibration: NDArray | Calibration | None = None, io: DType | None = None
    ) -> Model:
        """An integer model. `calibration`: rows [N, features] as the estimator takes them, here needed always.

        `io` is the type of the features in the firmware; None takes the smallest that holds the rows exactly.
        """
        if calibration is None:
            raise CalibrationError(
                what="a classical model needs typical rows of its features",
                next_step="give --calibration X.npz (array x of shape [N, features])",
            )
        rows = _only(calibration.samples) if isinstance(calibration, Calibration) else calibration
        result = classical.quantize(self.description, rows, dtype=io, name=self._name())
        return Model(
            graph=result.graph,
            path=self.path,
            agreement=result.report,
            description=self.description,
        )

    def _name(self) -> str:
        return self.path.stem if self.path else "model"


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
    """A fitted scikit-learn estimator or pipeline in memory."""
    from tinygen.importers import sklearn

    return FittedPipeline(description=sklearn.describe(pipeline))
