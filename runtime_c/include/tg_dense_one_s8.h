/* A vector times a weight matrix: what a pixel of dense layers, or a row of a fully connected layer, is.
 *
 *   out[o] = requantize(correction + sum x[k] * weights[o][k])
 *
 * Layout: see tg_dense.h. Overflow: as in the layer that calls.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DENSE_ONE_S8_H
#define TG_DENSE_ONE_S8_H

#include "tg_dense.h"

TG_EXTERN_C_BEGIN

void tg_dense_one_s8(const struct tg_dense *dense, const int8_t *x, int32_t correction, int8_t *out);

TG_EXTERN_C_END

#endif
