/* A row of one channel as a line of words for tg_depthwise_3x3_lanes_v6m: two cells, `stride` apart, in each word.
 *
 *   line[j] = x[j - stride] + (x[j] << 16)        for j in [0, count + stride)
 *
 * as a sum modulo 2^32, where x[0 .. count) are the cells, one every `step` bytes, and x is padding elsewhere.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_LINE_V6M_H
#define TG_DEPTHWISE_LINE_V6M_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_line_v6m {
    int32_t count; /* 1 or more */
    int32_t padding;
    int32_t stride; /* 1 or 2 */
};

void tg_depthwise_line_v6m(const struct tg_line_v6m *shape, const int8_t *cells, int32_t step, int32_t *line);

TG_EXTERN_C_END

#endif
