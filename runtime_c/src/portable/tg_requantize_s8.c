/* From int32 accumulators to int8. See tg_requantize_s8.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fixedpoint.h"
#include "tg_requantize_s8.h"

/* The accumulators of some channels, and where they go. */
struct block {
    const int32_t *multipliers;
    const int8_t *shifts;
    const int32_t *acc;
    int32_t channels;
    int32_t pixels;
    int8_t *out;
    int32_t pixel_step;
};

TG_INLINE int32_t finish_one(const struct tg_requantization *r, int32_t acc, int32_t multiplier,
                             int32_t offset, int32_t shift, enum tg_form form)
{
    switch (form) {
    case TG_SINGLE:
        return (tg_multiply_high(acc * 4, multiplier) + offset) >> shift;
    case TG_DOUBLE:
        return (tg_multiply_high_rounded(acc * 2, multiplier) + offset - (acc < 0)) >> shift;
    case TG_TFLM_TEXTBOOK:
        return tg_requantize_tflm(acc, multiplier, shift) + r->out_zero_point;
    default:
        return tg_requantize_native(acc, multiplier, shift) + r->out_zero_point;
    }
}

/* `form` is a compile-time constant. */
TG_INLINE void finish_block(const struct tg_requantization *r, struct block b, enum tg_form form)
{
    const int32_t step = r->channel_step;
    const int32_t low = r->out_min;
    const int32_t high = r->out_max;
    const int32_t one = r->one;
    const int32_t zero = 2 * r->out_zero_point + 1;
    int8_t *const out_end = b.out + b.channels;

    for (; b.out != out_end; b.out++) {
        const int32_t multiplier = *b.multipliers;
        const int32_t shift = *b.shifts;
        const int32_t offset = form <= TG_DOUBLE ? zero * ((int32_t)1 << (shift - 1)) + one : 0;
        int8_t *out = b.out;

        for (int32_t p = b.pixels; p > 0; p--) {
            const int32_t y = finish_one(r, *b.acc++, multiplier, offset, shift, form);

            *out = (int8_t)tg_clamp(y, low, high);
            out += b.pixel_step;
        }
        b.multipliers += step;
        b.shifts += step;
    }
}

static TG_NOINLINE void finish_single(const struct tg_requantization *r, const struct block *b)
{
    finish_block(r, *b, TG_SINGLE);
}

static TG_NOINLINE void finish_double(const struct tg_requantization *r, const struct block *b)
{
    finish_block(r, *b, TG_DOUBLE);
}

static TG_NOINLINE void finish_tflm(const struct tg_requantization *r, const struct block *b)
{
    finish_block(r, *b, TG_TFLM_TEXTBOOK);
}

static TG_NOINLINE void finish_native(const struct tg_requantization *r, const struct block *b)
{
    finish_block(r, *b, TG_NATIVE_TEXTBOOK);
}

TG_KERNEL void tg_requantize_s8(const struct tg_requantization *r, int32_t channel, int32_t channels,
                                const int32_t *acc, int32_t pixels, int8_t *out, int32_t pixel_step)
{
    struct block b;

    b.multipliers = r->multipliers + channel * r->channel_step;
    b.shifts = r->shifts + channel * r->channel_step;
    b.acc = acc;
    b.channels = channels;
    b.pixels = pixels;
    b.out = out;
    b.pixel_step = pixel_step;
    if (r->form == TG_SINGLE) {
        finish_single(r, &b);
    } else if (r->form == TG_DOUBLE) {
        finish_double(r, &b);
    } else if (r->form == TG_TFLM_TEXTBOOK) {
        finish_tflm(r, &b);
    } else {
        finish_native(r, &b);
    }
}
