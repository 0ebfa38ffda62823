"""How a layer computes one row of its output from rows of its inputs."""

import dataclasses
import enum
from dataclasses import dataclass

from tinygen.ir import Call, Tensor
from tinygen.kernels import CATALOGUE, Kernel, KernelCall
from tinygen.kernels.row_sums import OF_SUMS, sums_of
from tinygen.kernels.sources import has_rows
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.mean import Mean
from tinygen.ops.mul import Mul
from tinygen.ops.pool import PoolOperator
from tinygen.ops.scaled import WeightedOperator
from tinygen.ops.unary import UnaryOperator
from tinygen.ops.window import Window
from tinygen.selection import Candidate

ROW_WISE = (Add, Mul, Concatenate, UnaryOperator)
"""Operators whose row r needs row r of every input, where no axis but the height is touched."""


class Kind(enum.Enum):
    """How the kernel is called for a row."""

    WINDOW = "window"
    """<symbol>_rows with the row pointers of the window."""

    ROW = "row"
    """<symbol> on tensors of one row."""

    SUM = "sum"
    """A row is added to sums of every channel, from which the output is made after the last."""


@dataclass(frozen=True, kw_only=True)
class InputRows:
    """Input `index` of the layer: step s reads rows first[s] .. last[s]."""

    index: int
    first: tuple[int, ...]
    last: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class RowRun:
    """A layer as a sequence of steps. `window` is that of a WINDOW; `finish` makes the output of a SUM."""

    candidate: Candidate
    kind: Kind
    kernel: Kernel
    kernel_calls: tuple[KernelCall, ...]
    inputs: tuple[InputRows, ...]
    steps: int
    scratch_bytes: int
    cycles: float | None
    finish: Kernel | None = None
    window: Window | None = None

    @property
    def call(self) -> Call:
        return self.candidate.call


def row_run(candidate: Candidate) -> RowRun | None:
    """The layer row by row; None where it must run whole."""
    call = candidate.call
    shapes = [t.shape for t in (*call.activations, *call.outputs)]
    if any(len(shape) != 4 or shape[0] != 1 for shape in shapes):
        return None
    if _sums_whole_image(call):
        return _sum(candidate)
    window = _window(call)
    if window is not None:
        return _windowed(candidate, window) if has_rows(candidate.kernel) else None
    return _row_wise(candidate) if isinstance(call.op, ROW_WISE) else None


def _window(call: Call) -> Window | None:
    if isinstance(call.op, PoolOperator):
        return call.op.window
    if isinstance(call.op, WeightedOperator) and len(call.inputs[1].shape) == 4:
        return call.op.window(call.inputs[1])
    return None


def _windowed(candidate: Candidate, window: Window) -> RowRun:
    call = candidate.call
    height, steps = call.inputs[0].shape[1], call.output.shape[1]
    starts = [s * window.stride[0] - window.padding.top for s in range(steps)]
    reach = window.extent[0] - 1
    return RowRun(
        candidate=candidate,
        kind=Kind.WINDOW,
        kernel=candidate.kernel,
        kernel_calls=candidate.kernel_calls,
        inputs=(
            InputRows(
                index=0,
                first=tuple(min(max(s, 0), height - 1) for s in starts),
                last=tuple(min(max(s + reach, 0), height - 1) for s in starts),
            ),
        ),
        steps=steps,
        scratch_bytes=candidate.scratch_bytes,
        cycles=_cycles_of_rows(candidate, _one_window(call, window), steps),
        window=window,
    )


def _one_window(call: Call, window: Window) -> Call:
    """The call for one output row: what its cost is predicted for."""
    x, *others = call.inputs
    inputs = (_with_rows(x, min(window.extent[0], x.shape[1])), *others)
    return dataclasses.replace(call, inputs=inputs, outputs=(_with_rows(call.output, 1),))


def _row_wise(candidate: Candidate) -> RowRun | None:
    call = candidate.call
    height = call.output.shape[1]
    heights = {t.shape[1] for t in call.activations}
    touches_height = isinstance(call.op, Concatenate) and call.op.axis == 1
    if heights != {height} or touches_height or any(_varies(t) for t in call.inputs):
        return None
    row_call = dataclasses.replace(
        call,
        inputs=tuple(t if t.is_constant else _with_rows(t, 1) for t in call.inputs),
        outputs=(_with_rows(call.output, 1),),
    )
    kernel = candidate.kernel
    if kernel.reason_against(row_call, kernel.needs) is not None:
        return None
    kernel_calls = kernel.lower(row_call)
    if any(call.inputs[i].is_constant for kc in kernel_calls for i in kc.inputs):
        return None
    rows = tuple(range(height))
    read = [i for i, t in enumerate(call.inputs) if not t.is_constant]
    return RowRun(
        candidate=candidate,
        kind=Kind.ROW,
        kernel=kernel,
        kernel_calls=kernel_calls,
        inputs=tuple(InputRows(index=i, first=rows, last=rows) for i in read),
        steps=height,
        scratch_bytes=kernel.scratch_bytes(row_call) if kernel.scratch_bytes else 0,
        cycles=_cycles_of_rows(candidate, row_call, height),
    )


def _varies(tensor: Tensor) -> bool:
    """A constant operand that differs from row to row."""
    return tensor.is_constant and len(tensor.shape) == 4 and tensor.shape[1] > 1


def _sums_whole_image(call: Call) -> bool:
    """A mean over height and width."""
    match call.op:
        case AveragePool2D():
            window, shape = call.op.window, call.inputs[0].shape
            return window.kernel == shape[1:3] and window.padding.is_zero
        case Mean():
            return sorted(call.op.axes) == [1, 2]
    return False


def _sum(candidate: Candidate) -> RowRun | None:
    call = candidate.call
    whole = next(
        (
            kernel
            for kernel in CATALOGUE[type(call.op)]
            if kernel.symbol in OF_SUMS and kernel.reason_against(call, kernel.needs) is None
        ),
        None,
    )
    if whole is None:
        return None
    height = call.inputs[0].shape[1]
    rows = tuple(range(height))
    sums = sums_of(call, whole)
    return RowRun(
        candidate=candidate,
        kind=Kind.SUM,
        kernel=sums.add,
        kernel_calls=sums.kernel_calls,
        inputs=(InputRows(index=0, first=rows, last=rows),),
        steps=height,
        scratch_bytes=0,
        cycles=candidate.cycles,
        finish=sums.finish,
    )


def _with_rows(tensor: Tensor, rows: int) -> Tensor:
    return dataclasses.replace(tensor, shape=(1, rows, *tensor.shape[2:]))


def _cycles_of_rows(candidate: Candidate, row_call: Call, rows: int) -> float | None:
    cycles = candidate.table.cycles(candidate.kernel, row_call)
    return None if cycles is None else rows * cycles
