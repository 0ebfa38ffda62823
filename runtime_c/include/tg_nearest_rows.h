/* The stored rows nearest to a row. Rules R2 and R3 of ARITHMETIC.md.
 *
 *   out[0 .. count - 1]          the least measures of in and a stored row, least first
 *   out[count .. 2 * count - 1]  the indices of these rows; of equal measures the lower index comes first
 *
 * tg_nearest_rows_s8, _s16: measures made of products,
 *
 *   sum of (in[k] - row[k])^2 = |in|^2 + |row|^2 - 2 * (in * row)    
 *   -(in * row)                                                      with `is_product`, and norms of 0
 *
 * Layout: see tg_row_products.h. The norms |row|^2 are in short_norms or, where that is NULL, in norms; of whole
 * tiles.
 * Scratch: 8 bytes for each quad (int8) or 4 for each pair of features (int16), aligned to 4.
 *
 * tg_nearest_differences_s8, _s16: sum of |in[k] - row[k]|, the largest of these, or the number
 * of those that are not 0.
 * Layout: rows [rows][depth].
 *
 * tg_nearest_squares_s8, _s16: sum of (in[k] - row[k])^2 without products: slower than tiles, which need norms and
 * whole tiles of flash.
 * Layout: rows [rows][depth].
 *
 * Features of int8 below -127 count as -127.
 * Overflow: the generator has proved that measures, norms and products stay below 2^30 + 2^29; sums of three of these
 * wrap, and the result does not.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_NEAREST_ROWS_H
#define TG_NEAREST_ROWS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_nearest_rows {
    int32_t rows;
    int32_t depth;
    int32_t count;
    int32_t is_product;
    const void *tiles;
    const uint16_t *short_norms;
    const int32_t *norms;
};

enum tg_difference { TG_DIFFERENCE_SUM, TG_DIFFERENCE_LARGEST, TG_DIFFERENCE_COUNT };

struct tg_nearest_differences {
    int32_t rows;
    int32_t depth;
    int32_t count;
    int32_t measure; /* an enum tg_difference */
    const void *stored;
};

struct tg_nearest_squares {
    int32_t rows;
    int32_t depth;
    int32_t count;
    const void *stored;
};

void tg_nearest_rows_s8(const struct tg_nearest_rows *layer, const int8_t *in, int32_t *out, void *scratch);
void tg_nearest_rows_s16(const struct tg_nearest_rows *layer, const int16_t *in, int32_t *out, void *scratch);
void tg_nearest_rows_s8_dsp(const struct tg_nearest_rows *layer, const int8_t *in, int32_t *out, void *scratch);
void tg_nearest_rows_s16_dsp(const struct tg_nearest_rows *layer, const int16_t *in, int32_t *out, void *scratch);
void tg_nearest_differences_s8(const struct tg_nearest_differences *layer, const int8_t *in, int32_t *out);
void tg_nearest_differences_s16(const struct tg_nearest_differences *layer, const int16_t *in, int32_t *out);
void tg_nearest_squares_s8(const struct tg_nearest_squares *layer, const int8_t *in, int32_t *out);
void tg_nearest_squares_s16(const struct tg_nearest_squares *layer, const int16_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
