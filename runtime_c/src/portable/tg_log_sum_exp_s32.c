/* See tg_log_sum_exp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_log_sum_exp.h"

#define TG_LARGEST (1 << 30)

/* table[i] + (table[i + 1] - table[i]) * fraction / 2^bits */
static int32_t between(const int16_t *entry, uint32_t fraction, int32_t bits)
{
    return entry[0] + (((entry[1] - entry[0]) * (int32_t)fraction) >> bits);
}

/* 2^14 * log2(total / 2^15) */
static int32_t logarithm(const int16_t *table, uint32_t total)
{
    int32_t digits = 30;

    for (; total < 1u << 30; total <<= 1) {
        digits--;
    }
    return (digits - 15) * (1 << 14) + between(table + ((total >> 22) & 255u), (total >> 8) & 0x3FFFu, 14);
}

TG_KERNEL void tg_log_sum_exp_s32(const struct tg_log_sum_exp *layer, const int32_t *in, int32_t *out)
{
    const int32_t bits = layer->bits;
    const uint32_t last = (256u << bits) - 1u;
    int32_t largest = in[0];
    uint32_t total = 0;

    for (int32_t c = 1; c < layer->count; c++) {
        largest = in[c] > largest ? in[c] : largest;
    }
    for (int32_t c = 0; c < layer->count; c++) {
        const uint32_t distance = ((uint32_t)largest - (uint32_t)in[c]) >> layer->shift;
        const uint32_t place = distance > last ? last : distance;

        total += (uint32_t)between(layer->exponentials + (place >> bits), place & ((1u << bits) - 1u), bits);
    }
    largest = largest > TG_LARGEST ? TG_LARGEST : largest < -TG_LARGEST ? -TG_LARGEST : largest;
    *out = largest + ((logarithm(layer->logarithms, total) * layer->factor + (1 << (layer->factor_shift - 1)))
                      >> layer->factor_shift);
}
