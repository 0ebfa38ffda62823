"""No kernel reads or writes outside of its buffers, or relies on undefined behaviour."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernels.harness import all_kernels, build_library
from tests.tools import missing
from tinygen.host import compiler

SANITIZERS = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")


def sanitizer_runtime() -> str | None:
    """The library that must be loaded before Python; None where the compiler has none."""
    found = subprocess.run(
        [compiler(), "-print-file-name=libasan.so"], capture_output=True, text=True, check=True
    ).stdout.strip()
    return found if Path(found).is_absolute() else None


@pytest.fixture
def asan():
    runtime = sanitizer_runtime()
    if runtime is None:
        missing("the C compiler has no AddressSanitizer library (libasan.so)")
    return runtime


def run_python(asan: str, *arguments: str) -> subprocess.CompletedProcess:
    environment = {
        **os.environ,
        "LD_PRELOAD": asan,
        "ASAN_OPTIONS": "detect_leaks=0,detect_stack_use_after_return=1",
        "UBSAN_OPTIONS": "print_stacktrace=1",
    }
    command = [sys.executable, *arguments]
    root = Path(__file__).parents[2]
    return subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True)


def test_kernels_are_clean_under_sanitizers(asan, tmp_path):
    build_library(all_kernels(), tmp_path, SANITIZERS)
    done = run_python(asan, "-m", "tests.kernels.sanitized", str(tmp_path))
    assert done.returncode == 0, done.stderr[-4000:]
    unreached = {kernel.symbol for kernel in all_kernels()} - set(done.stdout.split())
    assert not unreached


def test_the_sanitizer_sees_a_read_past_the_end(asan, tmp_path):
    """The harness would be worthless if its buffers hid such reads."""
    source = tmp_path / "bad.c"
    source.write_text("signed char last(const signed char *x, int n) { return x[n]; }\n")
    library = tmp_path / "bad.so"
    subprocess.run(
        [compiler(), *SANITIZERS, "-shared", "-fPIC", str(source), "-o", str(library)], check=True
    )
    script = (
        "import cffi; ffi = cffi.FFI();"
        "ffi.cdef('signed char last(const signed char *x, int n); void *malloc(size_t n);');"
        f"bad, libc = ffi.dlopen({str(library)!r}), ffi.dlopen(None);"
        "bad.last(ffi.cast('signed char *', libc.malloc(5)), 5)"
    )
    done = run_python(asan, "-c", script)
    assert done.returncode != 0
    assert "heap-buffer-overflow" in done.stderr
