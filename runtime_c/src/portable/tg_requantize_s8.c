/* From the sums of a block of outputs to int8. See tg_requantize_s8.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_requantize_s8.h"

/* Sums of some channels, and where they go. */
struct block {
    const int32_t *sums;
    int32_t channel;
    int32_t channels;
    int32_t pixels;
    int8_t *out;
    int32_t pixel_step;
};

static TG_NOINLINE int32_t textbook(const struct tg_requantization *r, int32_t acc, int32_t multiplier,
                                    int32_t shift)
{
    const int32_t y = r->form == TG_TFLM_TEXTBOOK ? tg_requantize_tflm(acc, multiplier, shift)
                                                  : tg_requantize_native(acc, multiplier, shift);

    return tg_clamp(y + r->out_zero_point, r->out_min, r->out_max);
}

static TG_NOINLINE void finish_by_the_book(const struct tg_requantization *r, const struct block *b)
{
    const int32_t *sum = b->sums;

    for (int32_t i = 0; i < b->channels; i++) {
        const int32_t at = (b->channel + i) * r->channel_step;
        const int32_t bias = r->biases[b->channel + i];

        for (int32_t p = 0; p < b->pixels; p++) {
            const int32_t acc = tg_scaled_sum(*sum++, 0, bias);

            b->out[p * b->pixel_step + i] = (int8_t)textbook(r, acc, r->multipliers[at], r->shifts[at]);
        }
    }
}

static TG_NOINLINE void finish_fast(const struct tg_requantization *r, const struct block *b)
{
    const int32_t *sum = b->sums;

    for (int32_t i = 0; i < b->channels; i++) {
        const int32_t at = (b->channel + i) * r->channel_step;
        const int32_t bias = r->biases[b->channel + i];
        const int32_t multiplier = r->multipliers[at];
        const int32_t shift = r->shifts[at];
        const int32_t offset = tg_fast_offset(r, shift);
        int8_t *out = b->out + i;

        for (int32_t p = 0; p < b->pixels; p++) {
            const int32_t t = tg_scaled_sum(*sum++, r->prescale, bias);
            const int32_t y = tg_fast(t, multiplier, offset, r->sign, shift);

            *out = (int8_t)tg_clamp(y, r->out_min, r->out_max);
            out += b->pixel_step;
        }
    }
}

/* TG_ONE_SHIFT. `saturates`, a compile-time constant: the bounds are those of int8. */
TG_INLINE void finish_one_shift(const struct tg_requantization *r, struct block b, int saturates)
{
    const int32_t prescale = r->prescale;
    const int32_t shift = *r->shifts;
    const int32_t low = r->out_min;
    const int32_t high = r->out_max;
    const int32_t step = r->channel_step;
    const int32_t *biases = r->biases + b.channel;
    const int32_t *multipliers = r->multipliers + b.channel * step;
    int8_t *const out_end = b.out + b.channels;

    while (b.out != out_end) {
        const int32_t bias = *biases++;
        const int32_t multiplier = *multipliers;
        int8_t *to = b.out++;

        for (int32_t p = b.pixels; p > 0; p--) {
            const int32_t t = tg_scaled_sum(*b.sums++, prescale, bias);
            const int32_t y = tg_multiply_high(t, multiplier) >> shift;

            *to = (int8_t)(saturates ? tg_saturate_s8(y) : tg_clamp(y, low, high));
            to += b.pixel_step;
        }
        multipliers += step;
    }
}

/* The same for one pixel: neighbouring outputs, one loop. */
static TG_NOINLINE void finish_one_pixel(const struct tg_requantization *r, const struct block *b)
{
    const int32_t prescale = r->prescale;
    const int32_t shift = *r->shifts;
    const int32_t step = r->channel_step;
    const int32_t *biases = r->biases + b->channel;
    const int32_t *multipliers = r->multipliers + b->channel * step;
    const int32_t *sum = b->sums;
    int8_t *out = b->out;
    int8_t *const out_end = out + b->channels;

    while (out != out_end) {
        const int32_t t = tg_scaled_sum(*sum++, prescale, *biases++);

        *out++ = (int8_t)tg_saturate_s8(tg_multiply_high(t, *multipliers) >> shift);
        multipliers += step;
    }
}

static TG_NOINLINE void finish_one_shift_clamped(const struct tg_requantization *r, const struct block *b)
{
    finish_one_shift(r, *b, 0);
}

TG_KERNEL void tg_requantize_s8(const struct tg_requantization *r, int32_t channel, int32_t channels,
                                const int32_t *sums, int32_t pixels, int8_t *out, int32_t pixel_step)
{
    const struct block b = {sums, channel, channels, pixels, out, pixel_step};

    const int saturates = r->out_min == -128 && r->out_max == 127;

    if (r->form == TG_ONE_SHIFT && saturates && pixels == 1) {
        finish_one_pixel(r, &b);
    } else if (r->form == TG_ONE_SHIFT && saturates) {
        finish_one_shift(r, b, 1);
    } else if (r->form == TG_ONE_SHIFT) {
        finish_one_shift_clamped(r, &b);
    } else if (r->form == TG_FAST) {
        finish_fast(r, &b);
    } else {
        finish_by_the_book(r, &b);
    }
}
