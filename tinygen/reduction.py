"""Smaller pipelines: PCA or a selection of features in front of an estimator, as far as a budget allows.

    reduction = reduce(pipeline, x, y, method=Method.PCA, target="cortex-m4", budget=Budget(cycles=2000))
    reduction.chosen.pipeline                 fitted on all rows
    reduction.save("reduced.skops")

Every size of a ladder is fitted, cross-validated, converted and measured; the points that no other one beats in all
of accuracy, cycles, flash and RAM are the Pareto front.
"""

import dataclasses
import enum
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinygen import device, reference, targets
from tinygen.classical import Task
from tinygen.emit import EmitOptions, emit
from tinygen.errors import BudgetError, ToolMissingError, UsageError
from tinygen.importers.sklearn import load_estimator
from tinygen.importers.sklearn.pipeline import steps_of
from tinygen.ir import DType, Graph
from tinygen.model import Model, fitted
from tinygen.targets import Target

FOLDS = 5
ROWS_MEASURED = 100
"""Over which instructions are averaged."""

NO_SIZE = "none"
"""The size of the pipeline as it was given."""


class Method(enum.Enum):
    """What stands in front of the estimator."""

    PCA = "pca"
    RFE = "rfe"
    KBEST = "kbest"
    L1 = "l1"


class Measure(enum.Enum):
    """Where costs come from."""

    AUTO = "auto"
    """QEMU where the target has one and it is installed, else the cost tables."""

    QEMU = "qemu"
    PREDICT = "predict"


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What a prediction may cost at most, and how much worse the score may become; None: anything.

    `loss` is a part of 1: 0.01 is one point of accuracy in a hundred (of R^2 for regressors), by cross validation.
    """

    cycles: float | None = None
    flash: int | None = None
    ram: int | None = None
    loss: float | None = None

    def misses(self, cost: "Cost", loss: float) -> dict[str, float]:
        """What is over the budget, and by which part of it."""
        figures = {"cycles": cost.cycles, "flash": cost.flash, "ram": cost.ram, "loss": loss}
        found = {}
        for name, value in figures.items():
            limit = getattr(self, name)
            if limit is not None and value > limit + 1e-12:
                found[name] = (value - limit) / max(abs(limit), 1e-9)
        return found


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of one `predict`: cycles (instructions on cores without a cycle model), bytes of flash and of RAM with stack."""

    cycles: float
    flash: int
    ram: int
    is_measured: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Point:
    """A pipeline of one size. Scores are accuracies, or R^2 of regressors.

    `accuracy` is the mean over the folds of the training rows, in floating point; `test_accuracy` that of the integers
    on the test rows; `agreement` the per cent of training rows on which integers and scikit-learn agree.
    """

    size: int | str
    pipeline: object
    accuracy: float
    loss: float
    test_accuracy: float | None
    agreement: float
    cost: Cost
    misses: dict[str, float]
    is_on_front: bool = False

    def as_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {
            "size": self.size,
            "accuracy": self.accuracy,
            "loss": self.loss,
            "test_accuracy": self.test_accuracy,
            "agreement": self.agreement,
            **dataclasses.asdict(self.cost),
            "over_budget": sorted(self.misses),
            "is_on_front": self.is_on_front,
        }


@dataclass(frozen=True, kw_only=True, eq=False)
class Reduction:
    """All points, the unreduced pipeline first, and the one that was chosen."""

    method: Method
    target: str
    budget: Budget
    judge: str | None
    points: tuple[Point, ...]
    chosen: Point

    def as_dict(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {
            "method": self.method.value,
            "target": self.target,
            "budget": dataclasses.asdict(self.budget),
            "judge": self.judge,
            "points": [p.as_dict() for p in self.points],
            "chosen": self.chosen.size,
        }

    def save(self, path: str | Path) -> None:
        """Write the chosen pipeline, fitted on all rows, as a .skops file."""
        save_skops(self.chosen.pipeline, Path(path))


def save_skops(pipeline: object, path: Path) -> None:
    """Write an estimator as a .skops file. Raises UsageError, ToolMissingError."""
    if path.suffix != ".skops":
        raise UsageError(what=f"'{path.name}' is not the name of a .skops file")
    try:
        from skops import io
    except ImportError as error:
        raise ToolMissingError(
            what="writing .skops files needs the package skops", next_step="pip install skops"
        ) from error
    io.dump(pipeline, path)


def reduce(
    model: object,
    x: NDArray,
    y: NDArray,
    *,
    method: Method | str = Method.PCA,
    target: str | Target = "cortex-m4",
    budget: Budget = Budget(loss=0.01),
    test: tuple[NDArray, NDArray] | None = None,
    sizes: Sequence[int] | None = None,
    io: DType | None = None,
    measure: Measure = Measure.AUTO,
    options: EmitOptions = EmitOptions(),
    trust: bool = False,
) -> Reduction:
    """Fit a pipeline at every size of a ladder, and choose one within the budget.

    `model` is a fitted or unfitted estimator or Pipeline, or the path of a file of one; its parameters are kept, its
    fit is not. x [N, features], y [N] or [N, outputs]. With a budget of loss the cheapest of those within it is chosen,
    else the most accurate. Raises UsageError, BudgetError (no size meets the budget), and what converting raises.
    """
    if isinstance(model, str | Path):
        model = load_estimator(Path(model), trust=trust)
    x, y = _checked(x, y)
    plan = _Plan(
        steps=tuple(steps_of(model)),
        x=x,
        y=y,
        test=None if test is None else _checked(*test),
        method=Method(method),
        target=targets.load(target) if isinstance(target, str) else target,
        budget=budget,
        io=io,
        measure=measure,
        options=options,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of solvers that stop early: scores tell
        return _reduced(plan, sizes)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Plan:
    """What stays the same at all sizes."""

    steps: tuple[object, ...]
    x: NDArray
    y: NDArray
    test: tuple[NDArray, NDArray] | None
    method: Method
    target: Target
    budget: Budget
    io: DType | None
    measure: Measure
    options: EmitOptions

    @property
    def estimator(self) -> object:
        return self.steps[-1]

    @property
    def is_classifier(self) -> bool:
        from sklearn.base import is_classifier

        return is_classifier(self.estimator)


def _checked(x: NDArray, y: NDArray) -> tuple[NDArray, NDArray]:
    x, y = np.asarray(x), np.asarray(y)
    if x.ndim != 2 or len(x) != len(y) or len(x) < 2:
        raise UsageError(
            what=f"rows {list(x.shape)} and answers {list(y.shape)} do not belong together",
            next_step="give x of shape [N, features] and y of shape [N]",
        )
    return x, y


def _reduced(plan: _Plan, sizes: Sequence[int] | None) -> Reduction:
    whole = _fitted(plan, None)
    columns = _columns_before_estimator(whole, plan.x)
    folds = _folds(plan)
    ladder = _ladder(plan, columns, sizes, len(plan.x) - max(len(f) for _, f in folds))
    judge = _judge(plan, whole)
    first = _point(plan, whole, NO_SIZE, None, folds)
    points = [first]
    for size in ladder:
        pipeline = _fitted(plan, _reducer(plan, judge, size, whole))
        points.append(_point(plan, pipeline, size, first.accuracy, folds))
    points = _with_front(points)
    return Reduction(
        method=plan.method,
        target=plan.target.name,
        budget=plan.budget,
        judge=None if judge is None else type(judge).__name__,
        points=tuple(points),
        chosen=_chosen(plan.budget, points[1:]),
    )


def _ladder(plan: _Plan, columns: int, sizes: Sequence[int] | None, rows: int) -> list[int]:
    """Sizes to try: 1, 2, 3, 4, 6, 8, 12, ... below the number of columns, or those asked for."""
    most = min(columns, rows) if plan.method is Method.PCA else columns
    if sizes is not None:
        bad = [s for s in sizes if not 1 <= s <= most]
        if bad or not sizes:
            raise UsageError(
                what=f"there is no size {bad[0] if bad else 0} of {columns} columns",
                next_step=f"give sizes from 1 to {most}",
            )
        return sorted(set(sizes))
    found = [s for k in range(31) for s in (2**k, 3 * 2**k) if s < columns and s <= most]
    return sorted(found) or [1]


def _fitted(plan: _Plan, reducer: object | None) -> object:
    from sklearn.base import clone
    from sklearn.pipeline import make_pipeline

    *before, last = (clone(step) for step in plan.steps)
    between = [] if reducer is None else [clone(reducer)]
    return make_pipeline(*before, *between, last).fit(plan.x, plan.y)


def _columns_before_estimator(pipeline: object, x: NDArray) -> int:
    return _before_estimator(pipeline, x[:1]).shape[1]


def _before_estimator(pipeline: object, x: NDArray) -> NDArray:
    return pipeline[:-1].transform(x) if len(pipeline) > 1 else x


def _reducer(plan: _Plan, judge: object | None, size: int, whole: object) -> object:
    """What stands in front of the estimator, not fitted."""
    from sklearn.decomposition import PCA
    from sklearn.feature_selection import RFE, SelectFromModel, SelectKBest, f_classif, f_regression

    match plan.method:
        case Method.PCA:
            return PCA(size, random_state=0)
        case Method.RFE:
            step = max(1, plan.x.shape[1] // 16)
            return RFE(judge, n_features_to_select=size, step=step)
        case Method.KBEST:
            return SelectKBest(f_classif if plan.is_classifier else f_regression, k=size)
        case Method.L1:
            sparse = _sparse(plan, _before_estimator(whole, plan.x), size)
            # exactly `size` features, also in a fold where the penalty leaves fewer
            return SelectFromModel(sparse, max_features=size, threshold=-np.inf)


L1_THRESHOLD = 1e-5
"""Of the weights of a feature that counts as used."""

L1_STEPS = 12


def _sparse(plan: _Plan, x: NDArray, size: int) -> object:
    """The least penalized linear model with an L1 penalty that uses `size` features or fewer, by bisection."""
    low, high = -5.0, 3.0  # log10 of the freedom: more of it uses more features
    for _ in range(L1_STEPS):
        middle = (low + high) / 2
        weights = np.abs(np.atleast_2d(_l1_model(plan, middle).fit(x, plan.y).coef_))
        used = int((weights.sum(axis=0) > L1_THRESHOLD).sum())
        low, high = (middle, high) if used <= size else (low, middle)
    # one step freer than that, so that `max_features` cuts to the size exactly
    return _l1_model(plan, high)


def _l1_model(plan: _Plan, freedom: float) -> object:
    from sklearn.linear_model import Lasso
    from sklearn.svm import LinearSVC

    if plan.is_classifier:
        return LinearSVC(penalty="l1", dual=False, C=10.0**freedom, random_state=0, max_iter=2000)
    spread = float(np.std(plan.y)) or 1.0
    return Lasso(alpha=spread * 10.0**-freedom, random_state=0)


def _judge(plan: _Plan, whole: object) -> object | None:
    """The estimator whose weights RFE goes by: the pipeline's own, or where it has none extremely random trees."""
    if plan.method is not Method.RFE:
        return None
    from sklearn.base import clone
    from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor

    last = whole[-1]
    if hasattr(last, "coef_") or hasattr(last, "feature_importances_"):
        return clone(last)
    kind = ExtraTreesClassifier if plan.is_classifier else ExtraTreesRegressor
    return kind(30, random_state=0)


def _folds(plan: _Plan) -> list[tuple[NDArray, NDArray]]:
    """Rows to train with and to test with, the same for all sizes."""
    from sklearn.model_selection import KFold, StratifiedKFold

    if plan.is_classifier and plan.y.ndim == 1:
        least = int(np.unique(plan.y, return_counts=True)[1].min())
        if least < 2:
            raise UsageError(
                what="a class has one row only, which cross validation cannot split",
                next_step="give more rows of every class",
            )
        splitter = StratifiedKFold(min(FOLDS, least), shuffle=True, random_state=0)
    else:
        splitter = KFold(min(FOLDS, len(plan.x)), shuffle=True, random_state=0)
    return list(splitter.split(plan.x, plan.y))


def _point(
    plan: _Plan, pipeline: object, size: int | str, best: float | None, folds: list
) -> Point:
    from sklearn.model_selection import cross_val_score

    accuracy = float(np.mean(cross_val_score(pipeline, plan.x, plan.y, cv=folds)))
    loss = 0.0 if best is None else best - accuracy
    model = fitted(pipeline).quantize(calibration=plan.x, io=plan.io)
    cost = _cost(plan, model)
    return Point(
        size=size,
        pipeline=pipeline,
        accuracy=accuracy,
        loss=loss,
        test_accuracy=None if plan.test is None else _score(model, *plan.test),
        agreement=model.agreement.agreement,
        cost=cost,
        misses=plan.budget.misses(cost, loss),
    )


def _score(model: Model, x: NDArray, y: NDArray) -> float:
    """Accuracy or R^2 of the integers."""
    from sklearn.metrics import accuracy_score, r2_score

    part = model.graph.parts()[0]
    (given,), (output,) = part.input_tensors, part.output_tensors
    rows = _as_features(part, x)
    integers = reference.run(part, {given.name: rows})[output.name]
    if model.description.task is Task.CLASSIFY:
        return float(accuracy_score(y, np.array(model.description.classes)[integers[:, 0]]))
    real = integers * output.quantization.scale
    return float(r2_score(y, real.reshape(np.shape(y))))


def _as_features(part: Graph, x: NDArray) -> NDArray:
    """Rows as the firmware has them."""
    dtype = part.input_tensors[0].dtype
    if dtype.is_integer:
        x = np.clip(np.rint(x), *dtype.limits)
    return np.ascontiguousarray(np.asarray(x).astype(dtype.numpy))


def _cost(plan: _Plan, model: Model) -> Cost:
    part = model.graph.parts()[0]
    can_run = bool(plan.target.qemu) and plan.measure is not Measure.PREDICT
    with tempfile.TemporaryDirectory(prefix="tinygen-reduce-") as scratch:
        folder = Path(scratch) / "model"
        emission = emit(part, plan.target, folder, name="model", options=plan.options)
        if can_run:
            try:
                return _measured(plan, emission.folder, _as_features(part, plan.x[:ROWS_MEASURED]))
            except ToolMissingError:
                if plan.measure is Measure.QEMU:
                    raise
        elif plan.measure is Measure.QEMU:
            raise UsageError(
                what=f"target {plan.target.name} has no QEMU machine",
                next_step="give another target, or --measure predict",
            )
        selection = emission.program.selection
        return Cost(
            cycles=float(selection.cycles or 0.0),
            flash=int(selection.flash_bytes),
            ram=emission.program.plan.arena_bytes,
            is_measured=False,
        )


def _measured(plan: _Plan, folder: Path, rows: NDArray) -> Cost:
    """Instructions averaged over rows, in cycles as the cycle model has it for the first of them; and bytes."""
    instructions, _ = device.average_run(folder, "model", plan.target, rows)
    one = np.ascontiguousarray(rows[:1]).view(np.int8)
    single = device.measure(folder, "model", plan.target, one, cycles=True)
    per_instruction = single.cycles / max(single.instructions, 1) if single.cycles else 1.0
    ram = single.ram.arena_bytes + single.ram.other_static_bytes + single.stack_bytes
    return Cost(
        cycles=round(instructions * per_instruction, 1),
        flash=single.flash.total_bytes,
        ram=ram,
        is_measured=True,
    )


def _with_front(points: list[Point]) -> list[Point]:
    """The same points, with marks on those that no other beats."""
    figures = np.array([[-p.accuracy, p.cost.cycles, p.cost.flash, p.cost.ram] for p in points])
    no_worse = (figures[:, None] <= figures[None]).all(axis=2)
    better = no_worse & (figures[:, None] < figures[None]).any(axis=2)
    beaten = better.any(axis=0)
    return [dataclasses.replace(p, is_on_front=not b) for p, b in zip(points, beaten, strict=True)]


def _chosen(budget: Budget, points: list[Point]) -> Point:
    """With a budget of loss the cheapest point within the budget, else the most accurate."""
    within = [p for p in points if not p.misses]
    if not within:
        nearest = min(points, key=lambda p: (max(p.misses.values()), p.cost.cycles))
        raise BudgetError(
            what="no size meets the budget",
            where=f"the nearest is {nearest.size}: {_figures(nearest)}; over: "
            + ", ".join(sorted(nearest.misses)),
            next_step="allow more of that, try another --method, or a smaller estimator",
        )
    if budget.loss is not None:
        return min(within, key=lambda p: (p.cost.cycles, p.cost.flash, -p.accuracy))
    return max(within, key=lambda p: (p.accuracy, -p.cost.cycles))


def _figures(point: Point) -> str:
    cost = point.cost
    return (
        f"{cost.cycles:,.0f} cycles, {cost.flash:,} bytes of flash, {cost.ram:,} of RAM, "
        f"accuracy {point.accuracy:.4f} (loss {point.loss:.4f})"
    )
