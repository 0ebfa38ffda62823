"""manifest.json: what the folder is, where every byte of RAM goes, and the hash of every file."""

import hashlib
import json
from typing import TYPE_CHECKING

from tinygen.emit.program import Program
from tinygen.ir import Tensor

if TYPE_CHECKING:
    from tinygen.emit import Emission, ModelSet

FILE_NAME = "manifest.json"
GENERATOR = "tinygen"


def build(emission: "Emission", version: str, files: dict[str, bytes]) -> bytes:
    """Return the manifest; the same inputs give the same bytes."""
    head = {
        "generator": GENERATOR,
        "version": version,
        "target": emission.program.target.name,
    }
    return _text(head | _model(emission) | {"files": _hashes(files)})


def build_set(models: "ModelSet", version: str, files: dict[str, bytes]) -> bytes:
    """The manifest of a folder of several models: `memory` is that of all together."""
    document = {
        "generator": GENERATOR,
        "version": version,
        "name": models.name,
        "target": models.models[0].program.target.name,
        "shared_arena": models.shared_arena,
        "memory": models.ram.as_dict(),
        "models": [_model(emission) for emission in models.models],
        "files": _hashes(files),
    }
    return _text(document)


def _text(document: dict[str, object]) -> bytes:
    return (json.dumps(document, indent=1) + "\n").encode()


def _hashes(files: dict[str, bytes]) -> dict[str, str]:
    return {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())}


def _model(emission: "Emission") -> dict[str, object]:
    """What a manifest says of one model."""
    program, options = emission.program, emission.options
    provenance = options.provenance
    return {
        "name": emission.name,
        "model": {"file": provenance.file_name, "sha256": provenance.sha256}
        if provenance
        else None,
        "arithmetic": program.graph.arithmetic.value,
        "options": {
            "io": options.io.value,
            "arena": options.arena.value,
            "input": options.input.value,
            "push_work": options.push_work,
            "optimize": options.optimize.value,
            "hot_weights": options.hot_weights,
            "fast_ram": options.fast_ram,
        },
        "inputs": [_port(t) for t in program.graph.input_tensors],
        "outputs": [_port(t) for t in program.graph.output_tensors],
        "macs": program.graph.macs,
        "predicted": program.cycles,
        "memory": emission.ram.as_dict() | _plan(program),
        "pushes": push_figures(program),
        "calls": [
            {
                "layers": [layer.name for layer in layers],
                "kernels": sorted({layer.kernel.symbol for layer in layers}),
                "macs": sum(layer.call.op.macs(layer.call) for layer in layers),
            }
            for layers in program.ran
        ],
        "layers": [
            {
                "index": i,
                "name": layer.name,
                "operator": layer.call.op.label(),
                "kernel": None if layer.name in program.moved else layer.kernel.symbol,
                "macs": layer.call.op.macs(layer.call),
                "proofs": sorted({p for kc in layer.kernel_calls for p in kc.proofs}),
            }
            for i, layer in enumerate(program.layers)
        ],
    }


def push_figures(program: Program) -> dict[str, object] | None:
    """Of an input that arrives row by row: the most work between two rows, and after the last; cycles are predicted."""
    if program.pushes is None:
        return None
    between, end, known = program.push_work, program.work_at_end, program.cycles is not None
    return {
        "rows": program.graph.input_tensors[0].shape[1],
        "share_between": round(between.macs / max(program.graph.macs, 1), 4),
        "cycles_between": round(between.cycles) if known else None,
        "share_at_end": round(end.macs / max(program.graph.macs, 1), 4),
        "cycles_at_end": round(end.cycles) if known else None,
    }


def _plan(program: Program) -> dict[str, object]:
    """The plan of the arena; offsets from `fast_from` on lie in the fast arena, which begins there."""
    return {
        "lower_bound_bytes": program.plan.lower_bound_bytes,
        "optimal": program.plan.is_optimal,
        "peak_layer": program.peak_layer,
        "segments": segment_figures(program),
        "fast_from": program.banks.fast_from if program.banks else None,
        "fast_share": round(program.banks.share, 4) if program.banks else None,
        "buffers": [
            {
                "name": b.name,
                "bytes": b.bytes,
                "offset": program.plan.offsets[b.name],
                "first_layer": b.first,
                "last_layer": b.last,
            }
            for b in program.buffers
        ],
    }


def segment_figures(program: Program) -> list[dict[str, object]]:
    """Of what runs row by row: bytes, those that are in use at once at most, and those that no order of rows avoids."""
    return [
        {
            "first_layer": segment.runs[0].call.node.name,
            "last_layer": segment.runs[-1].call.node.name,
            "bytes": segment.block_bytes,
            "live_bytes": segment.live_bytes,
            "lower_bound_bytes": segment.lower_bound_bytes,
            "optimal": segment.is_optimal,
        }
        for segment in program.segments
    ]


def _port(tensor: Tensor) -> dict[str, object]:
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "type": tensor.dtype.value,
        "scale": tensor.quantization.scale if tensor.quantization else 1.0,
        "zero_point": tensor.zero_point,
    }
