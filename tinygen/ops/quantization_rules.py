"""Operators whose output quantization is not free. Rule Q6 of ARITHMETIC.md."""

import abc
from typing import ClassVar

from tinygen.ir import Call, Operator, Quantization


class SameQuantization(Operator, abc.ABC):
    """Moves or selects bytes: all inputs and the output have one scale and one zero point."""

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        for tensor in call.inputs:
            call.expect_int8(tensor)
            if tensor.quantization != call.output.quantization:
                raise call.unsupported(
                    f"'{tensor.name}' has {tensor.describe()} but the output "
                    f"'{call.output.name}' has {call.output.describe()}",
                    "one quantization for inputs and output; put a Requantize between them",
                )


class FixedQuantization(Operator, abc.ABC):
    """The output's quantization follows from the bounds of the function."""

    output_quantization: ClassVar[Quantization]

    def check_integer(self, call: Call) -> None:
        super().check_integer(call)
        if call.output.quantization != self.output_quantization:
            raise call.unsupported(
                f"the output '{call.output.name}' has {call.output.describe()}",
                f"an output with {self.output_quantization.describe()}",
            )
