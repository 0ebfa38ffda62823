/* Joins tensors along a dimension: one call for each input, which copies its part. Rule D2 of ARITHMETIC.md.
 *
 *   out[b * out_step + offset + i] = in[b * size + i] for b in [0, blocks), i in [0, size)
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONCATENATE_H
#define TG_CONCATENATE_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_concatenate {
    int32_t blocks;   /* product of the dimensions before the one that is joined */
    int32_t size;     /* of a block of this input */
    int32_t out_step; /* size of a block of the output */
    int32_t offset;   /* of this input in a block of the output */
};

void tg_concatenate_s8(const struct tg_concatenate *layer, const int8_t *in, int8_t *out);

/* The same for Armv7-M. */
void tg_concatenate_s8_v7m(const struct tg_concatenate *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
