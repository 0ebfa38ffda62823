"""Figures of a generated folder that are known without running it."""

import dataclasses
from collections.abc import Iterator

from tinygen.emit import Emission, ModelSet
from tinygen.emit.manifest import push_figures, segment_figures
from tinygen.kernels import Array, Struct
from tinygen.selection import Optimize, Selection


def summarize(emission: Emission) -> dict[str, object]:
    """Plain data: totals and one entry per layer."""
    program = emission.program
    return {
        "name": emission.name,
        "folder": str(emission.folder),
        "target": program.target.name,
        "macs": program.graph.macs,
        "constant_bytes": emission.constant_bytes,
        "arena_bytes": program.plan.arena_bytes,
        "arena_lower_bound_bytes": program.plan.lower_bound_bytes,
        "arena_is_optimal": program.plan.is_optimal,
        "segments": segment_figures(program),
        "peak_layer": program.peak_layer,
        "memory": emission.ram.as_dict(),
        "pushes": push_figures(program),
        "selection": _selection(program.selection, emission.options.optimize),
        "layers": [
            {
                "name": layer.name,
                "operator": layer.call.op.label(),
                "output": "x".join(map(str, layer.call.output.shape[1:])),
                "kernel": None if layer.name in program.moved else layer.kernel.symbol,
                "macs": layer.call.op.macs(layer.call),
                "scratch_bytes": layer.scratch_bytes,
                "constant_bytes": sum(
                    array.data.nbytes for kc in layer.kernel_calls for array in _arrays(kc.params)
                ),
            }
            for layer in program.layers
        ],
    }


def summarize_set(models: ModelSet) -> dict[str, object]:
    """Plain data: the figures of every model, and the memory of all together."""
    return {
        "name": models.name,
        "folder": str(models.folder),
        "target": models.models[0].program.target.name,
        "shared_arena": models.shared_arena,
        "memory": models.ram.as_dict(),
        "constant_bytes": sum(emission.constant_bytes for emission in models.models),
        "models": [summarize(emission) for emission in models.models],
    }


UPGRADES_SHOWN = 5


def _selection(selection: Selection, optimize: Optimize) -> dict[str, object]:
    """What the choice of kernels is predicted to cost, and what more flash would buy."""
    return {
        "optimize": optimize.value,
        "unit": selection.table.unit,
        "predicted": selection.cycles,
        "predicted_flash_bytes": selection.flash_bytes,
        "upgrades": [dataclasses.asdict(u) for u in selection.upgrades()[:UPGRADES_SHOWN]],
    }


def _arrays(struct: Struct) -> Iterator[Array]:
    for value in struct.fields.values():
        if isinstance(value, Array):
            yield value
        elif isinstance(value, Struct):
            yield from _arrays(value)
