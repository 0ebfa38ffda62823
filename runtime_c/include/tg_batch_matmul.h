/* Products of matrices that are computed at run time, int8. Rules B1 and B2 of ARITHMETIC.md.
 *
 *   out[n][i][j] = clamp(requantize(sum over k of (a - a_zero_point) * (b - b_zero_point)) + out_zero_point)
 *   a = a_matrix[n][i * a_row + k * a_step], b = b_matrix[n][j * b_column + k * b_step]
 *
 * Overflow: depth < 2^15, and the generator bounds 255 * 255 * depth times the left shift of the multiplier.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_BATCH_MATMUL_H
#define TG_BATCH_MATMUL_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_batch_matmul {
    int32_t batches;
    int32_t rows;
    int32_t columns;
    int32_t depth;
    int32_t a_row;    /* from one row of a to the next */
    int32_t a_step;   /* from one element of a row to the next */
    int32_t b_column; /* from one column of b to the next */
    int32_t b_step;   /* from one element of a column to the next */
    int32_t multiplier;
    int8_t shift;
    int8_t a_zero_point;
    int8_t b_zero_point;
    int8_t out_zero_point;
};

void tg_batch_matmul_s8(const struct tg_batch_matmul *layer, const int8_t *a, const int8_t *b, int8_t *out);
void tg_batch_matmul_s8_native(const struct tg_batch_matmul *layer, const int8_t *a, const int8_t *b, int8_t *out);

TG_EXTERN_C_END

#endif
