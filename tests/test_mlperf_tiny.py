"""The published MLPerf Tiny models, where ../shared/models exists: verified, measured, compared with the record."""

from pathlib import Path

import pytest

from benchmarks import measure
from tinygen import bench, importers, passes, samples, targets, verify
from tinygen.emit import EmitOptions, Optimize
from tinygen.model import load

MODELS = Path(__file__).resolve().parents[2] / "shared" / "models"
NAMES = ("ad_autoencoder_int8", "ic_resnet8_int8", "kws_dscnn_int8", "vww_mobilenet_int8")
ALLOWED_GROWTH = 1.01


@pytest.fixture(scope="module")
def optimized():
    cache = {}

    def get(name: str):
        path = MODELS / f"{name}.tflite"
        if not path.exists():
            pytest.skip(f"{name}.tflite is not in ../shared/models")
        if name not in cache:
            cache[name] = load(path).quantize().optimize().graph
        return path, cache[name]

    return get


@pytest.mark.parametrize("name", NAMES)
def test_reference_host_c_and_tflite_micro_agree(optimized, name):
    path, graph = optimized(name)
    expected = verify.run_reference(graph, samples.generate(graph, 100))
    host = targets.load("host")
    for comparison in (
        verify.against_tflm(path.read_bytes(), importers.load(path), expected),
        verify.on_host(expected, host),
        verify.on_host(expected, targets.load("cortex-m4")),
    ):
        assert comparison.passed, str(comparison.divergence)
        assert comparison.samples_equal == 100


@pytest.mark.parametrize("mode", [Optimize.SPEED, Optimize.SIZE], ids=lambda m: m.value)
@pytest.mark.parametrize("target", measure.TARGETS)
@pytest.mark.parametrize("name", NAMES)
def test_emulated_cores_agree(optimized, name, target, mode):
    _, graph = optimized(name)
    expected = verify.run_reference(graph, samples.generate(graph, 3))
    comparison = verify.on_qemu(expected, targets.load(target), EmitOptions(optimize=mode))
    assert comparison.passed, str(comparison.divergence)


@pytest.mark.parametrize(
    ("target", "mode"), [("cortex-m0plus", "size"), ("cortex-m4", "speed"), ("cortex-m4", "size")]
)
@pytest.mark.parametrize("name", NAMES)
def test_no_figure_is_worse_than_the_recorded_one(optimized, name, target, mode):
    _, graph = optimized(name)
    options = EmitOptions(optimize=Optimize(mode))
    result = bench.bench_graph(graph, targets.load(target), options=options).measurement
    cycles = measure.recorded(measure.CYCLES)[name, target, mode]
    sizes = measure.recorded(measure.SIZES)[name, target, mode]
    hint = "if this is meant: python benchmarks/measure.py"
    assert result.instructions <= int(cycles["instructions"]) * ALLOWED_GROWTH, hint
    assert result.ram.arena_bytes <= int(sizes["arena"]) * ALLOWED_GROWTH, hint
    flash = ("code", "constants", "weights")
    assert result.flash.total_bytes <= sum(int(sizes[k]) for k in flash) * ALLOWED_GROWTH, hint


def test_half_of_the_wake_word_models_work_is_dead(optimized):
    path, graph = optimized("vww_mobilenet_int8")
    original = importers.load(path)
    assert original.macs == 7_489_664
    assert graph.macs == 3_727_313, "49.8 % are alive"
    _, reports = passes.optimize_integer(original)
    assert reports[0].weights_before == 208_112
    assert reports[-1].weights_after == 29_066
