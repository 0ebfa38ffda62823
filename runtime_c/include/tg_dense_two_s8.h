/* Two vectors times a weight matrix: what the pixels of dense layers have in common.
 *
 *   out[o] = requantize(sum x[k] * weights[o][k]), and out[out_step + o] from y
 *
 * Layout: see tg_dense.h. Overflow: as in the layer that calls.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DENSE_TWO_S8_H
#define TG_DENSE_TWO_S8_H

#include "tg_dense.h"

TG_EXTERN_C_BEGIN

void tg_dense_two_s8(const struct tg_dense *dense, const int8_t *x, const int8_t *y, int8_t *out,
                     int32_t out_step);

TG_EXTERN_C_END

#endif
