"""Measures classical models on emulated cores and writes benchmarks/classical.csv.

    python benchmarks/classical.py [--dataset NAME]... [--model NAME]... [--target CORE]... [--optimize MODE]...

The work is that of the comparison with other tools (docs/classical.md): scikit-learn's digits, breast_cancer, wine and
diabetes, split 3:1 with seed 42. On digits the features are the raw pixels as int8. The other three have a
StandardScaler, which other tools leave to the user: here it is in the pipeline and in the C, whose features are the raw
float32 numbers. The figures are instructions of one `predict`, averaged over all held-out rows, with the call (that of
an empty function is 9 on Cortex-M4, 10 on Cortex-M0); bytes of flash beyond an empty firmware, at -O2; of stack; the
per cent of held-out rows with scikit-learn's answer, or the largest error in standard deviations of the target.
"""

import argparse
import csv
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
from sklearn import datasets
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from tinygen import classical, device, targets
from tinygen.emit import EmitOptions, Optimize, emit
from tinygen.errors import TinygenError
from tinygen.ir import DType, Graph
from tinygen.model import fitted

CSV = Path(__file__).resolve().parent / "classical.csv"
CLASSIFICATION = ("digits", "breast_cancer", "wine")
REGRESSION = ("diabetes",)
TARGETS = ("cortex-m4", "cortex-m0")
EMPTY_CALL = {"cortex-m4": 9.06, "cortex-m0": 10.08}
"""Instructions that calling an empty predictor in a loop takes: part of all figures of other tools."""

MODES = ("speed", "size", "least")

KEY = ("dataset", "model", "target", "optimize")


def load(name: str):
    """Rows and targets: train, test, train, test; a regression target has mean 0 and variance 1."""
    data = getattr(datasets, f"load_{name}")()
    is_regression = name in REGRESSION
    x, x_test, y, y_test = train_test_split(
        data.data,
        data.target,
        test_size=0.25,
        random_state=42,
        stratify=None if is_regression else data.target,
    )
    if is_regression:
        mean, spread = y.mean(), y.std()
        y, y_test = (y - mean) / spread, (y_test - mean) / spread
    return x.astype(np.float32), x_test.astype(np.float32), y, y_test


def estimators(dataset: str, gamma: float, components: int) -> dict[str, object]:
    """The estimators by their short names."""
    if dataset in REGRESSION:
        return _regressors(gamma)
    found = {
        "dt": DecisionTreeClassifier(max_depth=10, random_state=0),
        "rf10": RandomForestClassifier(10, max_depth=8, random_state=0),
        "rf50": RandomForestClassifier(50, max_depth=10, random_state=0),
        "gnb": GaussianNB(),
        "knn": KNeighborsClassifier(5),
        "logreg": LogisticRegression(max_iter=5000),
        "linsvc": LinearSVC(random_state=0, max_iter=20000),
        "svc": SVC(kernel="rbf", C=1.0, gamma=gamma),
        "mlp": MLPClassifier(hidden_layer_sizes=(32,), random_state=0, max_iter=1000),
        "gb": GradientBoostingClassifier(n_estimators=50, max_depth=3, random_state=0),
        "hgb": HistGradientBoostingClassifier(max_iter=50, max_depth=3, random_state=0),
        "pcalr": make_pipeline(PCA(components, random_state=0), LogisticRegression(max_iter=5000)),
    }
    return found | _boosters("XGBClassifier", "LGBMClassifier")


def _regressors(gamma: float) -> dict[str, object]:
    found = {
        "dt": DecisionTreeRegressor(max_depth=10, random_state=0),
        "rf10": RandomForestRegressor(10, max_depth=8, random_state=0),
        "rf50": RandomForestRegressor(50, max_depth=10, random_state=0),
        "linreg": LinearRegression(),
        "linsvr": LinearSVR(random_state=0, max_iter=20000),
        "svr": SVR(kernel="rbf", C=1.0, gamma=gamma),
        "mlp": MLPRegressor(hidden_layer_sizes=(32,), random_state=0, max_iter=1000),
        "gb": GradientBoostingRegressor(n_estimators=50, max_depth=3, random_state=0),
        "hgb": HistGradientBoostingRegressor(max_iter=50, max_depth=3, random_state=0),
    }
    return found | _boosters("XGBRegressor", "LGBMRegressor")


def _boosters(xgb_class: str, lgbm_class: str) -> dict[str, object]:
    """XGBoost and LightGBM, where they are installed."""
    found = {}
    settings = {"n_estimators": 50, "max_depth": 3, "random_state": 0, "n_jobs": 1}
    try:
        import xgboost

        found["xgb"] = getattr(xgboost, xgb_class)(**settings)
    except ImportError:
        print("xgboost is not installed: xgb is left out", file=sys.stderr)
    try:
        import lightgbm

        found["lgbm"] = getattr(lightgbm, lgbm_class)(**settings, num_leaves=8, verbose=-1)
    except ImportError:
        print("lightgbm is not installed: lgbm is left out", file=sys.stderr)
    return found


def fit(dataset: str, name: str):
    """A fitted pipeline, its training rows and the held-out rows."""
    x, x_test, y, _ = load(dataset)
    scaled = x if dataset == "digits" else StandardScaler().fit_transform(x)
    gamma = float(1 / (x.shape[1] * np.asarray(scaled, np.float64).var()))
    estimator = estimators(dataset, gamma, 8 if x.shape[1] <= 16 else 16)[name]
    steps = [estimator] if dataset == "digits" else [StandardScaler(), estimator]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        pipeline = make_pipeline(*steps).fit(x, y)
    return pipeline, x, x_test


def measure(dataset: str, name: str, cores: list[str], modes: list[str]):
    """Rows of the table for one model."""
    pipeline, x, x_test = fit(dataset, name)
    io = DType.INT8 if dataset == "digits" else DType.FLOAT32
    model = fitted(pipeline).quantize(calibration=x, io=io)
    report = classical.compare(model.description, model.graph, x_test.astype(np.float64))
    rows = x_test.astype(io.numpy)
    for core in cores:
        for mode in modes:
            instructions, sizes = run(model.graph, core, mode, rows)
            yield {
                "dataset": dataset,
                "model": name,
                "target": core,
                "optimize": mode,
                "instructions": round(instructions + EMPTY_CALL[core], 1),
                "flash": sizes.flash.total_bytes,
                "ram": sizes.ram.arena_bytes + sizes.ram.other_static_bytes,
                "stack": sizes.stack_bytes,
                "agreement": round(report.agreement, 2),
                "error": "" if report.largest_error is None else f"{report.largest_error:.2e}",
            }


def run(graph: Graph, core: str, mode: str, rows: np.ndarray):
    """Instructions a row, beyond an empty function, and the sizes."""
    part = graph.parts()[0]
    target = targets.load(core)
    with tempfile.TemporaryDirectory() as scratch:
        options = EmitOptions(optimize=Optimize(mode))
        folder = emit(part, target, Path(scratch) / "m", name="m", options=options).folder
        instructions, _ = device.average_run(folder, "m", target, rows)
        one = np.ascontiguousarray(rows[:1]).view(np.int8)
        return instructions, device.measure(folder, "m", target, one)


def write(rows: list[dict]) -> None:
    """Replace these rows in the table."""
    kept = []
    if CSV.exists():
        with CSV.open(newline="") as file:
            kept = list(csv.DictReader(file))
    again = {tuple(str(row[k]) for k in KEY) for row in rows}
    kept = [row for row in kept if tuple(row[k] for k in KEY) not in again]
    with CSV.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(sorted([*kept, *rows], key=lambda r: tuple(str(r[k]) for k in KEY)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", action="append", choices=(*CLASSIFICATION, *REGRESSION))
    parser.add_argument("--model", action="append")
    parser.add_argument("--target", action="append", choices=TARGETS)
    parser.add_argument("--optimize", action="append", choices=[m.value for m in Optimize])
    arguments = parser.parse_args()
    for dataset in arguments.dataset or (*CLASSIFICATION, *REGRESSION):
        for name in arguments.model or estimators(dataset, 0.1, 8):
            try:
                cores = arguments.target or list(TARGETS)
                rows = list(measure(dataset, name, cores, arguments.optimize or MODES))
            except (TinygenError, KeyError) as error:
                print(f"{dataset} {name}: not measured: {error}", file=sys.stderr)
                continue
            write(rows)
            for row in rows:
                print(*(f"{v}" for v in row.values()), sep="  ")


if __name__ == "__main__":
    main()
