/* Products of channels that stand alone: those that are left of a layer's blocks of four. See tg_dense.h.
 *
 *   tg_dense_dots_one = sum x[k] * w[k];   tg_dense_dots: sums[0] the same, sums[1] = sum y[k] * w[k]
 *
 * Overflow: as in the layer that calls.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DENSE_DOTS_H
#define TG_DENSE_DOTS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

int32_t tg_dense_dots_one(const int8_t *x, const int8_t *w, int32_t depth);

void tg_dense_dots(const int8_t *x, const int8_t *y, const int8_t *w, int32_t depth, int32_t *sums);

TG_EXTERN_C_END

#endif
