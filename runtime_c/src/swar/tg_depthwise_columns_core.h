/* Columns in C: what the assembly of the cores computes. See tg_depthwise_columns.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_COLUMNS_CORE_H
#define TG_DEPTHWISE_COLUMNS_CORE_H

#include "tg_depthwise_columns.h"
#include "tg_fixedpoint.h"

/* The output for the window whose first byte is *byte. */
TG_INLINE int8_t tg_depthwise_window(const struct tg_depthwise_columns *c, const uint8_t *byte)
{
    uint32_t sum = (uint32_t)c->offset;
    int32_t h;

    for (int32_t kx = 0; kx < 3; kx++) {
        for (int32_t ky = 0; ky < 3; ky++) {
            sum += (uint32_t)c->weights[3 * kx + ky] * (uint32_t)(int8_t)byte[4 * kx + ky];
        }
    }
    h = tg_multiply_high(tg_wrap_int32(sum), c->multiplier) + (tg_wrap_int32(sum) >= 0 ? c->sign : 0);
    return (int8_t)tg_saturate_s8((h + c->after) >> c->shift);
}

TG_INLINE void tg_depthwise_run_columns(const struct tg_depthwise_columns *c)
{
    const int32_t rows = c->is_pair ? 2 : 1;

    for (int32_t pass = 0; pass < c->passes; pass++) {
        const uint8_t *const words = c->words + pass * c->pass_step;
        int8_t *const *const out = c->out + pass * rows;
        int32_t to = c->channel;

        for (int32_t at = 0; at < c->row_bytes; at += c->column_step) {
            out[rows - 1][to] = tg_depthwise_window(c, words + at + 1);
            if (c->is_pair) {
                out[0][to] = tg_depthwise_window(c, words + at);
            }
            to += c->out_step;
        }
    }
}

#endif
