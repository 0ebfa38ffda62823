"""Bad input: an error that says what, where and what next, an exit code, and nothing half-written."""

import shutil

import numpy as np
import pytest


@pytest.fixture
def files(tmp_path, model):
    data = model.read_bytes()
    (tmp_path / "truncated.tflite").write_bytes(data[: len(data) // 2])
    (tmp_path / "empty.tflite").write_bytes(b"")
    (tmp_path / "foreign.tflite").write_bytes(b"%PDF-1.7 this is something else entirely")
    (tmp_path / "foreign.h5").write_bytes(b"%PDF-1.7 this is something else entirely")
    (tmp_path / "foreign.keras").write_bytes(b"PK\x03\x04 but no archive")
    (tmp_path / "model.txt").write_bytes(data)
    (tmp_path / "wrong.h5").write_bytes(data)
    (tmp_path / "folder").mkdir()
    np.savez(tmp_path / "odd.npz", x=np.zeros((2, 7), np.float32))
    np.savez(tmp_path / "nan.npz", x=np.full((2, 11, 9, 3), np.nan, np.float32))
    np.savez(tmp_path / "pickled.npz", x=np.array([{}], object))
    return tmp_path


@pytest.mark.parametrize(
    "name",
    ["missing.tflite", "truncated.tflite", "empty.tflite", "foreign.tflite", "foreign.h5", "foreign.keras",
     "model.txt", "wrong.h5", "folder"],
)  # fmt: skip
def test_unreadable_models(tinygen, files, name):
    done = tinygen("emit", name, "-o", "out")
    assert done.code in (1, 2), done.err
    assert done.err.startswith("error: ") and name in done.err and "next:" in done.err
    assert not (files / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("--target", "cortex-m5"), 2, ("cortex-m5", "cortex-m55")),
        (("--name", "int"), 2, ("int",)),
        (("--ram-budget", "16"), 1, ("the budget is 16", "bytes are missing", "layer", "--input")),
        (("--flash-budget", "1k"), 1, ("the budget is 1024", "bytes are missing", "largest")),
        (("--flash-budget", "lots"), 2, ("lots",)),
        (("--fast-ram", "target"), 2, ("no fast RAM", "--fast-ram BYTES")),
        (("--ram-budget", "9" * 5000), 2, ("no number of bytes",)),
        (("--io", "int4"), 2, ("int4",)),
        (("--labels", "labels.txt"), 2, ("labels",)),
        (("--frobnicate",), 2, ("frobnicate",)),
    ],
)
def test_bad_options(tinygen, model, tmp_path, arguments, code, words):
    done = tinygen("emit", model, "-o", "out", *arguments)
    assert done.code == code, done.err
    for word in words:
        assert word in done.err
    assert not (tmp_path / "out").exists()


def test_labels_must_match_the_outputs(tinygen, model, tmp_path):
    (tmp_path / "labels.txt").write_text("cat\ndog\n")
    done = tinygen("emit", model, "-o", "out", "--labels", "labels.txt")
    assert done.code == 2 and "2 labels" in done.err and "5 outputs" in done.err
    assert not (tmp_path / "out").exists()


def test_a_folder_that_is_not_ours_is_refused_before_any_work(tinygen, model, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "main.c").write_text("int main;")
    done = tinygen("emit", model, "-o", "out")
    assert done.code == 1 and "did not write" in done.err
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["main.c"]


def test_a_folder_name_that_is_too_long(tinygen, model):
    done = tinygen("emit", model, "-o", "x" * 300)
    assert done.code == 1 and "error: the output folder cannot be" in done.err


@pytest.mark.parametrize("name", ["odd.npz", "nan.npz", "pickled.npz", "missing.npz"])
def test_bad_samples(tinygen, model, files, name):
    done = tinygen("verify", model, "--samples", name)
    assert done.code == 2, done.err
    assert "error:" in done.err


@pytest.mark.parametrize("samples", ["0", "-3", "many", "1000000000000", "9" * 5000])
def test_bad_sample_counts(tinygen, model, samples):
    assert tinygen("verify", model, f"--samples={samples}").code == 2


@pytest.mark.parametrize("text", ["1", "1,1", "2,1", "a,b", "nan,1", "0,inf"])
def test_bad_input_ranges(text):
    from tinygen.cli.options import parse_range
    from tinygen.errors import UsageError

    with pytest.raises(UsageError, match="range"):
        parse_range(text)


def test_no_compiler_is_a_missing_tool(tinygen, model, monkeypatch):
    real = shutil.which
    monkeypatch.delenv("CC", raising=False)
    monkeypatch.setattr(
        shutil, "which", lambda name, *a: None if name in ("cc", "gcc", "clang") else real(name, *a)
    )
    done = tinygen("verify", model)
    assert done.code == 4 and "apt-get install" in done.err


def test_no_qemu_is_a_missing_tool(tinygen, model, monkeypatch):
    real = shutil.which
    monkeypatch.setattr(
        shutil, "which", lambda name, *a: None if name.startswith("qemu") else real(name, *a)
    )
    done = tinygen("verify", model, "-t", "cortex-m4", "--on", "qemu", "--samples", 1)
    assert done.code == 4 and "apt-get install" in done.err


def test_bench_of_a_foreign_folder(tinygen, tmp_path):
    (tmp_path / "stuff").mkdir()
    done = tinygen("bench", "stuff")
    assert done.code == 2 and "not written by tinygen" in done.err


def test_host_cannot_be_benched(tinygen, model):
    done = tinygen("bench", model, "--target", "host")
    assert done.code == 2 and "no QEMU machine" in done.err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "would be called 'net'"),
        (("--name", "ears=b/nets.tflite"), "none of the models"),
        (("--name", "a", "--name", "b"), "which is of which"),
        (("--name", "ears=b/net.tflite", "--labels", "x.txt"), "for which of the models"),
        (("--name", "ears=b/net.tflite", "--ram-table"), "takes one model"),
        (("--name", "ears=b/net.tflite", "--io", "ears=int4"), "--io int4"),
        (("--name", "ears=b/net.tflite", "--io", "int8", "--io", "float"), "given twice"),
        (("--name", "net=b/net.tflite", "--shared-arena"), "would be called 'net'"),
        (("--name", "ears=b/net.tflite", "--name", "EARS"), "would be called"),
    ],
)
def test_several_models_need_names_and_values_of_their_own(
    tinygen, model, tmp_path, arguments, words
):
    (tmp_path / "b").mkdir()
    shutil.copy(model, tmp_path / "b")
    done = tinygen("emit", model.name, "b/net.tflite", *arguments, "-o", "out")
    assert done.code == 2 and words in done.err and "next:" in done.err
    assert not (tmp_path / "out").exists()


def test_one_model_shares_its_arena_with_nobody(tinygen, model):
    done = tinygen("emit", model, "--shared-arena", "-o", "out")
    assert done.code == 2 and "several models" in done.err


def test_a_folder_for_another_core_cannot_be_benched(tinygen, model):
    assert tinygen("emit", model, "-o", "out", "-t", "cortex-m4").code == 0
    done = tinygen("bench", "out", "-t", "cortex-m0")
    assert done.code == 2 and "emitted for cortex-m4, not for cortex-m0" in done.err
