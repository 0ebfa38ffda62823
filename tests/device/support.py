"""What the tests of the device layer share."""

from pathlib import Path

import numpy as np

from tests.tools import ALLOW_MISSING, require_tools
from tinygen import device, targets
from tinygen.device import measurement
from tinygen.device.image import Image, Model, Program

__all__ = ["ALLOW_MISSING", "CORES", "count_probe", "require_tools"]

CORES = tuple(
    name for name in targets.names() if targets.load(name).qemu and not targets.load(name).is_board
)


def count_probe(folder: Path, target: targets.Target) -> tuple[int, int | None]:
    """Instructions and cycles of `probe_run`: device.measure without sizes, which take longer."""

    def execute(image: Image, files: Path) -> tuple[int, int | None]:
        (files / "inputs.bin").write_bytes(np.zeros(4, np.int8).tobytes())
        whole = measurement.measure_whole(image, files, target.cycle_model)
        return measurement.instructions_of_report(image.board, whole.report), whole.cycles

    probe = Model(folder=folder, name="probe")
    return device.on_first_board(probe, target, Program(name="measure"), execute)
