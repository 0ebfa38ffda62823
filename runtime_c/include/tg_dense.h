/* A weight matrix, packed for one pointer that only moves forward: output channels in blocks of four, each block
 * interleaved [depth][4], then the channels that are left, each [depth]. Four channels share every load of an input,
 * two inputs share every load of a weight.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DENSE_H
#define TG_DENSE_H

#include "tg_common.h"
#include "tg_requantize.h"

struct tg_dense {
    const int8_t *weights;
    const struct tg_requantization *requantization;
    int32_t depth;         /* products per output */
    int32_t channels;
    int32_t first_channel; /* of the layer, where the requantization starts */
};

/* Outputs for the vectors x and, unless it is null, y: from `out` on, and out_step bytes behind. */
typedef void tg_dense_pixels(const struct tg_dense *dense, const int8_t *x, const int8_t *y, int8_t *out,
                             int32_t out_step);

#endif
