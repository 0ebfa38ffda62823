"""Features that nothing reads disappear from the input when the user asks for it."""

import json
import warnings

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_selection import RFE, SelectKBest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PowerTransformer, StandardScaler
from sklearn.tree import DecisionTreeClassifier

from tests.classical.test_pipelines import rows
from tinygen import host, reference
from tinygen.cli import cli
from tinygen.ir import DType
from tinygen.model import fitted


def fit(pipeline, x, y):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of a column that is constant
        return pipeline.fit(x, y)


def pipelines():
    tree = DecisionTreeClassifier(max_depth=2, random_state=0)
    return [
        make_pipeline(StandardScaler(), SelectKBest(k=2), LogisticRegression()),
        make_pipeline(SelectKBest(k=3), PowerTransformer(), LogisticRegression()),
        make_pipeline(RFE(tree, n_features_to_select=2), RandomForestClassifier(3, random_state=0)),
        make_pipeline(StandardScaler(), tree),
    ]


@pytest.mark.parametrize("kind", [DType.INT8, DType.FLOAT32], ids=lambda k: k.value)
@pytest.mark.parametrize("pipeline", pipelines(), ids=lambda p: type(p[-1]).__name__)
def test_the_answers_stay(pipeline, kind):
    x, y = rows(1, 3, kind, features=9)
    fit(pipeline, x, y)
    whole = fitted(pipeline).quantize(calibration=x, io=kind)
    less = fitted(pipeline).quantize(calibration=x, io=kind, drop_unused=True)
    assert less.graph.input_tensors[0].channels == len(less.kept) < 9
    assert less.agreement.agreement >= whole.agreement.agreement - 0.5
    wanted = pipeline.predict(x.astype(np.float64))
    part = less.graph.parts()[0]
    given = x[:, less.kept].astype(kind.numpy)
    got = reference.run(part, {part.inputs[0]: given})[part.outputs[0]][:, 0]
    assert (np.array(less.description.classes)[got] == wanted).mean() > 0.98


def test_the_header_says_which_features_are_left(tmp_path):
    x, _ = rows(1, 2, DType.FLOAT32, features=6)
    regressor = LinearRegression().fit(x, x[:, 4] * 2.0)
    regressor.coef_[[0, 1, 2, 5]] = 0.0
    model = fitted(regressor).quantize(calibration=x, drop_unused=True)
    assert model.kept == (3, 4)
    emission = model.emit("host", tmp_path / "m", name="m")
    assert (
        "/* features 3, 4 of 6, counted from 0: float32[1x2] */"
        in (tmp_path / "m" / "m.h").read_text()
    )
    with host.build(emission) as built:
        got = built.run(x[:20, model.kept]) * model.graph.output_tensors[0].quantization.scale
    np.testing.assert_allclose(got[:, 0], regressor.predict(x[:20]), rtol=1e-2, atol=1e-2)


def test_files_may_hold_all_features(tmp_path):
    skops_io = pytest.importorskip("skops.io", reason="skops is not installed")
    x, y = rows(2, 2, DType.INT8, features=6)
    skops_io.dump(fit(pipelines()[0], x, y), tmp_path / "p.skops")
    np.savez(tmp_path / "x.npz", x=x)
    usual = ["--calibration", str(tmp_path / "x.npz"), "--drop-unused-features", "--json"]
    samples = ["--samples", str(tmp_path / "x.npz")]
    done = CliRunner().invoke(cli, ["verify", str(tmp_path / "p.skops"), *usual, *samples])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["agreement"]["rows of --samples"]["rows"] == len(x)
