/* Fully connected layer, int8. Rules C1 and C5 of ARITHMETIC.md.
 *
 *   out[r][o] = requantize(sum in[r][k] * (weights[o][k] - weights_zero_point))
 *
 * Layout: in [rows][depth], out [rows][channels]; weights packed as tg_dense.h says.
 * Overflow: no partial sum of the int32 accumulator can overflow; the generator bounds it for the weights of
 * every channel.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FULLY_CONNECTED_H
#define TG_FULLY_CONNECTED_H

#include "tg_common.h"
#include "tg_requantize.h"

TG_EXTERN_C_BEGIN

struct tg_fully_connected {
    int32_t rows;
    int32_t depth;
    int32_t channels;
    const int8_t *weights;
    int8_t weights_zero_point;
    struct tg_requantization requantization;
};

/* Symmetric weights: weights_zero_point is 0. */
void tg_fully_connected_s8(const struct tg_fully_connected *layer, const int8_t *in, int8_t *out);

/* Weights with any zero point. */
void tg_fully_connected_asymmetric_s8(const struct tg_fully_connected *layer, const int8_t *in, int8_t *out);

/* Symmetric weights on Armv6-M, 128 higher, as uint8 (tg_dense_one_s8_v6m.h). */
void tg_fully_connected_s8_v6m(const struct tg_fully_connected *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
