/* Rows of one channel as lines of words: two cells, `stride` apart, in each word.
 *
 *   line[j] = x[j - stride] + (x[j] << 16)        for j in [0, count + stride)
 *
 * as a sum modulo 2^32, where x[0 .. count) are the cells of a row, and x is padding elsewhere.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_LINES_V6M_H
#define TG_DEPTHWISE_LINES_V6M_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* `cells`, `line` and `lines` are counted on while lines are made. */
struct tg_lines_v6m {
    const int8_t *cells;
    int32_t *line;
    int32_t step; /* bytes from a cell to the next */
    int32_t padding;
    int32_t stride; /* 1 or 2 */
    int32_t count;  /* cells of a row: 1 or more */
    int32_t row_bytes;
    int32_t line_bytes;
    int32_t lines; /* 1 or more */
};

void tg_depthwise_lines_v6m(struct tg_lines_v6m *lines);

TG_EXTERN_C_END

#endif
