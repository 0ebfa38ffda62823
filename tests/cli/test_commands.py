"""What the commands print and write."""

import json
import subprocess
import sys

import numpy as np
import pytest

from tests.example_graphs import Network, mlp
from tests.oracle.tflite_writer import to_tflite
from tests.quantize.networks import classifier, images


def test_emit_writes_the_folder_named_after_the_model(tinygen, model, tmp_path):
    done = tinygen("emit", model, "--target", "cortex-m4")
    assert done.code == 0, done.err
    for file in (
        "net.h",
        "net.c",
        "net_weights.c",
        "net_selftest.c",
        "manifest.json",
        "CMakeLists.txt",
    ):
        assert (tmp_path / "net" / file).is_file()
    assert "arena" in done.err and "lower bound" in done.err


def test_emit_json_has_the_figures(tinygen, model):
    figures = tinygen(
        "emit", model, "-t", "cortex-m0", "-o", "out", "--name", "tiny", "--json"
    ).json
    assert figures["name"] == "tiny" and figures["macs"] == 25667
    assert figures["arena_lower_bound_bytes"] <= figures["arena_bytes"]
    assert sum(layer["macs"] for layer in figures["layers"]) == figures["macs"]


def test_emit_twice_into_the_same_folder_is_fine(tinygen, model, tmp_path):
    assert tinygen("emit", model, "-o", "out").code == 0
    first = (tmp_path / "out" / "manifest.json").read_bytes()
    assert tinygen("emit", model, "-o", "out").code == 0
    assert (tmp_path / "out" / "manifest.json").read_bytes() == first


@pytest.mark.parametrize("arithmetic", ["tflm", "native"])
def test_verify_on_the_host_runs_portable_and_dsp_kernels(tinygen, model, arithmetic):
    done = tinygen("verify", model, "--samples", 20, "--arithmetic", arithmetic, "--json")
    assert done.code == 0, done.err
    subjects = [c["subject"] for c in done.json["comparisons"]]
    wanted = ["host C (portable kernels)", "host C (dsp kernels, emulated)"]
    assert subjects == (["TFLite Micro interpreter"] if arithmetic == "tflm" else []) + wanted
    assert all(c["passed"] and c["samples_equal"] == 20 for c in done.json["comparisons"])


@pytest.mark.parametrize("against", [(), ("--against", "reference")])
def test_verify_of_a_float_tflite_compares_the_c_only(tinygen, tmp_path, against):
    """What tinygen quantized is another network than the file: TFLite Micro has nothing to say."""
    (tmp_path / "float.tflite").write_bytes(to_tflite(classifier()))
    done = tinygen("verify", "float.tflite", "--samples", 5, "--json", *against)
    assert done.code == 0, done.err
    assert [c["subject"] for c in done.json["comparisons"]] == [
        "host C (portable kernels)",
        "host C (dsp kernels, emulated)",
    ]
    assert tinygen("verify", "float.tflite", "--against", "tflm").code == 2


def test_verify_compares_with_tflite_micro_whatever_the_case_of_the_extension(tinygen, model):
    renamed = model.rename(model.with_name("NET.TFLITE"))
    done = tinygen("verify", renamed, "--samples", 5, "--json")
    assert done.code == 0, done.err
    assert done.json["comparisons"][0]["subject"] == "TFLite Micro interpreter"


def test_verify_survives_the_end_of_the_tflite_micro_interpreter(tinygen, tmp_path):
    """An assertion of the interpreter ends its process where 512 classes or more are equal."""
    net = Network((1, 600))
    (tmp_path / "wide.tflite").write_bytes(to_tflite(net.finish(net.softmax(net.input))))
    done = tinygen("verify", "wide.tflite", "--samples", 5, "--json")
    assert done.code == 0, done.err
    assert "not compared with TFLite Micro" in done.err
    assert len(done.json["comparisons"]) == 2
    done = tinygen("verify", "wide.tflite", "--samples", 5, "--against", "tflm")
    assert done.code == 1 and "cannot run this file" in done.err


def test_verify_takes_samples_from_a_file(tinygen, model, tmp_path):
    np.savez(tmp_path / "x.npz", x=np.zeros((4, 11, 9, 3), np.float32))
    done = tinygen("verify", model, "--samples", "x.npz", "--json")
    assert done.code == 0, done.err
    assert all(c["samples"] == 4 for c in done.json["comparisons"])


def test_verify_on_qemu(tinygen, model):
    done = tinygen("verify", model, "--target", "cortex-m3", "--on", "qemu", "--samples", 3)
    assert done.code == 0, done.err
    assert "bit-exact" in done.out and "QEMU (cortex-m3)" in done.out


@pytest.mark.parametrize(
    "options",
    [
        ["--input", "arena", "--arena", "caller", "--fast-ram", "512"],
        ["--input", "rows", "--ram-budget", "min", "--push-work", "5 %"],
        ["--input", "rows", "--fast-ram", "256", "--hot-weights", "300"],
    ],
    ids=" ".join,
)
def test_verify_takes_what_emit_takes(tinygen, model, options):
    done = tinygen("verify", model, "--samples", 3, "--poison", "--json", "--target", "cortex-m4",
                   "--against", "reference", *options)  # fmt: skip
    assert done.code == 0, done.err
    (comparison,) = done.json["comparisons"]
    assert "poisoned" in comparison["subject"] and comparison["samples_equal"] == 3


@pytest.mark.parametrize("text", ["-1", "101", "five", "nan"])
def test_a_share_is_a_percentage(tinygen, model, text):
    done = tinygen("emit", model, "--input", "rows", "--push-work", text, "-o", "out")
    assert done.code == 2 and "is no percentage" in done.err


def test_bench_prints_per_layer_figures(tinygen, model):
    done = tinygen("bench", model, "--target", "cortex-m4", "--layers", "--json")
    assert done.code == 0, done.err
    (figures,) = done.json["targets"]
    layers = figures["layers"]
    assert figures["instructions"] > figures["macs"] / 2
    assert figures["cycles"] > figures["instructions"]
    assert sum(x["instructions"] for x in layers) == pytest.approx(
        figures["instructions"], rel=0.02
    )
    assert all(x["name"] for x in layers)
    assert figures["flash"]["weight_bytes"] > 0 and figures["stack_bytes"] > 0


def test_bench_of_a_folder_equals_bench_of_the_model(tinygen, model):
    tinygen("emit", model, "--target", "cortex-m4", "-o", "a-rather-long/folder", "--name", "model")
    folder = tinygen("bench", "a-rather-long/folder", "--json").json["targets"][0]
    direct = tinygen("bench", model, "--json").json["targets"][0]
    assert folder == direct


def test_inspect_lists_layers_and_what_passes_change(tinygen, model):
    figures = tinygen("inspect", model, "--json").json
    assert figures["quantized"] and figures["macs"] == 25667
    assert "MACs" in tinygen("inspect", model).err


@pytest.mark.parametrize("command", ["targets", "ops", "doctor"])
def test_listing_commands(tinygen, command):
    assert tinygen(command).code == 0
    assert len(tinygen(command, "--json").json) >= 5


def test_tables_hold_no_escape_codes_when_piped(tinygen):
    assert "\x1b" not in tinygen("targets").out


def test_emit_of_tflite_imports_no_tensorflow_h5py_or_sklearn(model, tmp_path):
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "tinygen", "emit", str(model), "-o", "out"],
        capture_output=True, text=True, cwd=tmp_path, check=True,
    )  # fmt: skip
    for package in ("tensorflow", "keras", "h5py", "sklearn"):
        assert f" {package}\n" not in done.stderr, f"{package} was imported"


def test_help_is_quick_and_names_every_command(tinygen):
    done = tinygen("--help")
    assert done.code == 0
    for command in ("emit", "inspect", "verify", "bench", "targets", "ops", "doctor", "demo"):
        assert command in done.out


def test_changed_weights_are_caught_and_their_layer_named(tinygen, tmp_path, monkeypatch):
    """The proof that verify can fail: damage one layer's weights, and that layer is named."""
    from tinygen.emit import constants

    path = tmp_path / "mlp.tflite"
    path.write_bytes(to_tflite(mlp()))
    real = constants.constant_array
    damaged = []

    def damage(name, ctype, data, alignment):
        if "fullyconnected_1" in name and name.endswith("weights"):
            damaged.append(name)
            data = ~data
        return real(name, ctype, data, alignment)

    monkeypatch.setattr(constants, "constant_array", damage)
    done = tinygen("verify", path, "--samples", 8)
    assert damaged, "the test must have changed something"
    assert done.code == 3
    assert "'fullyconnected_1:out' (FullyConnected) is the first to differ" in done.err
    assert "reference" in done.err and "computed" in done.err
    assert "DIFFERENT" in done.out


def test_inspect_lists_every_layer_that_would_not_convert(tinygen, tmp_path):
    import zipfile

    import h5py

    config = {
        "class_name": "Sequential",
        "config": {
            "name": "s",
            "layers": [
                {"class_name": "InputLayer", "config": {"batch_shape": [None, 4], "name": "in"}},
                {"class_name": "Lambda", "config": {"name": "evil", "function": "os.system"}},
                {"class_name": "Teleport", "config": {"name": "odd"}},
            ],
        },
    }
    with zipfile.ZipFile(tmp_path / "odd.keras", "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.0.0"}))
        h5py.File(tmp_path / "empty.h5", "w").close()
        archive.write(tmp_path / "empty.h5", "model.weights.h5")
    done = tinygen("inspect", "odd.keras", "--json")
    assert done.code == 0, done.err
    assert {f["layer"] for f in done.json["unsupported"]} == {"evil", "odd"}
    assert tinygen("emit", "odd.keras").code == 1


def test_the_calibration_methods_of_the_command_line_are_those_that_exist():
    from tinygen.cli.options import CALIBRATION_METHODS
    from tinygen.quantize import CalibrationMethod

    assert sorted(CALIBRATION_METHODS) == sorted(m.value for m in CalibrationMethod)


@pytest.fixture
def float_model(tmp_path):
    """A float .tflite classifier and a file of calibration images."""
    (tmp_path / "eyes.tflite").write_bytes(to_tflite(classifier()))
    np.savez(tmp_path / "images.npz", x=images(20, seed=1))
    return tmp_path / "eyes.tflite"


def test_a_float_model_is_quantized_and_says_where_accuracy_was_lost(tinygen, float_model):
    done = tinygen("emit", float_model, "--calibration", "images.npz", "-o", "out")
    assert done.code == 0, done.err
    assert "20 calibration samples" in done.err and "dB" in done.err
    figures = tinygen(
        "emit", float_model, "--calibration", "images.npz", "-o", "out", "--json"
    ).json["quantization"]
    assert figures["samples"] == 20 and not figures["synthetic_samples"]
    assert all(layer["mean_abs_error"] >= 0 for layer in figures["layers"])


def test_a_float_model_without_data_is_converted_with_a_plain_warning(tinygen, float_model):
    done = tinygen("emit", float_model, "-t", "cortex-m4", "-o", "out")
    assert done.code == 0, done.err
    assert "warning:" in done.err and "accuracy is unmeasured" in done.err
    assert "--calibration" in done.err


@pytest.mark.parametrize("name", ["shape", "nan"])
def test_bad_calibration_is_refused(tinygen, float_model, tmp_path, name):
    bad = {"shape": np.zeros((4, 5, 5, 3)), "nan": np.full((4, 12, 12, 3), np.nan)}[name]
    np.savez(tmp_path / "bad.npz", x=bad)
    done = tinygen("emit", float_model, "--calibration", "bad.npz", "-o", "out")
    assert done.code == 1 and "next:" in done.err and "bad.npz" in done.err
    assert not (tmp_path / "out").exists()


@pytest.fixture
def two(tmp_path, model):
    """Two model files with the same name in different folders."""
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "net.tflite").write_bytes(to_tflite(mlp()))
    return model.name, "b/net.tflite"


def test_two_models_share_an_arena(tinygen, two, tmp_path):
    names = ("--name", f"eyes={two[0]}", "--name", f"ears={two[1]}")
    done = tinygen("emit", *two, *names, "--shared-arena", "-t", "cortex-m4", "-o", "out", "--json")
    assert done.code == 0, done.err
    figures = done.json
    arenas = [m["memory"]["arena_bytes"] for m in figures["models"]]
    assert [m["name"] for m in figures["models"]] == ["eyes", "ears"]
    assert figures["memory"]["arena_bytes"] == max(arenas) > 0
    files = ("eyes.h", "ears.h", "models.h", "models_arena.c", "models_selftest.c", "manifest.json")
    assert all((tmp_path / "out" / file).is_file() for file in files)
    done = tinygen("bench", "out")
    assert done.code == 0, done.err
    assert "together, one arena" in done.out and "eyes" in done.out
    assert "found every byte right" in done.err


def test_two_models_apart_have_an_arena_each(tinygen, two, tmp_path):
    done = tinygen("emit", *two, "--name", f"ears={two[1]}", "--name", "senses", "--json")
    assert done.code == 0, done.err
    arenas = [m["memory"]["arena_bytes"] for m in done.json["models"]]
    assert done.json["memory"]["arena_bytes"] == sum(arenas)
    assert (tmp_path / "senses" / "senses.h").is_file()
    assert not (tmp_path / "senses" / "senses_arena.c").exists()


def test_every_model_of_a_folder_has_its_own_labels(tinygen, two, tmp_path):
    (tmp_path / "labels.txt").write_text("\n".join(f"class {i}" for i in range(5)))
    arguments = ("--name", f"ears={two[1]}", "--labels", "net=labels.txt", "-o", "out")
    assert tinygen("emit", *two, *arguments).code == 0
    assert "NET_LABEL_CLASS_3" in (tmp_path / "out" / "net.h").read_text()
    assert "LABEL" not in (tmp_path / "out" / "ears.h").read_text()


def test_fast_ram_of_the_target_or_by_its_size(tinygen, model, tmp_path):
    done = tinygen("emit", model, "-t", "stm32f746", "-o", "plain")
    assert "65,536 bytes of DTCM: --fast-ram target" in done.err
    done = tinygen("emit", model, "-t", "stm32f746", "--fast-ram", "target", "-o", "a", "--json")
    assert done.code == 0, done.err
    memory = done.json["memory"]
    assert memory["arena_bytes"] == 0 and memory["fast_arena_bytes"] > 0, "all of it fits"
    done = tinygen("emit", model, "-t", "cortex-m4", "--fast-ram", "512", "-o", "b")
    assert done.code == 0 and "fast RAM" in done.err
    assert (
        0
        < json.loads((tmp_path / "b" / "manifest.json").read_text())["memory"]["fast_arena_bytes"]
        <= 512
    )


def test_a_pipeline_shares_an_arena_with_a_network(tinygen, model, tmp_path):
    import joblib
    from sklearn.linear_model import LogisticRegression

    x = np.random.default_rng(2).integers(-100, 100, (40, 5)).astype(np.float64)
    joblib.dump(LogisticRegression().fit(x, x[:, 0] > x[:, 1]), tmp_path / "mood.joblib")
    np.savez(tmp_path / "rows.npz", x=x)
    both = ("emit", model.name, "mood.joblib", "--trust", "--shared-arena", "-o", "out")
    done = tinygen(*both)
    assert done.code == 1 and "typical rows" in done.err
    done = tinygen(*both, "--calibration", "rows.npz")
    assert done.code == 2 and "for which of the models" in done.err
    done = tinygen(*both, "--calibration", "mood=rows.npz", "--io", "mood=int16", "--json")
    assert done.code == 0, done.err
    assert "const int16_t input[" in (tmp_path / "out" / "mood.h").read_text()
    assert [m["name"] for m in done.json["models"]] == ["net", "mood"]
    assert (
        "mood_predict("
        in (tmp_path / "out" / "README.md").read_text() + (tmp_path / "out" / "mood.h").read_text()
    )
