"""Operators of classical models: trees, linear scores, distances. One file each, found as those of `tinygen.ops`.

Their tensors are int8, int16 or int32; an input of the model may be float32. They have an integer form only: what a
model computes in real numbers is written in `tinygen.classical`, in float64.
"""

from tinygen.ir import Operator
from tinygen.ops.collecting import operators_in

REGISTRY: dict[str, type[Operator]] = operators_in(__name__, __path__)
"""Every operator of classical models by its name."""
