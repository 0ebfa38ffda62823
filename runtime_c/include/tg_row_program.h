/* Layers that run row by row: where the rows of a tensor lie.
 *
 * Rows of tensors that are only partly in memory have addresses of their own: at[row] is a row's place in the block of
 * the segment, in words of 4 bytes. Two rows have the same address where one is dead before the other is made.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ROW_PROGRAM_H
#define TG_ROW_PROGRAM_H

#include "tg_common.h"

/* One row of a tensor in the block. */
TG_INLINE int8_t *tg_row_at(const uint16_t *at, int8_t *block, int32_t row)
{
    return block + 4 * (int32_t)at[row];
}

/* rows[0 .. count) are the rows first, first + 1, ... of a tensor in the block; pad_row outside of its row_count. */
TG_INLINE void tg_rows_at(const int8_t **rows, int32_t first, int32_t count, int32_t row_count,
                          const uint16_t *at, int8_t *block, const int8_t *pad_row)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t row = first + i;
        rows[i] = row >= 0 && row < row_count ? tg_row_at(at, block, row) : pad_row;
    }
}

/* Where a step's output rows go: the rows of which at[0 .. count) are the places. */
TG_INLINE void tg_out_rows_at(int8_t **outs, int32_t count, const uint16_t *at, int8_t *block)
{
    for (int32_t i = 0; i < count; i++) {
        outs[i] = tg_row_at(at, block, i);
    }
}

/* The same for rows that lie one after the other. */
TG_INLINE void tg_out_rows_in(int8_t **outs, int32_t count, int8_t *first, int32_t row_bytes)
{
    for (int32_t i = 0; i < count; i++) {
        outs[i] = first + i * row_bytes;
    }
}

/* Rows of a step, where fewer are left in the last one. */
TG_INLINE int32_t tg_at_most(int32_t left, int32_t rows)
{
    return left < rows ? left : rows;
}

/* As tg_rows_at for a tensor whose rows lie one after the other. */
TG_INLINE void tg_rows_in(const int8_t **rows, int32_t first, int32_t count, int32_t row_count,
                          const int8_t *tensor, int32_t row_bytes, const int8_t *pad_row)
{
    for (int32_t i = 0; i < count; i++) {
        const int32_t row = first + i;
        rows[i] = row >= 0 && row < row_count ? tensor + row * row_bytes : pad_row;
    }
}

#endif
