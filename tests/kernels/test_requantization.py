"""Every form of the requantization against the textbook, around every threshold where an output changes."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.strategies import DETERMINISTIC, zero_points
from tinygen.fixedpoint import Arithmetic
from tinygen.ir import Range
from tinygen.kernels.kernel import Struct, int8, int32
from tinygen.kernels.requantization import Form, choose, fast, one_shift, textbook
from tinygen.proofs.channels import Channels

CHANNELS = 6

FORMS = {"one shift": one_shift, "fast": fast, "textbook": textbook, "chosen": choose}


@st.composite
def layers(draw: st.DrawFn, arithmetic: Arithmetic) -> Channels:
    """Channels whose outputs spread over a part of int8 or beyond it."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    bits = draw(st.integers(6, 30))
    reach = rng.integers(2 ** (bits - 1), 2**bits, CHANNELS)
    low = np.where(rng.random(CHANNELS) < 0.2, rng.integers(0, reach), -reach)
    zero_point = draw(zero_points())
    spread = draw(st.integers(-3, 3))
    octaves = draw(st.sampled_from([0, 1, 3, 9]))
    right = bits - 8 - spread + rng.integers(0, octaves + 1, CHANNELS)
    is_relu = draw(st.booleans())
    out_min = zero_point if is_relu else draw(st.sampled_from([-128, -128, -20]))
    return Channels(
        arithmetic=arithmetic,
        bias=rng.integers(-reach, reach + 1),
        multipliers=rng.integers(2**30, 2**31, CHANNELS),
        right=np.clip(right, -30, 31),
        acc=Range(low=low, high=np.maximum(low, reach)),
        zero_point=zero_point,
        out_min=out_min,
        out_max=max(out_min, draw(st.sampled_from([127, 127, 60]))),
    )


def accumulators(channels: Channels) -> np.ndarray:
    """[count, channels]: the ends, both sides of every step of the output, and some between."""
    low, high = channels.acc.low, channels.acc.high
    below, above = np.broadcast_to(low, (256, CHANNELS)), np.broadcast_to(high + 1, (256, CHANNELS))
    value = np.arange(-128, 128)[:, None]
    while (above - below > 1).any():
        middle = (below + above) >> 1
        reached = channels.textbook(middle) >= value
        below, above = np.where(reached, below, middle), np.where(reached, middle, above)
    between = np.random.default_rng(0).integers(low, high + 1, (200, CHANNELS))
    found = np.concatenate([low[None], high[None], below - 1, below, above, above + 1, between])
    return np.clip(found, low, high)


def struct_of(channels: Channels, chosen) -> Struct:
    count = 1 if chosen.form is Form.ONE_SHIFT else CHANNELS
    return Struct(
        tag="tg_requantization",
        fields={
            "biases": int32("biases", chosen.biases),
            "multipliers": int32("multipliers", chosen.multipliers),
            "shifts": int8("shifts", chosen.shifts[:count]),
            "channel_step": 1,
            "form": int(chosen.form),
            "prescale": chosen.prescale,
            "one": chosen.one,
            "sign": chosen.sign,
            "out_zero_point": channels.zero_point,
            "out_min": channels.out_min,
            "out_max": channels.out_max,
        },
    )


def in_c(library, channels: Channels, chosen, acc: np.ndarray) -> np.ndarray:
    """Outputs [count, channels] for accumulators [count, channels]."""
    count = len(acc)
    sums = np.ascontiguousarray((acc - channels.bias).T.astype(np.int32))
    with library.memory() as memory:
        out = memory.empty(count * CHANNELS)
        pointer = library.ffi.cast("int32_t *", memory.holding(sums).pointer)
        params = memory.struct(struct_of(channels, chosen))
        library.lib.tg_requantize_s8(params, 0, CHANNELS, pointer, count, out.pointer, CHANNELS)
        return out.bytes().view(np.int8).reshape(count, CHANNELS)


@pytest.mark.parametrize("arithmetic", list(Arithmetic), ids=lambda a: a.value)
def test_every_form_is_the_textbook(library, arithmetic):
    runs: Counter[str] = Counter()

    @DETERMINISTIC
    @given(layers(arithmetic))
    def check(channels):
        acc = accumulators(channels)
        wanted = channels.textbook(acc)
        for name, form in FORMS.items():
            chosen = form(channels)
            if chosen is not None:
                got = in_c(library, channels, chosen, acc)
                different = np.argwhere(got != wanted)
                assert not different.size, (name, acc[tuple(different[0])], channels)
                runs[f"{name}: {chosen.form.name}"] += 1

    check()
    assert all(runs[kind] > 10 for kind in ("one shift: ONE_SHIFT", "fast: FAST")), runs
    assert sum(runs[f"chosen: {form.name}"] > 0 for form in Form) == 3, runs


def relu_layer(right: list[int]) -> Channels:
    ones = np.ones(len(right), np.int64)
    return Channels(
        arithmetic=Arithmetic.TFLM,
        bias=0 * ones,
        multipliers=1518500250 * ones,
        right=np.array(right),
        acc=Range(low=-(2**17) * ones, high=2**17 * ones),
        zero_point=-128,
        out_min=-128,
        out_max=127,
    )


def test_usual_layers_take_the_cheapest_form():
    assert choose(relu_layer([9, 9, 10, 12])).form is Form.ONE_SHIFT
    linear = relu_layer([9, 9, 10, 12])
    linear = Channels(**{**vars(linear), "zero_point": 4})
    assert choose(linear).form is Form.FAST


def test_scales_too_far_apart_for_one_shift():
    assert choose(relu_layer([2, 23])).form is Form.FAST


def test_shift_to_the_left_is_done_by_the_book():
    assert choose(relu_layer([-2, 9])).form is Form.TFLM_TEXTBOOK
