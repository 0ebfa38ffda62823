"""How a layer computes a few rows of its output from rows of its inputs."""

import dataclasses
import enum
from dataclasses import dataclass
from functools import cached_property

from tinygen.ir import Call, Tensor
from tinygen.kernels import CATALOGUE, Kernel, KernelCall
from tinygen.kernels.row_sums import OF_SUMS, Sums, sums_of
from tinygen.kernels.sources import has_rows
from tinygen.ops.add import Add
from tinygen.ops.average_pool2d import AveragePool2D
from tinygen.ops.concatenate import Concatenate
from tinygen.ops.convolution import ConvolutionOperator
from tinygen.ops.crop import Crop
from tinygen.ops.mean import Mean
from tinygen.ops.mul import Mul
from tinygen.ops.pool import PoolOperator
from tinygen.ops.reshape import Reshape
from tinygen.ops.unary import UnaryOperator
from tinygen.ops.upsampling2d import UpSampling2D
from tinygen.ops.window import Window
from tinygen.selection import Candidate

ROW_WISE = (Add, Mul, Concatenate, UnaryOperator)
"""Operators whose row r needs row r of every input, where no axis but the height is touched."""


MOST_ROWS_READ = 24
"""By a step that makes more than one row: their addresses are on the stack."""


class Kind(enum.Enum):
    """How the kernel is called for a step."""

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
class RowMove:
    """Where step y of a ROW layer reads: in row y / steps_per_row + skipped, its part number y % steps_per_row if it
    consists of parts of `part_bytes`, else from its start."""

    steps_per_row: int = 1
    skipped: int = 0
    part_bytes: int = 0

    def row(self, step: int) -> int:
        return step // self.steps_per_row + self.skipped


IN_STEP = RowMove()
"""Row y of the input for row y of the output."""


@dataclass(frozen=True, kw_only=True)
class RowRun:
    """A layer as a sequence of steps of `rows` output rows, the last perhaps of fewer.

    `row_call` is the node as a step sees it. `over` are inputs whose rows may become those of the output where nobody
    needs them any more. `window` is that of a WINDOW; `sums` are the kernels of a SUM; `move` is that of a ROW.
    """

    candidate: Candidate
    kind: Kind
    kernel: Kernel
    row_call: Call
    inputs: tuple[InputRows, ...]
    rows: int = 1
    over: tuple[int, ...] = ()
    sums: Sums | None = None
    window: Window | None = None
    move: RowMove = IN_STEP

    @property
    def call(self) -> Call:
        return self.candidate.call

    @property
    def steps(self) -> int:
        return len(self.inputs[0].first)

    @property
    def finish(self) -> Kernel | None:
        """Makes the output of a SUM."""
        return self.sums.finish if self.sums else None

    @cached_property
    def kernel_calls(self) -> tuple[KernelCall, ...]:
        return self.sums.kernel_calls if self.sums else self.kernel.lower(self.row_call)

    @cached_property
    def scratch_bytes(self) -> int:
        return self.kernel.scratch_bytes(self.row_call) if self.kernel.scratch_bytes else 0

    @property
    def _of_rows(self) -> Kernel:
        """The kernel with the counts of the interface that a step calls."""
        if self.kind is not Kind.WINDOW or self.kernel.row_counts is None:
            return self.kernel
        return dataclasses.replace(self.kernel, counts=self.kernel.row_counts)

    @cached_property
    def cycles(self) -> float | None:
        """Predicted, for all rows."""
        if self.kind is Kind.SUM:  # about as long as all at once
            whole = self.candidate.table.cycles(self.sums.whole, self.call)
            return self.candidate.cycles if whole is None else whole
        calls = self.call.output.shape[1] / self.row_call.output.shape[1]
        cycles = self.candidate.table.cycles(self._of_rows, self.row_call)
        return None if cycles is None else calls * cycles


def row_run(candidate: Candidate, rows: int = 1) -> RowRun | None:
    """The layer with up to `rows` rows a step; None where it must run whole."""
    call = candidate.call
    shapes = [t.shape for t in (*call.activations, *call.outputs)]
    if any(len(shape) != 4 or shape[0] != 1 for shape in shapes):
        return None
    if _sums_whole_image(call):
        return _sum(candidate)
    window = _window(call)
    if window is not None:
        return _windowed(candidate, window, rows) if has_rows(candidate.kernel) else None
    return _row_wise(candidate)


def _window(call: Call) -> Window | None:
    if isinstance(call.op, PoolOperator):
        return call.op.window
    if isinstance(call.op, ConvolutionOperator):
        return call.op.window(call.inputs[1])
    return None


def _windowed(candidate: Candidate, window: Window, rows: int) -> RowRun | None:
    call = candidate.call
    height, out_height = call.inputs[0].shape[1], call.output.shape[1]
    rows = min(rows, out_height)
    while rows > 1 and _extent(window, rows) > MOST_ROWS_READ:
        rows //= 2
    tops = range(0, out_height, rows)
    starts = [top * window.stride[0] - window.padding.top for top in tops]
    reaches = [_extent(window, min(rows, out_height - top)) - 1 for top in tops]
    row_call = _part_of(call, window, rows)
    if not _takes(candidate.kernel, row_call):
        return None  # a kernel of several rows at once, which a step does not have
    return RowRun(
        candidate=candidate,
        kind=Kind.WINDOW,
        kernel=candidate.kernel,
        row_call=row_call,
        inputs=(
            InputRows(
                index=0,
                first=tuple(min(max(s, 0), height - 1) for s in starts),
                last=tuple(
                    min(max(s + reach, 0), height - 1)
                    for s, reach in zip(starts, reaches, strict=True)
                ),
            ),
        ),
        rows=rows,
        over=(0,) if _writes_over(candidate.kernel, row_call, window) else (),
        window=window,
    )


def _takes(kernel: Kernel, row_call: Call) -> bool:
    """Whether the C function computes these rows: rows of the catalogue that work in place want whole tensors."""
    rows = (k for k in CATALOGUE[kernel.op] if k.symbol == kernel.symbol)
    return any(row.reason_against(row_call, row.needs) is None for row in rows)


def _extent(window: Window, rows: int) -> int:
    """Input rows from the first to the last that so many output rows need."""
    return (rows - 1) * window.stride[0] + window.extent[0]


def _part_of(call: Call, window: Window, rows: int) -> Call:
    """The call for so many output rows."""
    x, *others = call.inputs
    inputs = (_with_rows(x, min(_extent(window, rows), x.shape[1])), *others)
    return dataclasses.replace(call, inputs=inputs, outputs=(_with_rows(call.output, rows),))


def _writes_over(kernel: Kernel, row_call: Call, window: Window) -> bool:
    """Whether output rows may lie in the oldest input rows of a step: kernels that work in place on whole tensors read
    all rows of some channels before they write these, and pointwise kernels with a lead of 0 a block of pixels. Others
    say it themselves."""
    x, y = row_call.inputs[0], row_call.output
    if window.stride != (1, 1) or x.shape[2:] != y.shape[2:]:
        return False
    if window.kernel == (1, 1):
        return kernel.lead is not None and kernel.lead(row_call) == 0
    if kernel.rows_in_place is not None:
        return kernel.rows_in_place(row_call)
    return 0 in kernel.in_place


def _row_wise(candidate: Candidate) -> RowRun | None:
    call, kernel = candidate.call, candidate.kernel
    found = _moving(call) or _in_step(call)
    if found is None:
        return None
    move, row_call = found
    if kernel.reason_against(row_call, kernel.needs) is not None:
        return None
    if any(call.inputs[i].is_constant for kc in kernel.lower(row_call) for i in kc.inputs):
        return None
    rows = tuple(move.row(step) for step in range(call.output.shape[1]))
    read = [i for i, t in enumerate(call.inputs) if not t.is_constant]
    return RowRun(
        candidate=candidate,
        kind=Kind.ROW,
        kernel=kernel,
        row_call=row_call,
        inputs=tuple(InputRows(index=i, first=rows, last=rows) for i in read),
        over=tuple(i for i in kernel.in_place if i in read and move == IN_STEP),
        move=move,
    )


def _in_step(call: Call) -> tuple[RowMove, Call] | None:
    """An elementwise layer or a concatenation, and the node as a step sees it."""
    heights = {t.shape[1] for t in call.activations}
    touches_height = isinstance(call.op, Concatenate) and call.op.axis == 1
    if not isinstance(call.op, ROW_WISE) or heights != {call.output.shape[1]} or touches_height:
        return None
    if any(_varies(t) for t in call.inputs):
        return None
    inputs = tuple(t if t.is_constant else _with_rows(t, 1) for t in call.inputs)
    outputs = (_with_rows(call.output, 1),)
    return IN_STEP, dataclasses.replace(call, inputs=inputs, outputs=outputs)


def _moving(call: Call) -> tuple[RowMove, Call] | None:
    """A layer that repeats, leaves out or divides rows, and the node as a step sees it."""
    x, row = call.inputs[0], _with_rows(call.output, 1)
    match call.op:
        case UpSampling2D(factor=(height, width)):
            move = RowMove(steps_per_row=height)
            op = UpSampling2D(factor=(1, width))
        case Crop(crops=(batch, (before, _), *others)):
            move = RowMove(skipped=before)
            op = Crop(crops=(batch, (0, 0), *others))
        case Reshape() if call.output.shape[1] % x.shape[1] == 0:
            parts = call.output.shape[1] // x.shape[1]
            move = RowMove(steps_per_row=parts, part_bytes=row.bytes if parts > 1 else 0)
            op = Reshape(shape=row.shape)
            x = dataclasses.replace(x, shape=row.shape)
        case _:
            return None
    node = dataclasses.replace(call.node, op=op)
    return move, dataclasses.replace(call, node=node, inputs=(_with_rows(x, 1),), outputs=(row,))


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
    rows = tuple(range(call.inputs[0].shape[1]))
    sums = sums_of(call, whole)
    return RowRun(
        candidate=candidate,
        kind=Kind.SUM,
        kernel=sums.add,
        row_call=call,
        inputs=(InputRows(index=0, first=rows, last=rows),),
        sums=sums,
    )


def _with_rows(tensor: Tensor, rows: int) -> Tensor:
    return dataclasses.replace(tensor, shape=(1, rows, *tensor.shape[2:]))
