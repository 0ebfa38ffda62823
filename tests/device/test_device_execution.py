"""Every core with a QEMU machine computes what numpy computes."""

import numpy as np
import pytest

from tests.device.support import CORES
from tinygen import device

WEIGHTS = (np.arange(64) * 37 + 11) % 256 - 128


def dotty_layers(inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two layers of tests/device/dotty in numpy. inputs: [samples, 16]."""
    negated = np.minimum(-inputs.astype(np.int64), 127)
    sums = negated @ WEIGHTS.reshape(4, 16).T
    return negated.astype(np.int8), np.clip(sums >> 8, -128, 127).astype(np.int8)


def random_inputs(samples: int) -> np.ndarray:
    inputs = np.random.default_rng(7).integers(-128, 128, (samples, 16)).astype(np.int8)
    inputs[0] = -128
    inputs[-1] = 127
    return inputs


@pytest.mark.parametrize("core", CORES)
def test_outputs_are_bit_exact(core, load_core, dotty_folder):
    inputs = random_inputs(11)
    outputs = device.run_on_qemu(dotty_folder, "dotty", load_core(core), inputs, 4)
    np.testing.assert_array_equal(outputs, dotty_layers(inputs)[1])


@pytest.mark.parametrize("core", CORES)
def test_trace_returns_every_layer(core, load_core, dotty_folder):
    inputs = random_inputs(1)
    traced = device.trace_on_qemu(dotty_folder, "dotty", load_core(core), inputs[0])
    assert traced == [layer[0].tobytes() for layer in dotty_layers(inputs)]


@pytest.mark.parametrize("core", ["cortex-m0", "rv32imc"])
def test_selftest_passes(core, load_core, dotty_folder):
    assert device.selftest_on_qemu(dotty_folder, "dotty", load_core(core)) == 0


def test_selftest_reports_differences(load_core, write_model):
    folder = write_model(c="void probe_run(const int8_t *i, int8_t *o) { *o = *i; }")
    (folder / "probe_selftest.c").write_text(
        '#include "probe.h"\nint probe_selftest(void) { return 3; }\n'
    )
    assert device.selftest_on_qemu(folder, "probe", load_core("cortex-m4")) == 3


def test_no_samples_give_no_outputs(load_core, dotty_folder):
    none = np.zeros((0, 16), np.int8)
    outputs = device.run_on_qemu(dotty_folder, "dotty", load_core("cortex-m4"), none, 4)
    assert outputs.shape == (0, 4)


@pytest.mark.parametrize(
    ("alignment", "seen"), [(1, [0, 1, 2, 3]), (2, [0, 2, 0, 2]), (4, [0] * 4)]
)
def test_buffers_take_all_alignments(alignment, seen, load_core, write_model):
    folder = write_model(
        c="void probe_run(const int8_t *i, int8_t *o)"
        "{ o[0] = (int8_t)((uintptr_t)i & 3u); o[1] = (int8_t)((uintptr_t)o & 3u); }",
        output_bytes=2,
    )
    outputs = device.run_on_qemu(
        folder,
        "probe",
        load_core("cortex-m4"),
        np.zeros((4, 4), np.int8),
        2,
        buffer_alignment=alignment,
    )
    assert outputs.tolist() == [[offset, offset] for offset in seen]


@pytest.mark.parametrize("optimize", ["O0", "Os", "O3"])
def test_optimisation_levels_agree(optimize, load_core, dotty_folder):
    inputs = random_inputs(4)
    target = load_core("cortex-m4")
    outputs = device.run_on_qemu(dotty_folder, "dotty", target, inputs, 4, optimize=optimize)
    np.testing.assert_array_equal(outputs, dotty_layers(inputs)[1])


@pytest.mark.parametrize("name", ["model", "device", "main", "firmware", "verify", "tg"])
def test_no_usual_name_of_a_model_clashes_with_the_firmware(name, load_core, write_model):
    c = f"void {name}_reset(void) {{}}\n"
    c += f"void {name}_run(const int8_t *i, int8_t *o) {{ *o = *i; {name}_reset(); }}"
    folder = write_model(c=c, name=name, output_bytes=1)
    target = load_core("cortex-m4")
    inputs = np.arange(8, dtype=np.int8).reshape(2, 4)
    assert device.run_on_qemu(folder, name, target, inputs, 1).tolist() == [[0], [4]]
    assert device.measure(folder, name, target, inputs[0], layers=True, cycles=True).cycles > 0
