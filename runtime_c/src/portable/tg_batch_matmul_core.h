/* The product of matrices, compiled once per arithmetic. See tg_batch_matmul.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_BATCH_MATMUL_CORE_H
#define TG_BATCH_MATMUL_CORE_H

#include "tg_batch_matmul.h"
#include "tg_fixedpoint.h"

TG_INLINE int8_t tg_batch_matmul_finish(const struct tg_batch_matmul *layer, int32_t sum,
                                        enum tg_arithmetic arithmetic)
{
    const int32_t y = tg_requantize(sum, layer->multiplier, layer->shift, arithmetic);

    return (int8_t)tg_clamp(y + layer->out_zero_point, -128, 127);
}

TG_INLINE void tg_batch_matmul_one(const struct tg_batch_matmul *layer, const int8_t *a, const int8_t *b, int8_t *out,
                                   enum tg_arithmetic arithmetic)
{
    const int32_t a_zero = layer->a_zero_point;
    const int32_t b_zero = layer->b_zero_point;
    int32_t sum = 0;

    for (int32_t k = 0; k < layer->depth; k++) {
        sum += (a[k * layer->a_step] - a_zero) * (b[k * layer->b_step] - b_zero);
    }
    *out = tg_batch_matmul_finish(layer, sum, arithmetic);
}

/* Four neighbouring columns share the elements of the row. */
TG_INLINE void tg_batch_matmul_four(const struct tg_batch_matmul *layer, const int8_t *a, const int8_t *b, int8_t *out,
                                    enum tg_arithmetic arithmetic)
{
    const int32_t a_zero = layer->a_zero_point;
    const int32_t b_zero = layer->b_zero_point;
    const int32_t a_step = layer->a_step;
    const int32_t b_step = layer->b_step;
    const int8_t *const b1 = b + layer->b_column;
    const int8_t *const b2 = b1 + layer->b_column;
    const int8_t *const b3 = b2 + layer->b_column;
    int32_t sum0 = 0;
    int32_t sum1 = 0;
    int32_t sum2 = 0;
    int32_t sum3 = 0;
    int32_t at = 0;

    for (int32_t left = layer->depth; left > 0; left--) {
        const int32_t x = *a - a_zero;

        sum0 += x * (b[at] - b_zero);
        sum1 += x * (b1[at] - b_zero);
        sum2 += x * (b2[at] - b_zero);
        sum3 += x * (b3[at] - b_zero);
        a += a_step;
        at += b_step;
    }
    out[0] = tg_batch_matmul_finish(layer, sum0, arithmetic);
    out[1] = tg_batch_matmul_finish(layer, sum1, arithmetic);
    out[2] = tg_batch_matmul_finish(layer, sum2, arithmetic);
    out[3] = tg_batch_matmul_finish(layer, sum3, arithmetic);
}

TG_INLINE void tg_batch_matmul_whole(const struct tg_batch_matmul *layer, const int8_t *a, const int8_t *b, int8_t *out,
                                     enum tg_arithmetic arithmetic)
{
    for (int32_t n = 0; n < layer->batches; n++) {
        for (int32_t i = 0; i < layer->rows; i++) {
            int32_t j = 0;

            for (; j + 4 <= layer->columns; j += 4) {
                tg_batch_matmul_four(layer, a + i * layer->a_row, b + j * layer->b_column, out, arithmetic);
                out += 4;
            }
            for (; j < layer->columns; j++) {
                tg_batch_matmul_one(layer, a + i * layer->a_row, b + j * layer->b_column, out++, arithmetic);
            }
        }
        a += layer->rows * layer->depth;
        b += layer->columns * layer->depth;
    }
}

#endif
