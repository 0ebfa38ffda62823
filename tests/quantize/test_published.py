"""The MLPerf Tiny models, quantized here, are no further from the float models than the published int8 ones.

Real data calibrates and other real data measures, as in benchmarks/quantization.py, which compares all methods.
"""

from functools import lru_cache
from pathlib import Path

import pytest

from benchmarks import quantization as benchmark
from tinygen.fixedpoint import Arithmetic
from tinygen.quantize import Calibration, output_error, quantize, synthetic_calibration

SHARED = Path(__file__).resolve().parents[3] / "shared"
MODELS = ("ic_resnet8", "vww_mobilenet", "ad_autoencoder")
TEST_SAMPLES = 32


@lru_cache
def cases() -> dict[str, benchmark.Case]:
    return {c.name: c for c in benchmark.mlperf_cases(SHARED / "models", SHARED / "data")}


@pytest.fixture(params=MODELS)
def case(request) -> benchmark.Case:
    if not (SHARED / "models" / f"{request.param}.h5").is_file():
        pytest.skip("the published models are not in ../shared/models")
    if request.param != "ad_autoencoder":
        pytest.importorskip("PIL", reason="scikit-learn needs pillow to read its photographs")
    return cases()[request.param]


@pytest.mark.parametrize("arithmetic", Arithmetic, ids=lambda a: a.value)
def test_calibrated_on_real_data(case, arithmetic):
    _, calibration, test = case.splits[0]
    (name,) = case.graph.inputs
    samples = {name: test[:TEST_SAMPLES]}
    given = Calibration(samples={name: calibration}, source="test")
    result = quantize(case.graph, calibration=given, arithmetic=arithmetic)
    published = benchmark.official_error(case, samples[name])
    assert output_error(case.graph, result.graph, samples) <= published


def test_without_any_data(case):
    """Not even the input range is given: 0 to 255, 0 to 1 and decibels are found in the models."""
    (name,) = case.graph.inputs
    samples = {name: case.splits[0][2][:TEST_SAMPLES]}
    result = quantize(case.graph, calibration=synthetic_calibration(case.raw))
    assert output_error(case.graph, result.graph, samples) <= benchmark.official_error(
        case, samples[name]
    )
