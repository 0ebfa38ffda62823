"""One build of all kernels for the tests of this folder."""

from pathlib import Path

import pytest

from tests.kernels.harness import KernelLibrary, all_kernels, build_library


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> KernelLibrary:
    folder: Path = tmp_path_factory.mktemp("kernels")
    return KernelLibrary(build_library(all_kernels(), folder))
