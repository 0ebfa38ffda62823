"""Which files a set of kernels needs."""

import re

import pytest

from tinygen.kernels import CATALOGUE
from tinygen.kernels.sources import files_for, runtime_root

KERNELS = [k for found in CATALOGUE.values() for k in found if not k.is_generated]


def defined_in(files: dict[str, bytes]) -> str:
    return "\n".join(data.decode() for name, data in files.items() if name.endswith(".c"))


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda k: k.symbol)
def test_every_include_and_every_called_function_is_there(kernel):
    files = files_for([kernel])
    assert files[f"{kernel.symbol}.c"].startswith(b"/*")
    definitions = defined_in(files)
    for name, data in files.items():
        for include in re.findall(r'#include "([^"]+)"', data.decode()):
            assert include in files, f"{name} includes {include}"
    for header in files:
        function = header.removesuffix(".h")
        if (runtime_root() / "src" / "portable" / f"{function}.c").is_file():
            assert f"{function}(" in definitions, f"{header} declares what no file defines"


def test_files_are_those_of_the_runtime_byte_for_byte():
    originals = {
        path.name: path.read_bytes()
        for folder in ("include", "src/portable")
        for path in (runtime_root() / folder).iterdir()
    }
    files = files_for(k for k in KERNELS if not k.needs)
    assert files == {name: originals[name] for name in files}
    assert list(files) == sorted(files)


def test_a_kernel_does_not_bring_what_it_does_not_use():
    (copy,) = [k for k in KERNELS if k.symbol == "tg_copy_s8"]
    assert set(files_for([copy])) == {"tg_copy_s8.c", "tg_copy.h", "tg_common.h"}


def test_no_kernel_brings_nothing():
    assert files_for([]) == {}
