/* A vector times a weight matrix on Armv6-M, which loads bytes with an offset only without their sign.
 *
 *   out[o] = requantize(sum x[k] * (weights[o][k] - 128))
 *
 * Layout: see tg_dense.h; the weights are uint8, 128 above those of the layer.
 * Overflow: as in the layer that calls; the sum of x * weights wraps, and its difference to 128 * sum x is right.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DENSE_ONE_S8_V6M_H
#define TG_DENSE_ONE_S8_V6M_H

#include "tg_dense.h"

TG_EXTERN_C_BEGIN

void tg_dense_one_s8_v6m(const struct tg_dense *dense, const int8_t *x, int8_t *out);

TG_EXTERN_C_END

#endif
