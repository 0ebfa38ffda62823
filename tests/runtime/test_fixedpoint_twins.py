"""tg_fixedpoint.h against fixedpoint.py: every shift with the edges of all arguments, and random values."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tinygen import fixedpoint
from tinygen.fixedpoint import INT32_MAX, INT32_MIN
from tinygen.host import WARNINGS, compiler
from tinygen.kernels.sources import runtime_root

RANDOM_VALUES = 20_000


@dataclass(frozen=True, kw_only=True)
class Twin:
    """A C function of int32 arguments, its Python twin, and the values of each argument."""

    name: str
    python: Callable[..., NDArray]
    arguments: tuple[NDArray[np.int64], ...]
    c_types: tuple[str, ...] = ()


def _edges() -> NDArray[np.int64]:
    powers = 2 ** np.arange(31, dtype=np.int64)
    near = np.concatenate([powers - 1, powers, powers + 1, [INT32_MAX - 1, INT32_MAX]])
    return np.unique(np.clip(np.concatenate([-near, near, [0, INT32_MIN]]), INT32_MIN, INT32_MAX))


def _random(low: int, high: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(low, high, RANDOM_VALUES, endpoint=True)


EDGES = _edges()
MULTIPLIERS = np.array([0, 1, 2**30, 2**30 + 1, 1431655765, 1717986918, INT32_MAX - 1, INT32_MAX])


def _grid(*values: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    return tuple(a.ravel() for a in np.meshgrid(*values, indexing="ij"))


def _with_random(
    grid: tuple[NDArray[np.int64], ...], *bounds: tuple[int, int]
) -> tuple[NDArray[np.int64], ...]:
    randoms = (_random(low, high, seed) for seed, (low, high) in enumerate(bounds))
    return tuple(np.concatenate(pair) for pair in zip(grid, randoms, strict=True))


ACC = (INT32_MIN, INT32_MAX)
PRODUCTS = _with_random(_grid(EDGES, EDGES), ACC, ACC)
DEFINED_PRODUCTS = tuple(
    a[~((PRODUCTS[0] == INT32_MIN) & (PRODUCTS[1] == INT32_MIN))] for a in PRODUCTS
)

TWINS = [
    Twin(
        name="tg_requantize_tflm",
        python=fixedpoint.requantize_tflm,
        arguments=_with_random(
            _grid(EDGES, MULTIPLIERS, np.arange(-31, 32)), ACC, (2**30, INT32_MAX), (-31, 31)
        ),
    ),
    Twin(
        name="tg_requantize_native",
        python=fixedpoint.requantize_native,
        arguments=_with_random(
            _grid(EDGES, MULTIPLIERS, np.arange(-31, 31)), ACC, (2**30, INT32_MAX), (-31, 30)
        ),
    ),
    Twin(
        name="tg_doubling_high_multiply",
        python=fixedpoint.doubling_high_multiply,
        arguments=DEFINED_PRODUCTS,
    ),
    Twin(
        name="tg_multiply_high",
        python=lambda a, b: (a * b) >> 32,
        arguments=PRODUCTS,
    ),
    Twin(
        name="tg_rounding_divide_by_pot",
        python=fixedpoint.rounding_divide_by_pot,
        arguments=_with_random(_grid(EDGES, np.arange(32)), ACC, (0, 31)),
    ),
    Twin(
        name="tg_saturating_multiply_by_pot",
        python=np.vectorize(fixedpoint.saturating_multiply_by_pot),
        arguments=_with_random(_grid(EDGES, np.arange(31)), ACC, (0, 30)),
    ),
    Twin(
        name="tg_one_over_one_plus",
        python=fixedpoint.one_over_one_plus,
        arguments=_with_random((EDGES[EDGES >= 0],), (0, INT32_MAX)),
    ),
    Twin(
        name="tg_count_leading_zeros",
        python=fixedpoint.count_leading_zeros,
        arguments=_with_random(
            (np.concatenate([EDGES[EDGES > 0], [2**31, 2**32 - 1]]),), (1, 2**32 - 1)
        ),
        c_types=("uint32_t",),
    ),
    Twin(
        name="tg_wrap_int32",
        python=fixedpoint.wrap_int32,
        arguments=_with_random(
            (np.concatenate([EDGES[EDGES >= 0], [2**31, 2**32 - 1]]),), (0, 2**32 - 1)
        ),
        c_types=("uint32_t",),
    ),
]


def _shim(twin: Twin) -> str:
    """A C function that applies the twin to arrays."""
    types = twin.c_types or ("int32_t",) * len(twin.arguments)
    arrays = "".join(f", const {t} *a{i}" for i, t in enumerate(types))
    values = ", ".join(f"a{i}[k]" for i in range(len(types)))
    head = f"void all_{twin.name}(int32_t count{arrays}, int32_t *out)"
    return (
        f"{head};\n{head}\n{{\n"
        f"    for (int32_t k = 0; k < count; k++) {{ out[k] = {twin.name}({values}); }}\n}}\n"
    )


BUILDS = {"with a 64-bit product": (), "by halves": ("-DTG_MULTIPLY_BY_HALVES",)}


@pytest.fixture(scope="module", params=BUILDS.values(), ids=BUILDS.keys())
def library(request, tmp_path_factory):
    import cffi

    folder: Path = tmp_path_factory.mktemp("twins")
    source, built = folder / "twins.c", folder / "twins.so"
    source.write_text('#include "tg_fixedpoint.h"\n' + "".join(_shim(twin) for twin in TWINS))
    include = f"-I{runtime_root() / 'include'}"
    command = [
        compiler(),
        "-std=c99",
        "-O2",
        "-shared",
        "-fPIC",
        *WARNINGS,
        *request.param,
        include,
    ]
    sanitizer = ["-fsanitize=undefined", "-fno-sanitize-recover=all", "-static-libubsan"]
    subprocess.run([*command, *sanitizer, str(source), "-o", str(built)], check=True)
    ffi = cffi.FFI()
    ffi.cdef("".join(_shim(twin).split("\n")[0] for twin in TWINS))
    return ffi, ffi.dlopen(str(built))


@pytest.mark.parametrize("twin", TWINS, ids=lambda twin: twin.name)
def test_c_equals_python(library, twin):
    ffi, functions = library
    types = [t.removesuffix("_t") for t in twin.c_types] or ["int32"] * len(twin.arguments)
    arrays = [a.astype(t) for a, t in zip(twin.arguments, types, strict=True)]
    out = np.empty(len(arrays[0]), np.int32)
    pointers = [ffi.from_buffer(f"{a.dtype.name}_t[]", a) for a in (*arrays, out)]
    getattr(functions, f"all_{twin.name}")(len(out), *pointers)
    wanted = twin.python(*twin.arguments)
    different = np.flatnonzero(out != wanted)
    assert not different.size, [
        (int(out[k]), int(wanted[k]), [int(a[k]) for a in twin.arguments]) for k in different[:5]
    ]
