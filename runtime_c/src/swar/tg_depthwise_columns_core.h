/* Columns in C: what the assembly of the cores computes. See tg_depthwise_columns.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_COLUMNS_CORE_H
#define TG_DEPTHWISE_COLUMNS_CORE_H

#include "tg_depthwise_columns.h"
#include "tg_fixedpoint.h"

/* The output for the window whose first byte is *byte. */
TG_INLINE uint8_t tg_depthwise_window(const struct tg_depthwise_columns *c, const uint8_t *byte)
{
    uint32_t sum = (uint32_t)c->offset;
    int32_t h;

    for (int32_t kx = 0; kx < 3; kx++) {
        for (int32_t ky = 0; ky < 3; ky++) {
            sum += (uint32_t)c->weights[3 * kx + ky] * (uint32_t)(int8_t)byte[4 * kx + ky];
        }
    }
    h = tg_multiply_high(tg_wrap_int32(sum), c->multiplier) + (tg_wrap_int32(sum) >= 0 ? c->sign : 0);
    return (uint8_t)tg_saturate_s8((h + c->after) >> c->shift);
}

TG_INLINE void tg_depthwise_run_columns(const struct tg_depthwise_columns *c)
{
    for (int32_t pass = 0; pass < c->passes; pass++) {
        uint8_t *const first = c->words + pass * c->pass_step;

        for (uint8_t *at = first; at != first + c->out_bytes; at += c->column_step) {
            const uint8_t lower = tg_depthwise_window(c, at + 1);

            at[0] = c->is_pair ? tg_depthwise_window(c, at) : lower;
            at[1] = lower;
        }
    }
}

#endif
