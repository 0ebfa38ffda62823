"""Estimators that were fitted on tables: columns have names, and are found by them."""

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import tinygen
from tests.classical.test_pipelines import rows
from tinygen.cli import cli
from tinygen.errors import CalibrationError, ConversionError, UsageError
from tinygen.ir import DType
from tinygen.model import fitted

NAMES = ["heat", "noise", "light"]


class Table:
    """As much of a table as is needed here: some columns by their names."""

    def __init__(self, values, columns):
        self.values, self.columns = values, columns

    def __getitem__(self, names):
        return Table(self.values[:, [self.columns.index(n) for n in names]], names)

    def __array__(self, dtype=None, copy=None):
        return np.asarray(self.values, dtype)

    def to_numpy(self):
        return self.values


@pytest.fixture
def data():
    x, y = rows(0, 3, DType.FLOAT32)
    return x[:, [0, 1, 3]] * np.float32([1, 100, 1]), y


@pytest.fixture
def named(data):
    """A pipeline with names of features, as if fitted on a table."""
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(*data)
    pipeline[0].feature_names_in_ = np.array(NAMES, dtype=object)
    return pipeline


@pytest.mark.filterwarnings("ignore:X does not have valid feature names")
def test_columns_in_another_order_are_put_right(data, named):
    turned = Table(data[0][:, [2, 0, 1]], ["light", "heat", "noise"])
    model = fitted(named).quantize(calibration=turned)
    assert model.agreement.agreement == 100.0
    assert fitted(named).quantize(calibration=data[0]).graph.nodes == model.graph.nodes


def test_missing_columns_are_named(data, named):
    with pytest.raises(CalibrationError, match="missing: light"):
        fitted(named).quantize(calibration=Table(data[0][:, :2], NAMES[:2]))


def test_columns_chosen_by_their_names(data):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    x, y = data
    table = pandas.DataFrame(x, columns=NAMES)
    columns = ColumnTransformer(
        [("a", StandardScaler(), ["noise"]), ("b", MinMaxScaler(), ["heat"])]
    )
    pipeline = make_pipeline(columns, LogisticRegression()).set_output(transform="pandas")
    pipeline.fit(table, y)
    for calibration in (table, x):
        assert fitted(pipeline).quantize(calibration=calibration).agreement.agreement == 100.0


@pytest.mark.parametrize(
    ("thing", "message"),
    [({"a": 1}, "dict is no estimator"), (LogisticRegression, "class LogisticRegression is no")],
)
def test_what_is_no_estimator_is_named(thing, message):
    with pytest.raises(ConversionError, match=message):
        fitted(thing)


def test_few_calibration_rows_are_warned_about(data):
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(*data)
    (warning,) = fitted(pipeline).quantize(calibration=data[0][:3]).agreement.warnings
    assert warning.startswith("3 calibration rows")
    assert not fitted(pipeline).quantize(calibration=data[0]).agreement.warnings


def test_python_warns_of_what_the_command_line_warns_of(data, tmp_path):
    pipeline = make_pipeline(StandardScaler(), LogisticRegression()).fit(*data)
    with pytest.warns(UserWarning, match="3 calibration rows"):
        tinygen.convert(pipeline, calibration=data[0][:3], target="host", folder=tmp_path / "c")


@pytest.mark.parametrize("option", [["--arithmetic", "tflm"], ["--input-range", "0,1"]])
def test_options_of_neural_nets_are_refused(tmp_path, data, option):
    skops_io = pytest.importorskip("skops.io", reason="skops is not installed")
    skops_io.dump(LogisticRegression().fit(*data), tmp_path / "m.skops")
    np.savez(tmp_path / "x.npz", x=data[0])
    words = ["--calibration", str(tmp_path / "x.npz"), *option, "-o", str(tmp_path / "out")]
    done = CliRunner().invoke(cli, ["emit", str(tmp_path / "m.skops"), *words])
    assert isinstance(done.exception, UsageError)
    assert option[0] in done.exception.what


@pytest.mark.parametrize("name", ["int8", "int16", "int32", "float"])
def test_types_of_features_by_name(data, name):
    x, y = np.rint(data[0]).clip(-100, 100), data[1]
    model = fitted(LogisticRegression().fit(x, y)).quantize(calibration=x, io=name)
    assert model.graph.input_tensors[0].dtype.value.startswith(name)


def test_an_unknown_type_of_features_is_named(data):
    model = fitted(LogisticRegression().fit(*data))
    with pytest.raises(UsageError, match="io='int64' is no type"):
        model.quantize(calibration=data[0], io="int64")


def test_steps_that_do_not_fit_together_are_named(data):
    x, y = data
    last = LogisticRegression().fit(x[:, :2], y)
    with pytest.raises(
        ConversionError, match="LogisticRegression was fitted on 2 columns, but gets 3"
    ):
        fitted([StandardScaler().fit(x), last])


def test_calibration_rows_of_a_file(data, tmp_path):
    np.savez(tmp_path / "x.npz", x=data[0])
    model = fitted(LogisticRegression().fit(*data))
    same = model.quantize(calibration=data[0]).graph
    assert model.quantize(calibration=tmp_path / "x.npz").graph.nodes == same.nodes


def test_an_agreement_is_a_per_cent(data):
    with pytest.raises(UsageError, match="agreement of -3"):
        fitted(LogisticRegression().fit(*data)).quantize(calibration=data[0], agreement=-3)
