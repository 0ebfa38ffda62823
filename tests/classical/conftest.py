"""One build of the kernels of classical models for the tests of this folder."""

from pathlib import Path

import pytest

from tests.classical.nodes import kernels_of_classical_models
from tests.kernels.harness import KernelLibrary, build_library


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> KernelLibrary:
    folder: Path = tmp_path_factory.mktemp("kernels")
    return KernelLibrary(build_library(kernels_of_classical_models(), folder))
