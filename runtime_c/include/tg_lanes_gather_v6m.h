/* Takes the cells of a window apart into words, in the order in which tg_lanes_multiply_v6m wants them.
 *
 *   x[i] = cells[offsets[i]]        for i in [0, end - x), a multiple of 4
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_LANES_GATHER_V6M_H
#define TG_LANES_GATHER_V6M_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

void tg_lanes_gather_v6m(const int8_t *cells, const int16_t *offsets, int32_t *x, int32_t *end);

TG_EXTERN_C_END

#endif
