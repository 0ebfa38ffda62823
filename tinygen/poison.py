"""Poison: C that fills all memory that no longer matters with a pattern before every step of a program.

A program that still gets every byte right reads nothing that is dead, so the plan says the truth about what is alive.
"""

from collections.abc import Sequence

from tinygen.emit import Emission
from tinygen.emit.liveness import Moment, moments, outside

_SOURCE = """\
/* Fills dead memory before every step. */
#include "{name}.h"

void {name}_poison(int layer, int step, void *arena);

/* First moment of every layer; first edge of every moment; first byte of a gap, and the byte after it. */
static const uint32_t moment_of_layer[] = {{{layers}}};
static const uint32_t edge_of_moment[] = {{{firsts}}};
static const uint32_t edges[] = {{{edges}}};

void {name}_poison(int layer, int step, void *arena)
{{
    const uint32_t moment = moment_of_layer[layer] + (uint32_t)step;
    uint8_t *const bytes = (uint8_t *)arena;

    for (uint32_t i = edge_of_moment[moment]; i < edge_of_moment[moment + 1]; i += 2) {{
        for (uint32_t at = edges[i]; at < edges[i + 1]; at++) {{
            bytes[at] = (uint8_t)(0x55u + 31u * moment);
        }}
    }}
}}
"""


def instrument(emission: Emission, steps: Sequence[Moment] | None = None) -> None:
    """Make the generated folder poison its arena: one more source, and a line at the top of its header.

    `steps` says what is alive when; by default what the plan says.
    """
    name, folder, arena_bytes = emission.name, emission.folder, emission.program.plan.arena_bytes
    steps = list(moments(emission.program)) if steps is None else steps
    layers = [i for i, m in enumerate(steps) if m.step == 0]
    edges: list[int] = []
    firsts = [0]
    for moment in steps:
        edges += [edge for gap in outside(moment.spans, arena_bytes) for edge in gap]
        firsts.append(len(edges))
    source = _SOURCE.format(
        name=name, layers=_numbers(layers), firsts=_numbers(firsts), edges=_numbers(edges)
    )
    (folder / f"{name}_poison.c").write_text(source)
    header = folder / f"{name}.h"
    define = f"#define {name.upper()}_STEP_HOOK {name}_poison\n"
    header.write_text(define + header.read_text())


def _numbers(values: Sequence[int]) -> str:
    """C has no empty arrays."""
    return ", ".join(map(str, values or [0]))
