"""The level of agreement that was asked for: as few bits as reach it, or an error; and what verify reports."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from tests.classical.test_pipelines import check_c, converted, rows
from tests.example_graphs import cnn
from tests.oracle.tflite_writer import to_tflite
from tinygen import classical
from tinygen.classical.builder import GraphBuilder
from tinygen.classical.precision import Precision
from tinygen.classical.quantize import build
from tinygen.cli import cli
from tinygen.errors import BudgetError, UsageError
from tinygen.ir import DType
from tinygen.model import fitted


def hidden_types(model):
    return [
        call.output.dtype
        for call in model.graph.parts()[0].calls()
        if call.node.name.startswith("hidden")
    ]


def test_hidden_layers_become_wider_one_by_one():
    x, y = rows(1, 4, DType.INT8)
    estimator = MLPClassifier((24, 16), max_iter=150, random_state=0)
    pipeline = make_pipeline(StandardScaler(), estimator).fit(x, y)
    found = [fitted(pipeline).quantize(calibration=x, agreement=level) for level in (50, 100)]
    assert hidden_types(found[0]) == [DType.INT8, DType.INT8]
    assert hidden_types(found[1]) != [DType.INT8, DType.INT8]
    assert found[1].agreement.agreement == 100.0
    check_c(found[1], x, DType.INT8)


def test_stored_rows_take_as_many_bits_as_needed():
    x, y = rows(2, 3, DType.FLOAT32)
    pipeline = make_pipeline(StandardScaler(), SVC()).fit(x, y)
    types = {}
    for level in (90, 100):
        model = fitted(pipeline).quantize(calibration=x, agreement=level)
        types[level] = model.precision.bits
        assert model.agreement.agreement >= level
    assert types[90] == 8 < types[100]


def test_linear_scores_may_be_wide():
    """Of columns that cancel a little: usually int16 weights would do."""
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (400, 60)).astype(np.float32)
    x[:, 1::2] = x[:, ::2] + 0.3 * x[:, 1::2]
    y = (x[:, ::2] - x[:, 1::2]).sum(axis=1)
    usual = converted(LinearRegression(), x, y, DType.FLOAT32)
    builder = GraphBuilder(60, DType.FLOAT32, Precision(bits=16, is_wide=True))
    build(builder, usual.description, x.astype(np.float64), 16)
    wide = classical.compare(usual.description, builder.finish("wide"), x)
    assert usual.graph.calls()[-1].op.label() == "LinearScores"
    assert wide.largest_error < usual.agreement.largest_error / 100


def test_leaves_may_be_wide():
    x, y = rows(3, 5, DType.INT8)
    forest = RandomForestClassifier(30, max_depth=3, random_state=0).fit(x, y)
    model = fitted(forest).quantize(calibration=x, agreement=100)
    assert model.agreement.agreement == 100.0
    check_c(model, x, DType.INT8)


def test_an_agreement_that_is_not_reached_names_the_best():
    rng = np.random.default_rng(0)
    x = rng.normal(0, 1, (300, 3)).astype(np.float32)
    x[:, 1] = x[:, 0] * (1 + 1e-6 * rng.normal(0, 1, 300))
    y = (x[:, 0].astype(np.float64) - x[:, 1] > 0).astype(int)
    pipeline = LogisticRegression(C=1e14, max_iter=10000, tol=1e-12)
    pipeline.fit(x, y)
    pipeline.coef_, pipeline.intercept_ = np.array([[1e9, -1e9, 0.0]]), np.zeros(1)
    with pytest.raises(BudgetError, match=r"99.9 % is not reached") as raised:
        fitted(pipeline).quantize(calibration=x, agreement=99.9)
    assert "the best is " in raised.value.where


def test_a_constant_answer_has_no_error():
    x, _ = rows(0, 2, DType.FLOAT32)
    model = converted(LinearRegression(), x, np.full(len(x), 7.0), DType.FLOAT32)
    assert model.agreement.largest_error < 1e-3


@pytest.fixture
def files(tmp_path):
    skops_io = pytest.importorskip("skops.io", reason="skops is not installed")
    x, y = rows(4, 3, DType.INT8)
    skops_io.dump(LogisticRegression(max_iter=500).fit(x, y), tmp_path / "classifier.skops")
    skops_io.dump(LinearRegression().fit(x, y * 10.0), tmp_path / "regressor.skops")
    np.savez(tmp_path / "x.npz", x=x)
    return tmp_path


def run(files, command, name, *words):
    x = str(files / "x.npz")
    return CliRunner().invoke(
        cli, [command, str(files / f"{name}.skops"), "--calibration", x, *words]
    )


def test_emit_says_what_was_chosen(files):
    done = run(files, "emit", "classifier", "--agreement", "99", "-o", str(files / "out"))
    assert done.exit_code == 0, done.output
    assert "chosen for 99 %: 16 bits; scores int8 x int16" in done.output


def test_verify_reports_probabilities_as_json(files):
    x = str(files / "x.npz")
    done = run(files, "verify", "classifier", "--samples", x, "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)["agreement"]
    assert set(found) == {"calibration rows", "rows of --samples"}
    for report in found.values():
        assert report["agreement"] > 99
        assert 0 < report["largest_probability_error"] < 0.01


def test_verify_reports_errors_of_regressors(files):
    done = run(files, "verify", "regressor", "--samples", "5")
    assert "standard deviations (" in done.output
    found = json.loads(run(files, "verify", "regressor", "--samples", "5", "--json").stdout)
    report = found["agreement"]["calibration rows"]
    assert 0 < report["largest_absolute_error"] < 0.1
    assert report["largest_error"] < 0.005


def test_neural_nets_take_no_agreement(tmp_path):
    path = tmp_path / "net.tflite"
    path.write_bytes(to_tflite(cnn()))
    done = CliRunner().invoke(cli, ["emit", str(path), "--agreement", "99"])
    assert isinstance(done.exception, UsageError)
    assert "classical models" in done.exception.what


def test_bench_takes_an_agreement(files):
    done = run(files, "bench", "classifier", "--agreement", "99", "-t", "cortex-m0", "--json")
    assert done.exit_code == 0, done.output


def test_agreement_is_a_percentage(files):
    done = run(files, "emit", "classifier", "--agreement", "101")
    assert done.exit_code == 2
    assert not isinstance(done.exception, UsageError)
