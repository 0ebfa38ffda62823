"""The manifest says of every layer with weights what was proved about its arithmetic."""

import json

import pytest

from tests.example_graphs import branches, cnn
from tinygen import targets
from tinygen.emit import emit

CORES = ["host", "cortex-m0plus", "cortex-m3", "cortex-m4", "cortex-m55", "rv32imc"]


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("graph", [cnn, branches])
def test_layers_with_weights_have_a_proof(core, graph, tmp_path):
    emission = emit(graph(), targets.load(core), tmp_path / "net", name="net")
    manifest = json.loads((emission.folder / "manifest.json").read_text())
    weighted = [layer for layer in manifest["layers"] if layer["macs"]]
    assert weighted
    for layer in weighted:
        assert layer["proofs"], f"{layer['name']} ({layer['kernel']})"
