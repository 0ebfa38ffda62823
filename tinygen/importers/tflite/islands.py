"""What an int8 model computes in float32: DEQUANTIZE, functions of one value, QUANTIZE.

Converters write such islands for operators that have no int8 form. As all of an island depends on one int8 value, it is
one layer of the graph.
"""

from dataclasses import dataclass

from tinygen.importers.tflite.layer import Layer
from tinygen.ir import Tensor
from tinygen.ops.elu import Elu
from tinygen.ops.float_curve import FloatCurve
from tinygen.ops.hard_swish import HardSwish
from tinygen.ops.logistic import Logistic
from tinygen.ops.real_functions import Clip, Line, Named, RealFunction
from tinygen.ops.rsqrt import Rsqrt
from tinygen.ops.tanh import Tanh

FUNCTIONS: dict[str, RealFunction] = {
    "ABS": Named.ABSOLUTE,
    "COS": Named.COSINE,
    "ELU": Elu(),
    "EXP": Named.EXPONENTIAL,
    "HARD_SWISH": HardSwish(),
    "LOG": Named.LOGARITHM,
    "LOGISTIC": Logistic(),
    "NEG": Line(factor=-1.0),
    "RELU": Clip(low=0.0),
    "RELU6": Clip(low=0.0, high=6.0),
    "RSQRT": Rsqrt(),
    "SIN": Named.SINE,
    "SQRT": Named.ROOT,
    "SQUARE": Named.SQUARE,
    "TANH": Tanh(),
}


@dataclass(frozen=True, kw_only=True)
class Island:
    """A float32 tensor as a function of an int8 one."""

    source: Tensor
    steps: tuple[RealFunction, ...] = ()


class Islands:
    """The float32 tensors of an int8 model that are functions of one int8 value, by their index in the file."""

    def __init__(self) -> None:
        self._found: dict[int, Island] = {}

    def read(self, layer: Layer) -> bool:
        """Take an operator as part of an island; False where it is none."""
        if len(layer.operator.inputs) != 1 or len(layer.operator.outputs) != 1:
            self._refuse(layer)
            return False
        if layer.kind == "DEQUANTIZE":
            return self._enter(layer)
        island = self._found.get(layer.index(0))
        if island is None:
            return False
        if layer.kind == "QUANTIZE" and layer.declared_output.type == "INT8":
            layer.add(FloatCurve(steps=island.steps), island.source)
        elif layer.kind in FUNCTIONS and layer.declared_output.type == "FLOAT32":
            steps = (*island.steps, FUNCTIONS[layer.kind])
            self._found[layer.output_index] = Island(source=island.source, steps=steps)
        else:
            self._refuse(layer)
        return True

    def is_inside(self, index: int) -> bool:
        """True for a tensor that has no place in an int8 graph."""
        return index in self._found

    def _enter(self, layer: Layer) -> bool:
        source, target = layer.declared_input(0), layer.declared_output
        is_computed = layer.constant(0) is None
        if not is_computed or source.type != "INT8" or target.type != "FLOAT32":
            return False
        self._found[layer.output_index] = Island(source=layer.activation(0))
        return True

    def _refuse(self, layer: Layer) -> None:
        if any(index in self._found for index in layer.operator.inputs):
            raise layer.unsupported(
                "it computes in float32 between int8 layers",
                f"in such places functions of one value: {', '.join(FUNCTIONS)}",
            )
