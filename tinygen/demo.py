"""The demonstration: from training to the emulated microcontroller in one call."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinygen import host, reference, samples, targets
from tinygen.errors import ToolMissingError, VerificationError
from tinygen.model import Model, load
from tinygen.quantize import load_calibration

EPOCHS = 20
BATCH = 32
TRAINING_SHARE = 0.75
SEED = 1


def run(folder: Path, target_name: str, say: Callable[[str], None]) -> dict[str, object]:
    """Train, quantize, emit, verify, measure. Returns the figures as plain data.

    Raises ToolMissingError without TensorFlow or a C compiler, VerificationError when a byte differs.
    """
    target = targets.load(target_name)
    folder.mkdir(parents=True, exist_ok=True)
    say("training a CNN on scikit-learn's digits")
    (train_x, train_y), (test_x, test_y) = digits()
    float_accuracy = train(folder / "digits.keras", train_x, train_y, test_x, test_y)
    np.savez(folder / "calibration.npz", x=train_x[:200])
    say("quantizing and emitting C")
    model = load(folder / "digits.keras")
    calibration = load_calibration(folder / "calibration.npz", model.graph)
    model = model.quantize(calibration=calibration).optimize()
    emission = model.emit(target, folder / "digits", name="digits")
    say("comparing the C with the Python reference on the whole test split")
    outputs = _verified_outputs(model, emission, test_x)
    int8_accuracy = float((outputs.reshape(len(test_y), -1).argmax(1) == test_y).mean())
    return {
        "float_accuracy": float_accuracy,
        "int8_accuracy": int8_accuracy,
        "test_images": len(test_y),
        "bit_exact_images": len(test_y),
        "constant_bytes": emission.constant_bytes,
        "arena_bytes": emission.program.plan.arena_bytes,
        "device": _device_figures(emission, target, model, test_x[:3], say),
        "target": target.name,
        "folder": str(folder / "digits"),
        "model": str(folder / "digits.keras"),
    }


def digits() -> tuple[tuple[NDArray, NDArray], tuple[NDArray, NDArray]]:
    """scikit-learn's 1,797 images as float32 [N, 8, 8, 1] in 0..1, shuffled and split."""
    from sklearn.datasets import load_digits

    data = load_digits()
    order = np.random.default_rng(SEED).permutation(len(data.target))
    x = (data.images[order, :, :, None] / 16.0).astype(np.float32)
    y = data.target[order]
    cut = int(len(y) * TRAINING_SHARE)
    return (x[:cut], y[:cut]), (x[cut:], y[cut:])


def train(path: Path, x: NDArray, y: NDArray, test_x: NDArray, test_y: NDArray) -> float:
    """Train the CNN with Keras, save it, and return its accuracy on the test split."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # repeatable, and less talk
    try:
        import keras
        import tensorflow as tf
    except ImportError as error:
        raise ToolMissingError(
            what="training the demo's model needs TensorFlow",
            next_step="pip install tensorflow-cpu",
        ) from error
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(SEED)
    layers = keras.layers
    network = keras.Sequential(
        [
            layers.Input((8, 8, 1)),
            layers.Conv2D(16, 3, padding="same", use_bias=False),
            layers.BatchNormalization(),
            layers.ReLU(),
            layers.DepthwiseConv2D(3, padding="same", activation="relu"),
            layers.Conv2D(32, 1, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    steps = EPOCHS * -(-len(x) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(0.005, steps)
    network.compile(optimizer=keras.optimizers.Adam(rate), loss="sparse_categorical_crossentropy")
    network.fit(x, y, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    network.save(path)
    predicted = network.predict(test_x, verbose=0).argmax(1)
    return float((predicted == test_y).mean())


def _verified_outputs(model: Model, emission, images: NDArray) -> NDArray[np.int8]:
    (tensor,) = model.graph.input_tensors
    x = samples.quantize_input(images, tensor)
    wanted = reference.run_one_input(model.graph, x)
    with host.build(emission) as compiled:
        got = compiled.run(x)
    different = int((wanted != got).any(axis=tuple(range(1, wanted.ndim))).sum())
    if different:
        raise VerificationError(
            what=f"{different} of {len(images)} images differ from the reference"
        )
    return got


def _device_figures(
    emission, target: targets.Target, model: Model, images: NDArray, say: Callable[[str], None]
) -> dict[str, object] | None:
    """Run and measure under QEMU; None with one line of advice where the tools are missing."""
    from tinygen import bench, device

    if not target.qemu or any(
        shutil.which(t) is None for t in (target.compiler, target.qemu[0].emulator)
    ):
        say(
            "QEMU or the cross compiler is not installed, so nothing was run on the device; to do so: "
            "sudo apt-get install -y qemu-system-arm gcc-arm-none-eabi libnewlib-arm-none-eabi"
        )
        return None
    say(f"running on an emulated {target.name}")
    (tensor,) = model.graph.input_tensors
    x = samples.quantize_input(images, tensor)
    wanted = reference.run_one_input(model.graph, x).reshape(len(x), -1)
    got = device.run_on_qemu(
        emission.folder, emission.name, target, x.reshape(len(x), -1), wanted.shape[1]
    )
    if not np.array_equal(wanted, got):
        raise VerificationError(what=f"the C on {target.name} differs from the reference")
    return bench.bench_folder(emission.folder, target).as_dict() | {"verified_images": len(x)}


def as_rows(result: dict) -> list[tuple[str, object]]:
    """The figures as a table for people."""
    count = result["test_images"]
    rows: list[tuple[str, object]] = [
        ("accuracy, float32 Keras model", f"{result['float_accuracy']:.2%}"),
        ("accuracy, int8 C", f"{result['int8_accuracy']:.2%}"),
        ("C equal to the Python reference", f"{result['bit_exact_images']} of {count} images"),
        ("weights and constants", f"{result['constant_bytes']:,} bytes"),
        ("working memory", f"{result['arena_bytes']:,} bytes"),
    ]
    measured = result["device"]
    target = result["target"]
    if measured is None:
        rows.append((f"on an emulated {target}", "unmeasured: QEMU is not installed"))
    else:
        flash, ram = measured["flash"], measured["ram"]
        rows += [
            (f"on an emulated {target}", f"{measured['verified_images']} images bit-exact"),
            ("flash", f"{flash['total_bytes']:,} bytes"),
            ("RAM", f"{ram['total_bytes']:,} bytes, stack {measured['stack_bytes']:,}"),
            ("instructions of one inference", f"{measured['instructions']:,}"),
            ("cycles (model, zero wait states)", f"{measured['cycles']:,}"),
        ]
    return [*rows, ("model", result["model"]), ("C", f"{result['folder']}/")]
