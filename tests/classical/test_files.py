"""Files of estimators: safe by default, clear errors, and nothing is run without --trust."""

import pickle
import zipfile

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.cluster import DBSCAN, BisectingKMeans, KMeans
from sklearn.ensemble import RandomForestClassifier, VotingClassifier
from sklearn.impute import KNNImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, LocalOutlierFactor, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from tests.classical.test_pipelines import rows
from tinygen.cli import cli
from tinygen.emit import EmitOptions
from tinygen.errors import CalibrationError, ConversionError, UnsupportedError, UsageError
from tinygen.ir import DType
from tinygen.model import fitted, load

skops_io = pytest.importorskip("skops.io", reason="skops is not installed")


class Bomb:
    """A pickle that runs code of its own."""

    def __reduce__(self):
        return (exec, ("raise SystemError('the pickle was run')",))


@pytest.fixture
def data():
    return rows(0, 3, DType.INT8)


@pytest.fixture
def pipeline(data):
    return make_pipeline(StandardScaler(), RandomForestClassifier(3, random_state=0)).fit(*data)


def test_a_skops_file_needs_no_trust(tmp_path, pipeline, data):
    skops_io.dump(pipeline, tmp_path / "forest.skops")
    model = load(tmp_path / "forest.skops").quantize(calibration=data[0])
    assert model.agreement.agreement == 100.0


@pytest.mark.parametrize("suffix", [".pkl", ".joblib"])
def test_a_pickle_is_not_run_without_trust(tmp_path, suffix):
    path = tmp_path / f"bomb{suffix}"
    path.write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(UsageError, match="runs code of its own") as raised:
        load(path)
    assert "--trust" in raised.value.next_step
    with pytest.raises(ConversionError, match="the pickle was run"):
        load(path, trust=True)


def test_a_pickle_is_read_with_trust(tmp_path, pipeline, data):
    path = tmp_path / "forest.pkl"
    path.write_bytes(pickle.dumps(pipeline))
    assert load(path, trust=True).quantize(calibration=data[0]).agreement.agreement == 100.0


def test_foreign_types_in_a_skops_file_need_trust(tmp_path, pipeline):
    pipeline.steps.append(("own", Bomb))
    skops_io.dump(pipeline, tmp_path / "own.skops")
    with pytest.raises(UsageError, match=r"not known to be safe: .*Bomb"):
        load(tmp_path / "own.skops")


@pytest.mark.parametrize(
    "estimator",
    [
        KNeighborsClassifier(3, algorithm="kd_tree"),
        KNeighborsClassifier(3, algorithm="ball_tree", metric="manhattan", weights="distance"),
        VotingClassifier([("near", KNeighborsClassifier(1)), ("far", NearestCentroid())]),
        LocalOutlierFactor(5, novelty=True),
        BisectingKMeans(4, random_state=0),
    ],
    ids=["kd", "ball", "inside of another", "outliers", "another tree"],
)
def test_search_trees_are_left_out(tmp_path, data, estimator):
    """Their types are unknown to skops; the answers are those of the rows."""
    x, y = data
    estimator.fit(x, y)
    skops_io.dump(estimator, tmp_path / "near.skops")
    model = load(tmp_path / "near.skops").quantize(calibration=x)
    # of rows that are equally far another one may be the nearest
    assert np.mean(model.description.answer(x) == estimator.predict(x)) >= 0.98
    assert model.agreement.agreement >= 97.0


def test_what_is_in_a_search_tree_is_not_read(tmp_path, data):
    estimator = KNeighborsClassifier(3, algorithm="kd_tree").fit(*data)
    skops_io.dump(estimator, tmp_path / "near.skops")
    with zipfile.ZipFile(tmp_path / "near.skops") as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["schema.json"] = files["schema.json"].replace(b"EuclideanDistance64", b"SomethingElse")
    with zipfile.ZipFile(tmp_path / "near.skops", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    assert load(tmp_path / "near.skops").description.features == data[0].shape[1]


def test_the_whole_way_on_the_command_line(tmp_path, pipeline, data):
    path, samples = tmp_path / "forest.skops", tmp_path / "x.npz"
    skops_io.dump(pipeline, path)
    np.savez(samples, x=data[0])
    usual = ["--calibration", str(samples), "--target", "host"]
    done = CliRunner().invoke(cli, ["emit", str(path), *usual, "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output
    header = (tmp_path / "out" / "forest.h").read_text()
    assert "int32_t forest_predict(const int8_t input[FOREST_INPUT_SIZE]);" in header
    assert "FOREST_LABEL_2 = 2," in header
    done = CliRunner().invoke(cli, ["verify", str(path), *usual, "--samples", str(samples)])
    assert done.exit_code == 0, done.output
    assert "predict_proba" in done.output
    assert "100.00 %" in done.output


def test_an_estimator_that_is_not_fitted_is_named():
    with pytest.raises(ConversionError, match="is not fitted"):
        fitted(LogisticRegression())


def test_an_estimator_that_is_not_known_is_named(data):
    with pytest.raises(UnsupportedError, match="DBSCAN is not supported") as raised:
        fitted(DBSCAN().fit(data[0]))
    assert "RandomForestClassifier" in raised.value.next_step


@pytest.mark.parametrize(
    ("step", "hint"),
    [(KNNImputer(), "SimpleImputer"), (KMeans(2, n_init=1), "end the pipeline in it")],
)
def test_what_to_do_instead_is_said(data, step, hint):
    with pytest.raises(UnsupportedError, match="is not supported") as raised:
        fitted(make_pipeline(step, LogisticRegression()).fit(*data))
    assert hint in raised.value.next_step


def test_labels_of_another_number_of_classes_are_refused(pipeline, data, tmp_path):
    model = fitted(pipeline).quantize(calibration=data[0])
    with pytest.raises(UsageError, match="2 labels for 3 classes"):
        model.emit("host", tmp_path / "m", options=EmitOptions(labels=("a", "b")))


def test_arrays_that_do_not_fit_together_are_a_damaged_file(tmp_path, data):
    estimator = LogisticRegression().fit(*data)
    estimator.coef_ = np.array("three")
    skops_io.dump(estimator, tmp_path / "m.skops")
    with pytest.raises(ConversionError, match="do not fit together"):
        load(tmp_path / "m.skops")


def test_calibration_is_asked_for(pipeline):
    with pytest.raises(CalibrationError, match="typical rows"):
        fitted(pipeline).quantize()


@pytest.mark.parametrize(
    ("rows_given", "message"),
    [
        (np.zeros((4, 3)), "shape"),
        (np.full((4, 5), np.inf), "infinite"),
        (np.zeros((0, 5)), "shape"),
    ],
)
def test_bad_rows_are_refused(pipeline, rows_given, message):
    with pytest.raises(CalibrationError, match=message):
        fitted(pipeline).quantize(calibration=rows_given)


def test_rows_must_be_of_the_declared_type(pipeline, data):
    with pytest.raises(UsageError, match="not int8"):
        fitted(pipeline).quantize(calibration=data[0] + 0.5, io=DType.INT8)


def test_a_damaged_tree_is_refused(data):
    forest = RandomForestClassifier(1, random_state=0).fit(*data)
    forest.estimators_[0].tree_.children_left[0] = 10**6
    with pytest.raises(ConversionError, match="damaged"):
        fitted(forest)
