"""What kernels of Mul share that go over rows: two tensors of one shape, or one that all rows of the other share."""

from tinygen.ir import Call, Tensor
from tinygen.kernels.kernel import Fits
from tinygen.ops.mul import Mul


def _repeats(tensor: Tensor, shape: tuple[int, ...]) -> bool:
    """Whether a tensor is what every row of a larger one of this shape sees."""
    own = (1,) * (len(shape) - len(tensor.shape)) + tensor.shape
    split = next((i for i, d in enumerate(own) if d > 1), len(own))
    return own[split:] == shape[split:]


def order_of(call: Call) -> tuple[int, int] | None:
    """The inputs, first the one of the output's shape; None if there is none, or the other repeats in another way."""
    shape = call.output.shape
    for first, second in ((0, 1), (1, 0)):
        is_whole = call.inputs[first].size == call.output.size
        if is_whole and _repeats(call.inputs[second], shape):
            return first, second
    return None


def rows_of(call: Call) -> tuple[tuple[int, int], dict[str, int]]:
    """The order of the inputs, and the fields rows, depth and b_step."""
    order = order_of(call)
    if order is None:
        raise ValueError(f"layer '{call.node.name}' repeats its inputs in another way")
    a, b = (call.inputs[i] for i in order)
    step = b.size if a.size == b.size else 0
    return order, {"rows": a.size // b.size, "depth": b.size, "b_step": step}


def repeats_by_rows(call: Call) -> str | None:
    return None if order_of(call) else "an input repeats in another way than from row to row"


def has_right_shift(most: int) -> Fits:
    """The condition that products are shifted to the right by 1 .. most."""

    def fits(call: Call) -> str | None:
        op: Mul = call.op
        right = -op.tflm_multiplier(call).shift
        if 1 <= right <= most:
            return None
        return f"is only for shifts to the right by 1 to {most}, not {right}"

    return fits
