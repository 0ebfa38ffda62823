"""C kernels of DepthwiseConv2D with any window, for cores with registers for eight sums."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.ir import Call
from tinygen.kernels import swar
from tinygen.kernels.kernel import Array, Fits, Kernel, KernelCall, Role, Struct, all_of, int8
from tinygen.kernels.lowering import pad_row, row_pointers_bytes, window_fits, window_struct
from tinygen.ops.depthwise_conv2d import DepthwiseConv2D
from tinygen.ops.window import Window

TOGETHER = 8
"""Outputs that are summed together, and half of them where fewer are left."""


def window_of(call: Call) -> Window:
    return call.op.window(call.inputs[1])


def weight_sums_of(call: Call) -> NDArray[np.int64]:
    return call.inputs[1].data.sum((0, 1, 2), dtype=np.int64)


@dataclass(frozen=True, kw_only=True)
class Line:
    """How a row of a channel is cut: parts of so many bytes, phases, chains (tg_depthwise_runs.h)."""

    parts: int
    part_bytes: int
    phases: int
    chains: int

    def run_taps(self, window: Window) -> list[int]:
        """Taps of each chain."""
        return [len(range(chain, window.kernel[1], self.chains)) for chain in range(self.chains)]

    def phase_outputs(self, width: int) -> list[int]:
        """Outputs of each phase."""
        return [len(range(phase, width, self.phases)) for phase in range(self.phases)]

    def runs(self, window: Window) -> NDArray[np.int64]:
        """[phases, chains, 2]: where the run of the phase's first output starts, and its taps."""
        phase, chain = np.indices((self.phases, self.chains))
        column = phase * window.stride[1] + chain * window.dilation[1]
        start = column % self.parts * self.part_bytes + column // self.parts
        taps = np.broadcast_to(self.run_taps(window), start.shape)
        return np.stack([start, taps], axis=-1)


def line_of(call: Call) -> Line:
    window = window_of(call)
    taps, stride = window.kernel[1], window.stride[1]
    dilation = window.dilation[1] if taps > 1 else stride
    parts = math.lcm(stride, dilation)
    columns = window.padding.left + call.inputs[0].shape[2] + window.padding.right
    return Line(
        parts=parts,
        part_bytes=-(-columns // parts),
        phases=parts // stride,
        chains=min(parts // dilation, taps),
    )


def _fits(call: Call) -> str | None:
    line = line_of(call)
    if line.parts * line.part_bytes > np.iinfo(np.int16).max:
        return "the rows are too long"
    if swar.find_requantization(call, weight_sums_of(call))[1] is None:
        return "no single product and shift is exact"
    return window_fits(window_of(call), call)


def _keeps_shape(call: Call) -> str | None:
    """What makes it safe to write the output over the input: every row is copied before."""
    window = window_of(call)
    same = call.inputs[0].shape == call.output.shape and window.stride == (1, 1)
    if same and window.padding.top < window.extent[0]:
        return None
    return "works in place only with stride 1 and an output of the input's shape"


def _packed_weights(call: Call, line: Line) -> NDArray[np.int64]:
    """[channels, kernel_height, chain, taps of the chain]"""
    weights = call.inputs[1].data[0].astype(np.int64)
    chains = [weights[:, chain :: line.chains] for chain in range(line.chains)]
    return np.concatenate(chains, axis=1).transpose(2, 0, 1)


def _lower(call: Call) -> tuple[KernelCall, ...]:
    x, window, line = call.inputs[0], window_of(call), line_of(call)
    channels, scaled = swar.find_requantization(call, weight_sums_of(call))
    runs = line.runs(window).astype(np.int16).ravel()
    params = Struct(
        tag="tg_depthwise_runs",
        fields={
            "window": window_struct(window, x.shape, call.output.shape),
            "in_channels": x.channels,
            "channel_multiplier": call.op.multiplier(call),
            "parts": line.parts,
            "part_bytes": line.part_bytes,
            "phases": line.phases,
            "chains": line.chains,
            "in_zero_point": x.zero_point,
            "runs": Array(name="runs", data=runs),
            "weights": int8("weights", _packed_weights(call, line), Role.WEIGHTS),
            "output": swar.output_struct(channels, scaled),
            "pad_row": pad_row(x, window),
        },
    )
    return (KernelCall(params=params, inputs=(0,), proofs=(scaled.statement,)),)


def _scratch_bytes(call: Call) -> int:
    """Pointers to lines, each twice; the lines; what is read beyond the last one."""
    window, line = window_of(call), line_of(call)
    line_bytes = line.parts * line.part_bytes
    return 2 * row_pointers_bytes(window) + window.extent[0] * line_bytes + TOGETHER - 1


def _counts(call: Call) -> Mapping[str, float]:
    _, rows, width, channels = call.output.shape
    window, line, x = window_of(call), line_of(call), call.inputs[0]
    outputs = [count for count in line.phase_outputs(width) if count > 0]
    eights = sum((count + TOGETHER // 2 - 1) // TOGETHER for count in outputs)
    fours = sum(0 < count % TOGETHER <= TOGETHER // 2 for count in outputs)
    copied = ((rows - 1) * min(window.stride[0], window.extent[0]) + window.extent[0]) * x.channels
    runs = window.kernel[0] * line.chains
    lines = channels * rows
    is_general = swar.is_general(call, weight_sums_of(call))
    return {
        "call": 1,
        "channels": x.channels,
        "lines": lines,
        "phases": lines * len(outputs),
        "eights": lines * eights,
        "runs of eights": lines * eights * runs,
        "taps of eights": lines * eights * math.prod(window.kernel),
        "fours": lines * fours,
        "runs of fours": lines * fours * runs,
        "taps of fours": lines * fours * math.prod(window.kernel),
        "outputs": lines * width,
        "general": lines * width if is_general else 0,
        "clamped": lines * width if swar.clamps(call, weight_sums_of(call)) else 0,
        "rows": lines * (eights + fours) * window.kernel[0],
        "copied rows": copied,
        "copied parts": copied * min(line.parts, x.shape[2]),
        "copied": copied * x.shape[2],
    }


def _kernels(symbol: str, needs: frozenset[str], folder: str) -> tuple[Kernel, Kernel]:
    """The same C function twice: where it can work in place, and everywhere."""

    def row(in_place: tuple[int, ...], *more: Fits) -> Kernel:
        return Kernel(
            op=DepthwiseConv2D,
            symbol=symbol,
            header="tg_depthwise_runs.h",
            source=f"{folder}/{symbol}.c",
            needs=needs,
            specificity=-1,
            fits=all_of(_fits, *more),
            lower=_lower,
            scratch_bytes=_scratch_bytes,
            in_place=in_place,
            counts=_counts,
        )

    return row((0,), _keeps_shape), row(())


KERNELS = _kernels("tg_depthwise_conv2d_s8_rv32", swar.RV32, "rv32")
