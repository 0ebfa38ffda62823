/* See tg_mul_high.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fixedpoint.h"
#include "tg_mul_high.h"

TG_KERNEL void tg_mul_high_s8(const struct tg_mul_high *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    const struct tg_mul_high k = *layer;

    for (int32_t row = k.rows; row > 0; row--) {
        const int8_t *gate = b;

        for (const int8_t *const end = a + k.depth; a != end; a++) {
            const int32_t p = (*a - k.a_zero_point) * (*gate++ - k.b_zero_point);
            const int32_t h = tg_multiply_high(tg_wrap_int32((uint32_t)p << k.prescale), k.multiplier);

            *out++ = (int8_t)tg_saturate_s8((h + k.offset + (p >> 31 & k.minus_one)) >> k.shift);
        }
        b += k.b_step;
    }
}
