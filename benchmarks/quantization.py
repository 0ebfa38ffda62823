"""Measures post-training quantization: calibration methods, bias correction, quantization without data.

    python benchmarks/quantization.py [--models ../shared/models] [--data ../shared/data] [--write]

Prints the tables of docs/quantization.md; --write puts them there. The figure is the mean absolute error of the real
outputs (softmax probabilities, reconstruction) of the int8 graph against the float graph, on samples that were not
used for calibration. The MLPerf Tiny models are measured where their folder is found; the digits CNN is trained here,
which needs TensorFlow.
"""

import argparse
import functools
import itertools
import math
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tinygen import passes, reference
from tinygen.fixedpoint import Arithmetic
from tinygen.importers import keras, tflite
from tinygen.ir import Graph
from tinygen.quantize import (
    Calibration,
    CalibrationMethod,
    output_error,
    quantize,
    synthetic_calibration,
)
from tinygen.quantize.apply import dequantize_array
from tinygen.quantize.convert import DEFAULT_METHOD
from tinygen.quantize.measure import quantized_inputs

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "quantization.md"
Split = tuple[str, NDArray[np.float32], NDArray[np.float32]]


@dataclass(kw_only=True)
class Case:
    """A float model, the int8 model that its authors published, and (name, calibration, test) splits."""

    name: str
    raw: Graph
    official: Graph | None
    splits: tuple[Split, ...]

    @functools.cached_property
    def graph(self) -> Graph:
        """The float model, ready for quantization."""
        return passes.optimize(self.raw)


def crops(photo: NDArray, size: int, count: int, seed: int) -> NDArray[np.float32]:
    """Square crops of random size and place, averaged down to size x size; values 0 to 255."""
    rng = np.random.default_rng(seed)
    height, width, _ = photo.shape
    result = []
    for _ in range(count):
        cells = int(rng.integers(1, min(height, width) // size + 1))
        side = cells * size
        y, x = rng.integers(0, height - side + 1), rng.integers(0, width - side + 1)
        crop = photo[y : y + side, x : x + side].astype(np.float32)
        result.append(crop.reshape(size, cells, size, cells, 3).mean(axis=(1, 3)))
    return np.stack(result).astype(np.float32)


def image_splits(size: int, scale: float) -> tuple[Split, ...]:
    """Crops of one photograph calibrate, crops of the other measure; both ways, and with few samples."""
    from sklearn.datasets import load_sample_images

    china, flower = load_sample_images().images

    def split(name: str, a: NDArray, b: NDArray, count: int, seed: int) -> Split:
        return name, crops(a, size, count, seed) * scale, crops(b, size, 48, 100 + seed) * scale

    return (
        split("china to flower, 64", china, flower, 64, 1),
        split("china to flower, 64, again", china, flower, 64, 2),
        split("flower to china, 64", flower, china, 64, 3),
        split("china to flower, 16", china, flower, 16, 4),
        split("flower to china, 16", flower, china, 16, 5),
    )


def vector_splits(x: NDArray) -> tuple[Split, ...]:
    half = len(x) // 2
    return (
        ("even to odd", x[0::2], x[1::2]),
        ("first to second half", x[:half], x[half:]),
        ("second to first half", x[half:], x[:half]),
        ("16 to second half", x[:half:6], x[half:]),
    )


def mlperf_cases(models: Path, data: Path) -> Iterator[Case]:
    splits: dict[str, Callable[[], tuple[Split, ...]]] = {
        "ic_resnet8": lambda: image_splits(32, 1.0),
        "vww_mobilenet": lambda: image_splits(96, 1 / 255),
        "ad_autoencoder": lambda: vector_splits(
            np.load(data / "ad_toycar_windows_196x640_f32.npz")["x"]
        ),
    }
    for name, make in splits.items():
        if (models / f"{name}.h5").is_file():
            yield Case(
                name=name,
                raw=keras.load(models / f"{name}.h5"),
                official=tflite.load(models / f"{name}_int8.tflite"),
                splits=make(),
            )


def digits_case() -> Case:
    """A CNN with batch normalization and a residual connection, trained on scikit-learn's digits."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    import keras as k
    from sklearn.datasets import load_digits

    k.utils.set_random_seed(1)
    x, y = load_digits(return_X_y=True)
    x = (x.reshape(-1, 8, 8, 1) / 16).astype(np.float32)
    layers = k.layers
    i = k.Input((8, 8, 1))
    t = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(16, 3, padding="same")(i)))
    u = layers.ReLU()(layers.BatchNormalization()(layers.DepthwiseConv2D(3, padding="same")(t)))
    u = layers.BatchNormalization()(layers.Conv2D(16, 1)(u))
    t = layers.MaxPooling2D()(layers.ReLU()(layers.Add()([t, u])))
    t = layers.GlobalAveragePooling2D()(layers.Conv2D(32, 3, activation="relu6")(t))
    model = k.Model(i, layers.Dense(10, activation="softmax")(t))
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(x[:1200], y[:1200], epochs=30, batch_size=32, verbose=0)
    with tempfile.TemporaryDirectory() as folder:
        model.save(Path(folder) / "digits.keras")
        raw = keras.load(Path(folder) / "digits.keras")
    return Case(
        name="digits CNN",
        raw=raw,
        official=None,
        splits=(
            ("100 to 597", x[:100], x[1200:]),
            ("next 100", x[100:200], x[1200:]),
            ("16 to 597", x[200:216], x[1200:]),
        ),
    )


def official_error(case: Case, x: NDArray) -> float:
    """The error of the published int8 model against the float model, on the same samples."""
    assert case.official is not None
    wanted = reference.run_one_input(case.graph, x)
    (tensor,) = case.official.input_tensors
    samples = {tensor.name: x.reshape(len(x), *tensor.shape[1:])}
    got = reference.run(case.official, quantized_inputs(case.official, samples))
    (output,) = case.official.output_tensors
    real = dequantize_array(got[output.name], output.quantization)
    return float(np.abs(real.reshape(wanted.shape) - wanted).mean())


Variant = tuple[CalibrationMethod, bool]
VARIANTS: tuple[Variant, ...] = tuple(itertools.product(CalibrationMethod, (False, True)))
DEFAULT: Variant = (DEFAULT_METHOD, True)


def measured(case: Case, split: Split, variant: Variant, arithmetic: Arithmetic) -> float:
    method, corrects = variant
    graph = case.graph
    (name,) = graph.inputs
    calibration = Calibration(samples={name: split[1]}, source=split[0])
    quantized = quantize(
        graph,
        calibration=calibration,
        method=method,
        bias_correction=corrects,
        arithmetic=arithmetic,
    )
    return output_error(graph, quantized.graph, {name: split[2]})


def without_data(case: Case, split: Split, method: CalibrationMethod, corrects: bool) -> float:
    quantized = quantize(
        case.graph,
        calibration=synthetic_calibration(case.raw),
        method=method,
        bias_correction=corrects,
    )
    return output_error(case.graph, quantized.graph, {case.graph.inputs[0]: split[2]})


def geometric_mean(values: list[float]) -> float:
    return math.exp(sum(math.log(v) for v in values) / len(values))


def method_table(
    cases: list[Case], arithmetic: Arithmetic, variants: tuple[Variant, ...] = VARIANTS
) -> list[str]:
    """One row per variant: the mean error per model, and the geometric mean relative to the first row."""
    errors = {
        variant: [[measured(c, s, variant, arithmetic) for s in c.splits] for c in cases]
        for variant in variants
    }
    rows = [f"| ranges | bias correction | {' | '.join(c.name for c in cases)} | relative |"]
    rows.append("| --- | --- |" + " ---: |" * (len(cases) + 1))
    first = errors[variants[0]]
    for (method, corrects), per_case in errors.items():
        ratios = [
            geometric_mean([e / f for e, f in zip(es, fs, strict=True)])
            for es, fs in zip(per_case, first, strict=True)
        ]
        cells = " | ".join(f"{np.mean(es):.3g}" for es in per_case)
        rows.append(
            f"| {method.value} | {'yes' if corrects else 'no'} | {cells} "
            f"| {geometric_mean(ratios):.2f} |"
        )
    official = [
        f"{np.mean([official_error(c, s[2]) for s in c.splits]):.3g}" if c.official else "none"
        for c in cases
    ]
    rows.append(f"| published int8 model | | {' | '.join(official)} | |")
    return rows


def data_free_table(cases: list[Case]) -> list[str]:
    """The error without any calibration data and without an input range."""
    rows = [f"| ranges | bias correction | {' | '.join(c.name for c in cases)} |"]
    rows.append("| --- | --- |" + " ---: |" * len(cases))
    for method, corrects in VARIANTS:
        cells = [
            f"{np.mean([without_data(c, s, method, corrects) for s in c.splits]):.3g}"
            for c in cases
        ]
        rows.append(f"| {method.value} | {'yes' if corrects else 'no'} | {' | '.join(cells)} |")
    ranges = [
        " ".join(f"{v:.3g}" for v in synthetic_calibration(c.raw).input_ranges[c.raw.inputs[0]])
        for c in cases
    ]
    rows.append(f"| input range found | | {' | '.join(ranges)} |")
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=Path, default=ROOT.parent / "shared" / "models")
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--write", action="store_true", help=f"put the tables into {DOCUMENT.name}")
    options = parser.parse_args()
    cases = [*mlperf_cases(options.models, options.data), digits_case()]
    tables = {
        "tflm": method_table(cases, Arithmetic.TFLM),
        "native": method_table(cases, Arithmetic.NATIVE, (VARIANTS[0], DEFAULT)),
        "data-free": data_free_table(cases),
    }
    for name, rows in tables.items():
        print(f"\n{name}\n", *rows, sep="\n")
    if options.write:
        write(tables)


def write(tables: dict[str, list[str]]) -> None:
    """Replace what stands between the markers of each table."""
    text = DOCUMENT.read_text()
    for name, rows in tables.items():
        block = re.compile(rf"(<!-- table {name} -->\n).*?(<!-- end -->)", re.S)
        body = "\n".join(rows)
        text = block.sub(lambda m, body=body: f"{m[1]}{body}\n{m[2]}", text)
    DOCUMENT.write_text(text)


if __name__ == "__main__":
    main()
