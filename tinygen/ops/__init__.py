"""What operators mean: attributes, shapes, float and integer reference, MACs. One file each.

To add one, see docs/adding-an-operator.md. There is no list to edit: every module of this package
is imported, and every concrete subclass of `Operator` in it is registered. Those that no neural net
has are in the package `classical`.
"""

from tinygen.ir import Operator
from tinygen.ops.collecting import operators_in

REGISTRY: dict[str, type[Operator]] = operators_in(__name__, __path__)
"""Every operator of neural nets by its name."""
