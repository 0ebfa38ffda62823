"""Calls the command line in this process, as the `tinygen` script does."""

import json
import sys
from dataclasses import dataclass

import pytest

from tests.example_graphs import cnn
from tests.oracle.tflite_writer import to_tflite
from tinygen.cli import main


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def tinygen(monkeypatch, capsys, tmp_path):
    """Run `tinygen ARGUMENTS` in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["tinygen", *map(str, arguments)])
        try:
            main()
            code = 0
        except SystemExit as leaving:
            code = leaving.code or 0
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Done(code, captured.out, captured.err)

    return run


@pytest.fixture
def model(tmp_path):
    """A small int8 .tflite file."""
    path = tmp_path / "net.tflite"
    path.write_bytes(to_tflite(cnn()))
    return path
