"""A model on its way through the pipeline: graph, origin, and what was learnt on the way."""

import dataclasses
import hashlib
from dataclasses import dataclass
from pathlib import Path

from tinygen import importers, passes, targets
from tinygen.emit import Emission, EmitOptions, Provenance
from tinygen.emit import emit as emit_folder
from tinygen.emit.names import model_name
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Graph, verify
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
    path: Path
    quantization: QuantizationReport | None = None
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
            name=name or model_name(self.path.stem),
            options=dataclasses.replace(options, provenance=self.provenance()),
        )

    def provenance(self) -> Provenance:
        """Name and hash of the model file (of every file of a SavedModel folder)."""
        digest = hashlib.sha256()
        files = sorted(self.path.rglob("*")) if self.path.is_dir() else [self.path]
        for file in files:
            if file.is_file():
                digest.update(file.read_bytes())
        return Provenance(file_name=self.path.name, sha256=digest.hexdigest())


def load(path: Path) -> Model:
    """Read a model file; see tinygen.importers."""
    return Model(graph=verify(importers.load(path)), path=path)
