"""Requantization in the cheapest form that is exact for a layer (`runtime_c/include/tg_requantize.h`).

ONE_SHIFT and FAST are y = clamp((floor(t * M / 2**32) + K - [t < 0] * correction) >> S), t = (sum << prescale) + T.
ONE_SHIFT has one S for all channels and K = 0; it is proved step by step (`tinygen.proofs.requantization`). FAST is
exact by algebra (`tinygen.proofs.nested_floors`). Every layer can be requantized as the textbook has it.
"""

import enum
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tinygen.fixedpoint import Arithmetic, Integers, wrap_int32
from tinygen.ir import Call
from tinygen.kernels.kernel import Struct, int8, int32
from tinygen.proofs.channels import Channels, channels_of
from tinygen.proofs.nested_floors import one_floor
from tinygen.proofs.requantization import Place, prove

LARGEST_PRESCALE, LARGEST_SHIFT = 16, 22
"""Of ONE_SHIFT: what the proof can count with."""

PRESCALES_TRIED = 5
"""The largest prescale leaves the finest steps; a few below it leave more room for T."""


class Form(enum.IntEnum):
    """`enum tg_form`."""

    ONE_SHIFT = 0
    FAST = 1
    TFLM_TEXTBOOK = 2
    NATIVE_TEXTBOOK = 3


STATEMENTS = {
    Form.ONE_SHIFT: "requantization by one product and one shift: equal to the textbook at every step",
    Form.FAST: "requantization by nested floors: no step can leave int32 for any input",
    Form.TFLM_TEXTBOOK: "requantization as the textbook has it, in 64 bits",
    Form.NATIVE_TEXTBOOK: "requantization as the textbook has it, in 64 bits",
}
"""What is proved of a form, in words."""


def statement_of(struct: Struct) -> str:
    """The same of a `struct tg_requantization`."""
    return STATEMENTS[Form(struct.fields["form"])]


@dataclass(frozen=True, kw_only=True, eq=False)
class Requantization:
    """The fields of `struct tg_requantization` that depend on the form."""

    form: Form
    biases: Integers
    multipliers: Integers
    shifts: Integers
    prescale: int = 0
    one: int = 0
    sign: int = 0


def requantization_struct(call: Call, weight_sums: NDArray) -> Struct:
    """`struct tg_requantization`; `weight_sums` [channels] are the sums of the channels' weights."""
    channels = channels_of(call, weight_sums)
    chosen = choose(channels)
    uniform = bool(np.ptp(chosen.multipliers) == 0 and np.ptp(chosen.shifts) == 0)
    count = 1 if uniform else len(chosen.multipliers)
    shift_count = 1 if chosen.form is Form.ONE_SHIFT else count
    return Struct(
        tag="tg_requantization",
        fields={
            "biases": int32("biases", chosen.biases),
            "multipliers": int32("multipliers", chosen.multipliers[:count]),
            "shifts": int8("shifts", chosen.shifts[:shift_count]),
            "channel_step": 0 if uniform else 1,
            "form": int(chosen.form),
            "prescale": chosen.prescale,
            "one": chosen.one,
            "sign": chosen.sign,
            "out_zero_point": channels.zero_point,
            "out_min": channels.out_min,
            "out_max": channels.out_max,
        },
    )


def choose(channels: Channels) -> Requantization:
    """The first form that is exact."""
    return one_shift(channels) or fast(channels) or textbook(channels)


def textbook(channels: Channels) -> Requantization:
    native = channels.arithmetic is Arithmetic.NATIVE
    return Requantization(
        form=Form.NATIVE_TEXTBOOK if native else Form.TFLM_TEXTBOOK,
        biases=channels.bias,
        multipliers=channels.multipliers,
        shifts=-channels.right,
    )


def fast(channels: Channels) -> Requantization | None:
    """FAST, if nothing in it can leave int32."""
    found = one_floor(channels)
    if found is None:
        return None
    ones = found.offsets - ((2 * channels.zero_point + 1) << channels.right)
    if np.ptp(ones) != 0:
        return None
    return Requantization(
        form=Form.FAST,
        biases=wrap_int32(channels.bias << found.prescale),
        multipliers=found.multipliers,
        shifts=found.shifts,
        prescale=found.prescale,
        one=int(ones[0]),
        sign=found.sign,
    )


def one_shift(channels: Channels) -> Requantization | None:
    """ONE_SHIFT with the largest prescale for which it is proved; None if there is none."""
    right = int(channels.right.min())
    if not channels.multipliers.all() or right < 0:
        return None
    most = min(31 - channels.largest_acc.bit_length(), LARGEST_PRESCALE, LARGEST_SHIFT + 1 - right)
    for prescale in range(most, max(most - PRESCALES_TRIED, 0), -1):
        found = prove(
            channels,
            place=Place.SUM,
            shift=right + prescale - 1,
            signs=False,
            least_prescale=prescale,
            most_prescale=prescale,
        )
        if found is not None:
            return Requantization(
                form=Form.ONE_SHIFT,
                biases=found.offsets,
                multipliers=found.multipliers,
                shifts=np.full_like(found.multipliers, found.shift),
                prescale=prescale,
            )
    return None
