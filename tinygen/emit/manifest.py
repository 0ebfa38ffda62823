"""manifest.json: what the folder is, where every byte of RAM goes, and the hash of every file."""

import hashlib
import json

from tinygen.emit.options import EmitOptions
from tinygen.emit.program import Program
from tinygen.ir import Tensor

FILE_NAME = "manifest.json"
GENERATOR = "tinygen"


def build(
    program: Program, name: str, version: str, options: EmitOptions, files: dict[str, bytes]
) -> bytes:
    """Return the manifest; the same inputs give the same bytes."""
    provenance = options.provenance
    document = {
        "generator": GENERATOR,
        "version": version,
        "name": name,
        "model": {"file": provenance.file_name, "sha256": provenance.sha256}
        if provenance
        else None,
        "target": program.target.name,
        "arithmetic": program.graph.arithmetic.value,
        "options": {
            "io": options.io.value,
            "arena": options.arena.value,
            "input": options.input.value,
            "optimize": options.optimize.value,
            "hot_weights": options.hot_weights,
        },
        "inputs": [_port(t) for t in program.graph.input_tensors],
        "outputs": [_port(t) for t in program.graph.output_tensors],
        "macs": program.graph.macs,
        "predicted": program.selection.cycles,
        "memory": {
            "arena_bytes": program.plan.arena_bytes,
            "state_bytes": program.state_bytes,
            "input_bytes": sum(t.bytes for t in program.graph.input_tensors),
            "output_bytes": sum(t.bytes for t in program.graph.output_tensors),
            "lower_bound_bytes": program.plan.lower_bound_bytes,
            "optimal": program.plan.is_optimal,
            "peak_layer": program.peak_layer,
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
        },
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
        "files": {path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())},
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def _port(tensor: Tensor) -> dict[str, object]:
    return {
        "name": tensor.name,
        "shape": list(tensor.shape),
        "type": tensor.dtype.value,
        "scale": tensor.quantization.scale if tensor.quantization else 1.0,
        "zero_point": tensor.zero_point,
    }
