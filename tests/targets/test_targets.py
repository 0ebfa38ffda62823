"""Target files: all load, boards inherit, features agree with the compiler, errors help."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib import resources
from pathlib import Path

import pytest

from tinygen import targets
from tinygen.errors import UsageError

ALL = targets.names()
BOARDS = [name for name in ALL if targets.load(name).is_board]
CROSS = [name for name in ALL if targets.load(name).compiler != "cc"]

EXPECTED_CORES = {
    "host",
    "cortex-m0",
    "cortex-m0plus",
    "cortex-m3",
    "cortex-m4",
    "cortex-m7",
    "cortex-m33",
    "cortex-m33-nodsp",
    "cortex-m55",
    "rv32imc",
}


def test_all_promised_cores_exist():
    assert {name for name in ALL if not targets.load(name).is_board} == EXPECTED_CORES


def test_cores_have_no_budget():
    for name in EXPECTED_CORES:
        target = targets.load(name)
        assert (target.flash_bytes, target.ram_bytes, target.active_current) == (None, None, None)


@pytest.mark.parametrize("name", BOARDS)
def test_boards_have_sourced_sizes_and_their_core_machine(name):
    board = targets.load(name)
    core = targets.load(board.core)
    assert board.flash_bytes and board.ram_bytes and board.clock_hz and board.memory_source
    assert board.qemu == core.qemu
    assert board.cycle_model == core.cycle_model
    assert board.features <= core.features
    assert board.description != core.description


def test_known_current():
    current = targets.load("stm32l100rb").active_current
    assert current.watts == pytest.approx(0.0096 * 3.6)
    assert "DocID024295" in current.source


def test_every_machine_file_is_used_and_valid():
    folder = resources.files("tinygen.targets") / "machines"
    files = {f.name.removesuffix(".toml") for f in folder.iterdir()}
    assert files == {board.name for name in ALL for board in targets.load(name).qemu}


def test_unknown_name_suggests():
    with pytest.raises(UsageError) as caught:
        targets.load("cortexm4")
    assert "did you mean cortex-m4" in caught.value.next_step
    assert all(name in caught.value.next_step for name in ALL)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("name", ["../targets/host", "machines/microbit", "", "cortex-m4.toml"])
def test_names_are_no_paths(name):
    with pytest.raises(UsageError):
        targets.load(name)


def entry(**changes):
    text = (resources.files("tinygen.targets") / "cortex-m4.toml").read_text()
    return tomllib.loads(text) | changes


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"features": ["dsp", "warp"]}, "unknown features: warp"),
        ({"flash_bytes": 0}, "flash_bytes must be positive"),
        ({"flash_bytes": 1024}, "memory_source"),
        ({"cycle_model": "m7"}, "cycle_model must be one of"),
        ({"fast_ram": {"name": "DTCM", "bytes": 64}}, "part of ram_bytes"),
        ({"fast_ram": {"name": "", "bytes": 64}}, "vendor's name"),
        ({"colour": "red"}, "colour"),
        ({"active_current": {"amperes": 0.01, "volts": 3.0, "source": "x"}}, "clock_hz"),
        ({"active_current": {"amperes": 10.0, "volts": 3.0, "source": "x"}}, "amperes"),
        ({"active_current": {"amperes": 0.01, "volts": 3.0, "source": ""}}, "published source"),
    ],
)
def test_bad_files_are_refused(changes, message):
    with pytest.raises(ValueError, match=message) as caught:
        targets.parse("mine", entry(**changes))
    assert "targets/mine.toml" in str(caught.value)


@pytest.mark.parametrize("changes", [{"base": -1}, {"size": 0}, {"base": 2**32 - 4, "size": 8}])
def test_bad_regions_are_refused(changes):
    with pytest.raises(ValueError):
        targets.MemoryRegion(**({"base": 0, "size": 4} | changes))


def test_import_is_light():
    code = "import sys, tinygen.targets; sys.exit('numpy' in sys.modules or 'click' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def predefined_macros(target: targets.Target) -> dict[str, str]:
    if shutil.which(target.compiler) is None:
        if os.environ.get("TINYGEN_ALLOW_MISSING_TOOLS"):
            pytest.skip(f"{target.compiler} is not installed (TINYGEN_ALLOW_MISSING_TOOLS is set)")
        pytest.fail(f"{target.compiler} is not installed: see 'tinygen doctor'", pytrace=False)
    command = [target.compiler, *target.compile_flags, "-dM", "-E", "-x", "c", os.devnull]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return {line.split()[1]: line.split(maxsplit=2)[-1] for line in text.splitlines()}


@pytest.mark.parametrize("name", CROSS)
def test_features_agree_with_the_compiler(name):
    target = targets.load(name)
    macros = predefined_macros(target)
    fp_formats = int(macros.get("__ARM_FP", "0"), 0)
    is_arm = "__arm__" in macros
    armv6m = is_arm and macros["__ARM_ARCH"] == "6"
    expected = {
        "armv6m": armv6m,
        "thumb2": is_arm and not armv6m,
        "armv7m": is_arm and not armv6m and "__ARM_FEATURE_DSP" not in macros,
        "unaligned": "__ARM_FEATURE_UNALIGNED" in macros,
        "mul64": not armv6m,
        "dsp": "__ARM_FEATURE_DSP" in macros,
        "mve": "__ARM_FEATURE_MVE" in macros,
        "fpu": fp_formats & 4 != 0,
        "fpu64": fp_formats & 8 != 0,
        "riscv": "__riscv" in macros,
    }
    assert target.features == {feature for feature, has in expected.items() if has}


@pytest.mark.parametrize(
    "file", ["bbc-microbit.toml", "cortex-m3.toml", "machines/mps2-an385.toml"]
)
def test_the_documentation_shows_files_as_they_are(file):
    """docs/adding-a-target.md quotes three files whole."""
    guide = Path(__file__).parents[2] / "docs" / "adding-a-target.md"
    blocks = re.findall(r"^```toml\n(.*?)^```", guide.read_text(), re.DOTALL | re.MULTILINE)
    text = (resources.files("tinygen.targets") / file).read_text()
    content = "".join(line for line in text.splitlines(True) if not line.startswith("#"))
    assert content in blocks
