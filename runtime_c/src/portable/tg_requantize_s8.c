/* From the accumulators of a block of outputs to int8. See tg_requantize_s8.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_requantize_s8.h"

static TG_NOINLINE int32_t textbook(const struct tg_requantization *r, int32_t acc, int32_t multiplier,
                                    int32_t shift)
{
    const int32_t y = r->form == TG_TFLM_TEXTBOOK ? tg_requantize_tflm(acc, multiplier, shift)
                                                  : tg_requantize_native(acc, multiplier, shift);

    return tg_clamp(y + r->out_zero_point, r->out_min, r->out_max);
}

/* The same for the rare layers that the fast form does not suit. */
static TG_NOINLINE void finish_by_the_book(const struct tg_requantization *r, int32_t channel,
                                           int32_t channels, const int32_t *acc, int32_t pixels, int8_t *out,
                                           int32_t pixel_step)
{
    for (int32_t i = 0; i < channels; i++) {
        const int32_t at = (channel + i) * r->channel_step;

        for (int32_t p = 0; p < pixels; p++) {
            out[p * pixel_step + i] = (int8_t)textbook(r, *acc++, r->multipliers[at], r->shifts[at]);
        }
    }
}

TG_KERNEL void tg_requantize_s8(const struct tg_requantization *r, int32_t channel, int32_t channels,
                                const int32_t *acc, int32_t pixels, int8_t *out, int32_t pixel_step)
{
    const int32_t step = r->channel_step;
    const int32_t *multipliers = r->multipliers + channel * step;
    const int8_t *shifts = r->shifts + channel * step;
    const int32_t low = r->out_min;
    const int32_t high = r->out_max;
    const int32_t sign = r->sign;
    const int32_t half = 2 * r->out_zero_point + 1;
    const int32_t one = r->one;
    int8_t *const out_end = out + channels;

    if (r->form != TG_FAST) {
        finish_by_the_book(r, channel, channels, acc, pixels, out, pixel_step);
        return;
    }
    for (; out != out_end; out++) {
        const int32_t shift = *shifts;
        const int32_t multiplier = *multipliers;
        const int32_t offset = half * ((int32_t)1 << (shift - 1)) + one;
        const int32_t *const acc_end = acc + pixels;
        int8_t *to = out;

        do {
            const int32_t y = tg_fast(*acc++, multiplier, offset, sign, shift);

            *to = (int8_t)tg_clamp(y, low, high);
            to += pixel_step;
        } while (acc != acc_end);
        multipliers += step;
        shifts += step;
    }
}
