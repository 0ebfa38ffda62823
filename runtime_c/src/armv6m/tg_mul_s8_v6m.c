/* See tg_mul_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fixedpoint.h"
#include "tg_mul_v6m.h"

/* round(p * multiplier / 2^31), half upwards. */
TG_INLINE int32_t scaled(int32_t p, uint32_t high, uint32_t low)
{
    const uint32_t size = (uint32_t)(p < 0 ? -p : p);
    const uint32_t lower = size * low;
    const uint32_t sum = size * high + (lower >> 16) + 0x4000u;

    if (p >= 0) {
        return (int32_t)(sum >> 15);
    }
    return -(int32_t)((sum - ((lower & 0xFFFFu) == 0)) >> 15);
}

TG_KERNEL void tg_mul_s8_v6m(const struct tg_mul_v6m *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    const uint32_t high = (uint32_t)layer->multiplier >> 16;
    const uint32_t low = (uint32_t)layer->multiplier & 0xFFFFu;
    const int32_t shift = layer->shift;
    const int32_t half = 1 << (shift - 1);
    const int32_t a_zero = layer->a_zero_point;
    const int32_t b_zero = layer->b_zero_point;
    const int32_t zero = layer->out_zero_point;
    const int32_t least = layer->out_min;
    const int32_t most = layer->out_max;
    const int8_t *row_b = b;

    for (int32_t row = layer->rows; row > 0; row--) {
        b = row_b;
        for (const int8_t *const end = a + layer->depth; a != end; a++) {
            const int32_t t = scaled((*a - a_zero) * (*b++ - b_zero), high, low);

            *out++ = (int8_t)tg_clamp(((t + half + (t >> 31)) >> shift) + zero, least, most);
        }
        row_b += layer->b_step;
    }
}
