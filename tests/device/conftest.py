"""Fixtures for tests that execute firmware: tools or a clear failure, small hand-made models."""

import textwrap
from pathlib import Path

import pytest

from tests.device.support import require_tools
from tinygen import targets


@pytest.fixture
def load_core():
    """load_core(name): the target, after checking that its compiler and emulator are there."""

    def load(name: str) -> targets.Target:
        target = targets.load(name)
        require_tools(target.compiler, target.qemu[0].emulator)
        return target

    return load


@pytest.fixture
def dotty_folder() -> Path:
    """The hand-made folder: 16 -> 16 -> 4 int8, two layers."""
    return Path(__file__).parent / "dotty"


HEADER = """#ifndef {upper}_H
#define {upper}_H
#include <stdint.h>
#define {upper}_INPUT_BYTES {input_bytes}
#define {upper}_OUTPUT_BYTES {output_bytes}
#define {upper}_ARENA_BYTES {arena_bytes}
void {name}_run(const int8_t *input, int8_t *output);
int {name}_selftest(void);
#ifdef {upper}_LAYER_HOOK
void {upper}_LAYER_HOOK(int layer_index, const void *output, uint32_t output_bytes);
#endif
#endif
"""

ASSEMBLY = """#ifndef __riscv
.syntax unified
.thumb
.thumb_func
#endif
.text
.balign 4
.global probe_run
.type probe_run, %function
probe_run:
{body}
"""


@pytest.fixture
def write_model(tmp_path):
    """write_model(...): a folder with a model called `probe`, or as given.

    `assembly` is the body of probe_run, with its return; `c` is C text that defines the function.
    """

    def write(
        *,
        assembly: str = "",
        c: str = "",
        input_bytes: int = 4,
        output_bytes: int = 4,
        arena_bytes: int = 0,
        folder: str = "probe",
        name: str = "probe",
    ) -> Path:
        place = tmp_path / folder
        place.mkdir(parents=True, exist_ok=True)
        header = HEADER.format(
            name=name,
            upper=name.upper(),
            input_bytes=input_bytes,
            output_bytes=output_bytes,
            arena_bytes=arena_bytes,
        )
        (place / f"{name}.h").write_text(header)
        if assembly:
            body = textwrap.indent(textwrap.dedent(assembly), "    ")
            (place / f"{name}.S").write_text(ASSEMBLY.format(body=body))
        if c:
            (place / f"{name}.c").write_text(f'#include "{name}.h"\n' + textwrap.dedent(c))
        return place

    return write
