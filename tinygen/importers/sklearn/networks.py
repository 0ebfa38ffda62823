"""Multi-layer perceptrons of scikit-learn."""

from tinygen.classical import Activation, Description, Linear, Link, Network, Task
from tinygen.importers.sklearn.fitted import classes_of, features_of, real, require_fitted
from tinygen.importers.sklearn.registry import estimator


@estimator("MLPClassifier")
def _classifier(item, columns: int) -> Description:
    require_fitted(item, "coefs_")
    is_binary = item.out_activation_ == "logistic"
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=_network(item),
        task=Task.CLASSIFY,
        answer=item.predict,
        classes=classes_of(item),
        link=Link.SIGMOID if is_binary else Link.SOFTMAX,
    )


@estimator("MLPRegressor")
def _regressor(item, columns: int) -> Description:
    require_fitted(item, "coefs_")
    return Description(
        features=features_of(item, columns),
        transforms=(),
        scorer=_network(item),
        task=Task.REGRESS,
        answer=item.predict,
    )


def _network(item) -> Network:
    layers = tuple(
        Linear(weights=real(w).T, bias=real(b))
        for w, b in zip(item.coefs_, item.intercepts_, strict=True)
    )
    return Network(layers=layers, activation=Activation(item.activation))
