"""Files of fitted estimators. A pickle is a program, and is run only if the user trusts it; the others are data."""

import importlib.util
from pathlib import Path

from tinygen.errors import ModelFileError, ToolMissingError, UsageError
from tinygen.importers.format import first_bytes
from tinygen.importers.formats import lightgbm, xgboost
from tinygen.importers.sklearn.boosters import load_lightgbm, load_xgboost
from tinygen.importers.sklearn.search_trees import without_search_trees

KERNEL_CLASSES = (
    "ConstantKernel", "DotProduct", "Exponentiation", "ExpSineSquared", "Matern", "Product", "RationalQuadratic", "RBF",
    "Sum", "WhiteKernel"
)  # fmt: skip
"""Of Gaussian processes."""

SAFE_TYPES = (
    "sklearn.tree._tree.Tree",
    "sklearn.feature_selection._univariate_selection.f_classif",
    "sklearn.feature_selection._univariate_selection.f_regression",
    "sklearn.feature_selection._univariate_selection.chi2",
    "numpy.dtype",
    "sklearn.utils._bunch.Bunch",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.multiclass._ConstantPredictor",
    "sklearn._loss.loss.HalfTweedieLoss",
    "sklearn._loss.loss.HalfTweedieLossIdentity",
    "sklearn.cluster._bisect_k_means._BisectingTree",
    "sklearn.cluster._kmeans._kmeans_single_lloyd",
    "sklearn.metrics._classification.balanced_accuracy_score",
    "sklearn.metrics._scorer._CurveScorer",
    "sklearn.metrics._scorer._PassthroughScorer",
    "sklearn.metrics._scorer._Scorer",
    "sklearn.utils._metadata_requests.MetadataRequest",
    "sklearn.utils._metadata_requests.MethodMetadataRequest",
    "sklearn.model_selection._split.KFold",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
    "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
    *(f"sklearn.gaussian_process.kernels.{name}" for name in KERNEL_CLASSES),
)
"""Types that skops leaves to its users: arrays in a C struct, which are checked before they are used (trees.py), scores
of features, which only `fit` calls, types of numbers, and classes of scikit-learn that have attributes only: parts of
other estimators."""


def load_estimator(path: Path, *, trust: bool) -> object:
    """The object in a file. Raises UsageError for none, or one that would run code, without `trust`."""
    if not path.is_file():
        raise UsageError(
            what="there is no such file", where=str(path), next_step="check the path of the model"
        )
    if first_bytes(path, 2) == b"PK":
        return _load_skops(path, trust)
    for known, load in ((xgboost, load_xgboost), (lightgbm, load_lightgbm)):
        if known.FORMAT.matches(path):
            return load(path)
    if not trust:
        raise UsageError(
            what="a pickle or joblib file runs code of its own when it is read",
            where=str(path),
            next_step="give --trust if you know where the file comes from; "
            "or store the estimator safely: skops.io.dump(estimator, 'model.skops')",
        )
    import joblib

    try:
        return joblib.load(path)
    except Exception as error:
        raise _damaged(path, error) from error


def _load_skops(path: Path, trust: bool) -> object:
    if importlib.util.find_spec("skops") is None:
        raise ToolMissingError(
            what="reading .skops files needs the package skops", next_step="pip install skops"
        )
    from skops import io

    try:
        data = without_search_trees(path.read_bytes())
        unknown = io.get_untrusted_types(data=data)
    except Exception as error:
        raise _damaged(path, error) from error
    unknown = [name for name in unknown if trust or name not in SAFE_TYPES]
    if unknown and not trust:
        raise UsageError(
            what=f"the file holds types that are not known to be safe: {', '.join(unknown)}",
            where=str(path),
            next_step="give --trust if you know where the file comes from",
        )
    try:
        return io.loads(data, trusted=[*unknown, *SAFE_TYPES])
    except Exception as error:
        raise _damaged(path, error) from error


def _damaged(path: Path, error: Exception) -> ModelFileError:
    text = str(error).strip() or type(error).__name__
    return ModelFileError(
        what=f"the estimator cannot be read: {text.splitlines()[0]}",
        where=str(path),
        next_step="store it again with this version of scikit-learn",
    )
