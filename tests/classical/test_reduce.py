"""`tinygen reduce`: the ladder of sizes, the budget, the front, and files that load again."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import tinygen
from tinygen import model, reduction
from tinygen.cli import cli
from tinygen.cli.reduce import parse_budget
from tinygen.errors import BudgetError, UsageError
from tinygen.reduction import Budget, Measure, Method

skops_io = pytest.importorskip("skops.io", reason="skops is not installed")

INFORMATIVE = (1, 4)


@pytest.fixture(scope="module")
def data():
    """Seven columns of noise, two of which tell the class."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 180)
    x = rng.normal(0, 1, (180, 7))
    x[:, INFORMATIVE] += 6 * np.stack([y == 1, y == 2], axis=1)
    return x.astype(np.float32), y


def reduced(data, method, estimator=None, **choices):
    estimator = estimator or GaussianNB()
    choices = {"measure": Measure.PREDICT, "sizes": [1, 2, 4]} | choices
    pipeline = make_pipeline(StandardScaler(), estimator)
    return tinygen.reduce(pipeline, *data, method=method, **choices)


@pytest.mark.parametrize("method", ["rfe", "kbest", "l1"])
def test_the_columns_that_tell_are_found(method, data):
    found = reduced(data, method)
    assert found.chosen.size == 2
    support = found.chosen.pipeline[-2].get_support(indices=True)
    assert tuple(support) == INFORMATIVE
    # naive Bayes has no weights, so others judge; a tree has its own
    assert found.judge == ("ExtraTreesClassifier" if method == "rfe" else None)
    if method == "rfe":
        tree = DecisionTreeClassifier(max_depth=3, random_state=0)
        assert reduced(data, method, tree).judge == "DecisionTreeClassifier"


def test_the_chosen_pipeline_is_fitted_on_all_rows(data):
    x, y = data
    found = reduced(data, "pca", LogisticRegression(), test=(x, y), budget=Budget(loss=1.0))
    pipeline = found.chosen.pipeline
    assert found.chosen.test_accuracy == pytest.approx(pipeline.score(x, y), abs=0.02)
    refit = make_pipeline(*pipeline).fit(x, y)
    np.testing.assert_array_equal(pipeline.predict(x), refit.predict(x))


def test_points_on_the_front_are_beaten_by_none(data):
    found = reduced(data, "kbest", sizes=[1, 2, 3, 5, 7])

    def figures(p):
        return (-p.accuracy, p.cost.cycles, p.cost.flash, p.cost.ram)

    for point in found.points:
        beaten = any(
            all(a <= b for a, b in zip(figures(other), figures(point), strict=True))
            and figures(other) != figures(point)
            for other in found.points
        )
        assert point.is_on_front != beaten


def test_with_a_budget_of_cost_only_the_most_accurate_is_chosen(data):
    found = reduced(data, "kbest", budget=Budget(flash=10**6))
    assert found.chosen.accuracy == max(p.accuracy for p in found.points[1:])


def test_a_budget_that_no_size_meets_names_the_nearest(data):
    with pytest.raises(BudgetError, match="no size meets the budget") as raised:
        reduced(data, "kbest", budget=Budget(loss=0.0, cycles=1))
    assert "the nearest is " in raised.value.where
    assert "over: cycles" in raised.value.where


def test_regressors_are_scored_by_their_r2(data):
    x, _ = data
    y = x[:, 1] - 2.0 * x[:, 4]
    found = reduced((x, y), "l1", LinearRegression(), test=(x, y))
    assert found.chosen.size == 2
    assert found.chosen.accuracy > 0.99
    assert found.chosen.test_accuracy > 0.99


@pytest.mark.parametrize("sizes", [[0], [8], []])
def test_sizes_that_do_not_exist_are_refused(sizes, data):
    with pytest.raises(UsageError, match="there is no size"):
        reduced(data, "pca", sizes=sizes)


def test_a_class_of_one_row_is_refused(data):
    x, y = data
    with pytest.raises(UsageError, match="one row only"):
        reduced((x[:40], np.array([9, *y[1:40]])), "pca")


def test_sizes_are_measured_on_qemu(data):
    found = reduced(data, "kbest", sizes=[2], measure=Measure.AUTO, target="cortex-m0")
    assert all(p.cost.is_measured and p.cost.cycles > 20 for p in found.points)


def test_the_ladder_stays_below_the_number_of_columns(data):
    found = reduced(data, Method.PCA, LogisticRegression(), sizes=None, budget=Budget())
    assert [p.size for p in found.points] == [reduction.NO_SIZE, 1, 2, 3, 4, 6]


@pytest.fixture
def files(data, tmp_path):
    x, y = data
    pipeline = make_pipeline(StandardScaler(), GaussianNB()).fit(x, y)
    skops_io.dump(pipeline, tmp_path / "pipe.skops")
    np.savez(tmp_path / "train.npz", x=x, y=y)
    return tmp_path


def command(files, *words):
    usual = ["--train", str(files / "train.npz"), "--measure", "predict", "--sizes", "2,4"]
    out = ["-o", str(files / "reduced.skops")]
    return CliRunner().invoke(cli, ["reduce", str(files / "pipe.skops"), *usual, *out, *words])


@pytest.mark.parametrize("method", ["kbest", "rfe"])
def test_the_file_loads_without_trust_and_emits(method, files, data):
    done = command(files, "--method", method, "--json", "--budget", "loss=2%,flash=64k")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["chosen"] == 2
    assert [p["size"] for p in report["points"]] == ["none", 2, 4]
    emission = (
        model.load(files / "reduced.skops").quantize(calibration=data[0]).emit("host", files / "c")
    )
    assert (emission.folder / "reduced.h").exists()


def test_the_table_shows_the_choice(files):
    done = command(files, "--method", "kbest")
    assert done.exit_code == 0, done.output
    assert "chosen" in done.output


def test_budgets_have_thousands():
    budget = parse_budget("cycles=20k,flash=4k,loss=1%")
    assert (budget.cycles, budget.flash, budget.loss) == (20_000, 4096, 0.01)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--budget", "speed=3"], "is no budget"),
        (["--budget", "cycles=fast"], "is no number"),
        (["--budget", "cycles=k"], "is no number"),
        (["--sizes", "2,x"], "is no list of sizes"),
        (["-o", "reduced.pkl"], "not the name of a .skops file"),
        (["--train", "missing.npz"], "no such file"),
    ],
)
def test_bad_options_are_named(words, message, files):
    done = command(files, *words)
    assert isinstance(done.exception, UsageError)
    assert message in done.exception.what
