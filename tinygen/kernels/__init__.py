"""What the C can do: for every operator its kernels, best first; the last one is portable.

To add one, see docs/adding-an-operator.md. There is no list to edit: every module of this package that has a
`KERNELS` tuple is a catalogue of kernels.
"""

import importlib
import pkgutil

from tinygen.ir import Call, Operator
from tinygen.kernels.kernel import Array, Fill, Kernel, KernelCall, Role, Struct

__all__ = [
    "CATALOGUE",
    "Array",
    "Fill",
    "Kernel",
    "KernelCall",
    "Role",
    "Struct",
    "candidates",
    "select",
]


def _collect() -> dict[type[Operator], tuple[Kernel, ...]]:
    catalogue: dict[type[Operator], tuple[Kernel, ...]] = {}
    for info in pkgutil.iter_modules(__path__):
        module = importlib.import_module(f"{__name__}.{info.name}")
        for kernel in getattr(module, "KERNELS", ()):
            catalogue[kernel.op] = (*catalogue.get(kernel.op, ()), kernel)
    return {op: tuple(sorted(found, key=_generality)) for op, found in catalogue.items()}


def _generality(kernel: Kernel) -> tuple[int, int]:
    """Kernels written for more features of the core come first, then those written for fewer nodes."""
    return -len(kernel.needs), -kernel.specificity


CATALOGUE = _collect()
"""Kernels by operator, best first."""


def candidates(call: Call, features: frozenset[str]) -> tuple[Kernel, ...]:
    """The kernels that compute a node on a core with these features: one at least, the most special first.

    Raises UnsupportedError with every kernel's reason when there is none.
    """
    found, reasons = [], []
    for kernel in CATALOGUE.get(type(call.op), ()):
        reason = kernel.reason_against(call, features)
        if reason is None:
            found.append(kernel)
        else:
            reasons.append(f"{kernel.symbol}: {reason}")
    if not found:
        raise call.unsupported(
            f"no C kernel takes this node ({'; '.join(reasons) or 'none is written'})",
            "see `tinygen ops`",
        )
    return tuple(found)


def select(call: Call, features: frozenset[str]) -> Kernel:
    """The most special kernel for a node; tinygen/selection.py weighs the candidates by their costs."""
    return candidates(call, features)[0]
