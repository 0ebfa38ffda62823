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


@pytest.fixture
def write_model(tmp_path):
    """write_model(body, ...): a folder whose `probe_run` is made of the given text.

    `assembly` is the body of the function in assembly, ending where it returns to its caller with
    the instruction that the caller of write_model chose; `c` is C text that defines probe_run.
    """

    def write(
        *,
        assembly: str = "",
        c: str = "",
        input_bytes: int = 4,
        output_bytes: int = 4,
        arena_bytes: int = 0,
        folder: str = "probe",
    ) -> Path:
        place = tmp_path / folder
        place.mkdir(parents=True, exist_ok=True)
        (place / "probe.h").write_text(
            "#ifndef PROBE_H\n#define PROBE_H\n#include <stdint.h>\n"
            f"#define PROBE_INPUT_SIZE {input_bytes}\n#define PROBE_OUTPUT_SIZE {output_bytes}\n"
            f"#define PROBE_ARENA_BYTES {arena_bytes}\n"
            "void probe_run(const int8_t *input, int8_t *output);\n"
            "int probe_selftest(void);\n"
            "#ifdef PROBE_LAYER_HOOK\n"
            "void PROBE_LAYER_HOOK(int layer_index, const void *output, uint32_t bytes);\n"
            "#endif\n#endif\n"
        )
        if assembly:
            (place / "probe.S").write_text(
                "#ifndef __riscv\n.syntax unified\n.thumb\n.thumb_func\n#endif\n"
                ".text\n.balign 4\n.global probe_run\n.type probe_run, %function\nprobe_run:\n"
                + textwrap.dedent(assembly)
                + "\n"
            )
        if c:
            (place / "probe.c").write_text('#include "probe.h"\n' + textwrap.dedent(c))
        return place

    return write
