/* Products of a row with stored rows, four of these at a time.
 *
 * Stored rows lie in tiles of four. A tile of int8 is, for each quad of features, four bytes of each of the four rows;
 * a tile of int16, for each pair of features, two numbers of each row. What is missing at the end of a row is 0 in the
 * query, and anything in the tile.
 *
 * Bytes of a tile are row[k] + 128 (tg_row_products_s8), or that for even k only (tg_row_products_s8_dsp): so all
 * products come out too large by the same query.offset.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ROW_PRODUCTS_H
#define TG_ROW_PRODUCTS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

#define TG_TILE_ROWS 4
#define TG_QUAD 4
#define TG_PAIR 2
#define TG_LEAST_FEATURE (-127)

struct tg_row_query {
    int32_t norm;   /* |in|^2 */
    int32_t offset; /* what every product has too much */
};

/* Features in the order in which they are multiplied, at x, and what is needed of them. */
typedef struct tg_row_query tg_query_s8(const int8_t *in, int32_t depth, int16_t *x);
typedef struct tg_row_query tg_query_s16(const int16_t *in, int32_t depth, int16_t *x);

/* The products of x with the four rows of a tile. */
typedef void tg_products_s8(const uint8_t *tile, const int16_t *x, int32_t quads, int32_t *products);
typedef void tg_products_s16(const int16_t *tile, const int16_t *x, int32_t pairs, int32_t *products);

TG_EXTERN_C_END

#endif
