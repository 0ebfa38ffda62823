"""Poison: C that fills all memory that no longer matters with a pattern before every step of a program.

A program that still gets every byte right reads nothing that is dead, so the plan says the truth about what is alive.
"""

from collections.abc import Iterator, Sequence

from tinygen.emit import Emission
from tinygen.emit.arenas import POINTERS
from tinygen.emit.liveness import Moment, Span, moments, outside
from tinygen.emit.program import Program

_SOURCE = """\
/* Fills dead memory before every step. */
#include "{name}.h"

void {name}_poison(int layer, int step, {parameters});

/* First moment of every layer; first gap of every moment; of every gap its block, first byte, and the byte after it. */
static const uint32_t moment_of_layer[] = {{{layers}}};
static const uint32_t gap_of_moment[] = {{{firsts}}};
static const uint32_t gaps[][3] = {{{gaps}}};

void {name}_poison(int layer, int step, {parameters})
{{
    uint8_t *const blocks[] = {{{blocks}}};
    const uint32_t moment = moment_of_layer[layer] + (uint32_t)step;

    for (uint32_t i = gap_of_moment[moment]; i < gap_of_moment[moment + 1]; i++) {{
        for (uint32_t at = gaps[i][1]; at < gaps[i][2]; at++) {{
            blocks[gaps[i][0]][at] = (uint8_t)(0x55u + 31u * moment);
        }}
    }}
}}
"""


def instrument(emission: Emission, steps: Sequence[Moment] | None = None) -> None:
    """Make the generated folder poison its working memory: one more source, and a line at the top of its header.

    `steps` says what is alive when; by default what the plan says.
    """
    name, folder, program = emission.name, emission.folder, emission.program
    steps = list(moments(program)) if steps is None else steps
    gaps: list[tuple[int, int, int]] = []
    firsts = [0]
    for moment in steps:
        for gap in outside(moment.spans, program.plan.arena_bytes):
            gaps += _in_blocks(program, gap)
        firsts.append(len(gaps))
    pointers = POINTERS if emission.options.fast_ram else POINTERS[:1]
    source = _SOURCE.format(
        name=name,
        parameters=", ".join(f"void *{p}" for p in pointers),
        blocks=", ".join(f"(uint8_t *){p}" for p in pointers),
        layers=_numbers([i for i, m in enumerate(steps) if m.step == 0]),
        firsts=_numbers(firsts),
        gaps=", ".join(f"{{{_numbers(gap)}}}" for gap in gaps or [(0, 0, 0)]),
    )
    (folder / f"{name}_poison.c").write_text(source)
    header = folder / f"{name}.h"
    define = f"#define {name.upper()}_STEP_HOOK {name}_poison\n"
    header.write_text(define + header.read_text())


def _in_blocks(program: Program, gap: Span) -> Iterator[tuple[int, int, int]]:
    """(block, first byte, byte after it) of the parts of a gap in the slow and in the fast memory."""
    (first, end), edge = gap, program.slow_bytes
    if first < edge:
        yield 0, first, min(end, edge)
    if end > edge:
        yield 1, max(first, edge) - edge, end - edge


def _numbers(values: Sequence[int]) -> str:
    """C has no empty arrays."""
    return ", ".join(map(str, values or [0]))
