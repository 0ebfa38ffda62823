"""Neural nets in pipelines: behind transformers, and in front of estimators. One graph."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from tests.classical.test_pipelines import check_c
from tinygen import samples, targets, verify
from tinygen.errors import UnsupportedError
from tinygen.ir import DType
from tinygen.model import fitted

keras = pytest.importorskip("keras", reason="Keras is not installed")

CLASSES, FEATURES = 3, 12


def layers(*following):
    shape = (FEATURES,)
    return keras.Sequential([keras.layers.Input(shape), *following])


def dense(units, activation=None):
    return keras.layers.Dense(units, activation=activation)


class Wrapper(ClassifierMixin, BaseEstimator):
    """What wrappers of Keras models look like to scikit-learn."""

    def fit(self, x, y):
        self.classes_, places = np.unique(y, return_inverse=True)
        self.model_ = trained(layers(dense(8, "relu"), dense(CLASSES, "softmax")), x, places)
        return self

    def predict(self, x):
        return self.classes_[self.model_.predict(x, verbose=0).argmax(axis=1)]


def trained(net, x, y, loss="sparse_categorical_crossentropy"):
    keras.utils.set_random_seed(0)
    net.compile(keras.optimizers.Adam(0.01), loss)
    net.fit(x, y, epochs=8, verbose=0)
    return net


@pytest.fixture(scope="module")
def data():
    """Rows of int8 numbers, and classes."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, CLASSES, 240)
    x = rng.normal(0, 1, (240, FEATURES)) + 1.5 * np.eye(FEATURES)[2 * y]
    return np.clip(np.rint(x * 25), -127, 127).astype(np.float32), y


@pytest.fixture(scope="module")
def scaled(data):
    scaler = StandardScaler().fit(data[0])
    return scaler, scaler.transform(data[0])


def labels(model):
    return [call.op.label() for call in model.graph.parts()[0].calls()]


def test_a_dense_net_behind_a_scaler_and_a_projection(data, scaled):
    (x, y), (scaler, z) = data, scaled
    pca = PCA(6).fit(z)
    rows = pca.transform(z)
    net = trained(
        keras.Sequential([keras.layers.Input((6,)), dense(8, "relu"), dense(CLASSES, "softmax")]),
        rows,
        y,
    )
    model = fitted([scaler, pca, net]).quantize(calibration=x)
    assert model.agreement.agreement >= 99.0
    assert model.agreement.largest_probability_error < 0.05
    assert labels(model)[0] == "LinearScores"  # scaler, projection and first layer in one matrix
    check_c(model, x, DType.INT8)
    (name,) = model.graph.inputs
    inputs = {name: samples.generate(model.graph, 6)[name]}
    part = model.graph.parts()[0]
    comparison = verify.on_qemu(verify.run_reference(part, inputs), targets.load("cortex-m4"))
    assert comparison.passed, comparison.divergence


@pytest.mark.parametrize("kind", [DType.INT8, DType.FLOAT32], ids=lambda k: k.value)
def test_a_convolutional_net_behind_a_scaler(data, scaled, kind):
    (x, y), (scaler, z) = data, scaled
    net = layers(
        keras.layers.Reshape((3, 4, 1)),
        keras.layers.Conv2D(6, 3, padding="same", activation="relu"),
        keras.layers.MaxPooling2D((3, 2)),
        keras.layers.Flatten(),
        dense(CLASSES, "softmax"),
    )
    model = fitted([scaler, trained(net, z, y)]).quantize(calibration=x, io=kind)
    assert "Conv2D" in labels(model)
    assert model.agreement.agreement >= 98.0
    check_c(model, x, kind)


def test_int8_features_are_the_input_of_a_net(data):
    x, y = data
    net = keras.Sequential(
        [
            keras.layers.Input((3, 4, 1)),
            keras.layers.Conv2D(6, 3, padding="same", activation="relu"),
            keras.layers.Flatten(),
            dense(CLASSES, "softmax"),
        ]
    )
    trained(net, x.reshape(-1, 3, 4, 1) / 1.0, y)
    model = fitted(net).quantize(calibration=x)
    assert labels(model)[:2] == ["Reshape", "Conv2D"]
    assert model.agreement.agreement >= 98.0


@pytest.mark.parametrize(
    "last", [LogisticRegression(max_iter=500), RandomForestClassifier(5, max_depth=5, random_state=0)],
    ids=lambda m: type(m).__name__,
)  # fmt: skip
def test_an_estimator_behind_an_embedding(data, scaled, last):
    (x, y), (scaler, z) = data, scaled
    net = trained(layers(dense(8, "relu"), dense(CLASSES, "softmax")), z, y)
    embedding = keras.Model(net.inputs, net.layers[0].output)
    last.fit(embedding.predict(z, verbose=0), y)
    model = fitted([scaler, embedding, last]).quantize(calibration=x)
    assert model.agreement.agreement >= 98.0
    check_c(model, x, DType.INT8)


def test_a_wrapped_net_at_the_end_of_a_pipeline(data, scaled):
    (x, y), (scaler, z) = data, scaled
    names = np.array(["cat", "dog", "owl"])
    pipeline = Pipeline([("scale", scaler), ("net", Wrapper().fit(z, names[y]))])
    model = fitted(pipeline).quantize(calibration=x)
    assert model.description.labels == ("cat", "dog", "owl")
    assert model.agreement.agreement >= 99.0


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_values(data, scaled, activation):
    (x, y), (scaler, z) = data, scaled
    targets = 100.0 + y + z[:, 0]
    net = trained(layers(dense(8, activation), dense(1)), z, targets - 100, "mse")
    model = fitted([scaler, net]).quantize(calibration=x)
    assert model.agreement.largest_error < 0.02
    assert model.graph.methods == ("predict",)


def test_two_classes_of_one_output(data, scaled):
    (x, y), (scaler, z) = data, scaled
    net = trained(layers(dense(6, "tanh"), dense(1, "sigmoid")), z, y > 0, "binary_crossentropy")
    model = fitted([scaler, net]).quantize(calibration=x)
    assert model.agreement.agreement >= 99.0
    assert model.agreement.largest_probability_error < 0.05
    assert model.graph.methods == ("predict", "predict_proba")


def test_a_file_of_a_net(data, scaled, tmp_path):
    (x, y), (scaler, z) = data, scaled
    trained(layers(dense(CLASSES, "softmax")), z, y).save(tmp_path / "net.keras")
    model = fitted([scaler, tmp_path / "net.keras"]).quantize(calibration=x)
    assert labels(model) == ["LinearScores", "ArgMax"]  # one dense layer is a linear model
    assert model.agreement.agreement >= 99.0


def test_nets_of_several_inputs_are_refused():
    one, other = keras.layers.Input((2,)), keras.layers.Input((2,))
    net = keras.Model([one, other], keras.layers.Add()([one, other]))
    with pytest.raises(UnsupportedError, match="2 inputs"):
        fitted(net)
