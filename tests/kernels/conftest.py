"""One build of all kernels for the tests of this folder."""

from pathlib import Path

import pytest

from tests.kernels.harness import KernelLibrary, all_kernels, build_library
from tinygen import costs


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> KernelLibrary:
    folder: Path = tmp_path_factory.mktemp("kernels")
    return KernelLibrary(build_library(all_kernels(), folder))


@pytest.fixture(autouse=True)
def catalogue_order(monkeypatch):
    """Kernels are taken in the order of the catalogue, most special first: these tests are about kernels, not about
    what was measured of them."""
    monkeypatch.setattr(costs, "of", lambda target: costs.NO_COSTS)
