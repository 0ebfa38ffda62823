"""What the tests of the device layer share."""

import os
from pathlib import Path

import numpy as np
import pytest

from tinygen import device, targets
from tinygen.device import measurement, tools
from tinygen.device.image import Image, Model, Program
from tinygen.errors import ToolMissingError

CORES = tuple(
    name for name in targets.names() if targets.load(name).qemu and not targets.load(name).is_board
)

ALLOW_MISSING = "TINYGEN_ALLOW_MISSING_TOOLS"


def require_tools(*names: str) -> None:
    """Fail with the install line when a tool is missing; skip if the environment allows it."""
    for name in names:
        try:
            tools.find(name)
        except ToolMissingError as error:
            if os.environ.get(ALLOW_MISSING):
                pytest.skip(f"{error} ({ALLOW_MISSING} is set)")
            pytest.fail(f"{error}\n(set {ALLOW_MISSING}=1 to skip)", pytrace=False)


def count_probe(folder: Path, target: targets.Target) -> tuple[int, int | None]:
    """Instructions and cycles of `probe_run`: device.measure without sizes, which take longer."""

    def execute(image: Image, files: Path) -> tuple[int, int | None]:
        (files / "inputs.bin").write_bytes(np.zeros(4, np.int8).tobytes())
        whole = measurement.measure_whole(image, files, target.cycle_model)
        return measurement.instructions_of_report(image.board, whole.report), whole.cycles

    probe = Model(folder=folder, name="probe")
    return device.on_first_board(probe, target, Program(name="measure"), execute)
