"""How the DSP depthwise kernel for any shape gets int8 from sums: `struct tg_dsp_output` of tg_dsp.h."""

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic, Integers
from tinygen.kernels.kernel import Struct, int32
from tinygen.proofs.channels import Channels
from tinygen.proofs.nested_floors import Floors, one_floor, two_roundings


class Form(enum.IntEnum):
    """How accumulators become int8; the values are those of `enum tg_dsp_form`."""

    SINGLE = 0
    DOUBLE = 1
    TEXTBOOK = 2


@dataclass(frozen=True, kw_only=True, eq=False)
class Output:
    """A form and its words M, K, S for every output channel: int64 arrays of shape [channels]."""

    form: Form
    prescale: int
    multipliers: Integers
    offsets: Integers
    shifts: Integers
    statement: str


def find_output(channels: Channels) -> Output | None:
    """The cheapest form that is exact for this layer; None when there is none."""
    single = one_floor(channels)
    if single is not None and single.sign == 0:
        return _by_floors(Form.SINGLE, single)
    double = two_roundings(channels)
    if double is not None:
        return _by_floors(Form.DOUBLE, double)
    return _textbook(channels)


def _by_floors(form: Form, floors: Floors) -> Output:
    return Output(
        form=form,
        prescale=floors.prescale,
        multipliers=floors.multipliers,
        offsets=floors.offsets,
        shifts=floors.shifts,
        statement=floors.statement,
    )


def _textbook(channels: Channels) -> Output | None:
    if channels.arithmetic is not Arithmetic.TFLM:
        return None
    return Output(
        form=Form.TEXTBOOK,
        prescale=0,
        multipliers=channels.multipliers,
        offsets=np.full_like(channels.multipliers, channels.zero_point),
        shifts=-channels.right,
        statement="requantization as the textbook has it, in 64 bits",
    )


def output_struct(channels: Channels, starts: NDArray[np.int64], chosen: Output) -> Struct:
    """`struct tg_dsp_output`; `starts` [channels] are the first words of the channels."""
    words = np.stack([starts, chosen.multipliers, chosen.offsets, chosen.shifts], axis=1)
    return Struct(
        tag="tg_dsp_output",
        fields={
            "channels": int32("channels", words),
            "form": int(chosen.form),
            "out_min": channels.out_min,
            "out_max": channels.out_max,
        },
    )
