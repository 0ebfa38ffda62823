"""The built wheel works without the checkout: templates and runtime are inside."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.example_graphs import cnn
from tests.oracle.tflite_writer import to_tflite

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The wheel's files, as pip would lay them out."""
    folder = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", folder, ROOT],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("tinygen-*.whl")
    zipfile.ZipFile(wheel).extractall(folder / "site")
    return folder / "site"


def test_emit_and_verify_from_the_wheel(installed, tmp_path):
    (tmp_path / "net.tflite").write_bytes(to_tflite(cnn()))
    for command in (["emit", "net.tflite", "-t", "cortex-m4"], ["verify", "net.tflite"]):
        done = subprocess.run(
            [sys.executable, "-P", "-m", "tinygen", *command],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env={"PYTHONPATH": str(installed), "PATH": "/usr/bin:/bin"},
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "net" / "tinygen" / "tg_common.h").is_file()


def test_licences_travel_with_what_they_cover(installed):
    for path in ("tinygen/_data/runtime_c/LICENSE", "tinygen/_data/templates/LICENSE"):
        assert "MIT No Attribution" in (installed / path).read_text()
