"""A folder with several methods: all of them compile together, and its own self-test knows all of them."""

import numpy as np
import pytest
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import tinygen
from tests.classical.test_pipelines import rows
from tinygen import device, host, reference, targets
from tinygen.ir import DType
from tinygen.model import fitted

ESTIMATORS = [
    RandomForestClassifier(5, max_depth=4, random_state=0),
    GradientBoostingClassifier(n_estimators=3, random_state=0),
    LogisticRegression(max_iter=1000),
    LinearRegression(),
]


@pytest.mark.parametrize("kind", [DType.INT8, DType.FLOAT32], ids=lambda k: k.value)
@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_the_self_test_runs_every_method(estimator, kind, tmp_path):
    x, y = rows(0, 3, kind)
    pipeline = make_pipeline(StandardScaler(), estimator).fit(x, y)
    model = fitted(pipeline).quantize(calibration=x, io=kind)
    emission = model.emit("cortex-m4", tmp_path / "pipe", name="pipe")
    with host.build(emission) as built:
        assert built.selftest() == 0
    assert device.selftest_on_qemu(emission.folder, "pipe", targets.load("cortex-m4")) == 0
    source = (tmp_path / "pipe" / "pipe.c").read_text()
    for method in model.graph.methods:
        assert f"pipe_{method}(" in source
    assert all(
        f"pipe_{m}(input" in (tmp_path / "pipe" / "README.md").read_text()
        for m in model.graph.methods
    )


def test_no_floating_point_code_is_linked(tmp_path):
    """Float features are handled by their bits: no soft-float function of libgcc is needed on a Cortex-M0."""
    x, y = rows(0, 3, DType.FLOAT32)
    target = targets.load("cortex-m0")
    for estimator in ESTIMATORS[:3]:
        pipeline = make_pipeline(StandardScaler(), estimator).fit(x, y)
        model = fitted(pipeline).quantize(calibration=x, io=DType.FLOAT32)
        part = model.graph.parts()[0]
        folder = tinygen.emit.emit(part, target, tmp_path / "m", name="m").folder
        one = np.ascontiguousarray(x[:1]).view(np.int8)
        measured = device.measure(folder, "m", target, one)
        assert measured.flash.library_bytes == 0


def test_convert_takes_a_pipeline(tmp_path):
    x, y = rows(0, 2, DType.INT8)
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(x, y)
    emission = tinygen.convert(pipeline, calibration=x, target="host", folder=tmp_path / "model")
    (graph,) = emission.program.graph.parts()
    with host.build(emission) as built:
        got = built.run(x[:20].astype(np.int8))
    inputs = {graph.inputs[0]: x[:20].astype(np.int8)}
    np.testing.assert_array_equal(got, reference.run(graph, inputs)[graph.outputs[0]])
