"""Kernels of classical models' operators: every module here that has a `KERNELS` tuple is a catalogue of them."""

import importlib
import pkgutil

from tinygen.kernels.kernel import Kernel

KERNELS: tuple[Kernel, ...] = tuple(
    kernel
    for info in pkgutil.iter_modules(__path__)
    for kernel in getattr(importlib.import_module(f"{__name__}.{info.name}"), "KERNELS", ())
)
