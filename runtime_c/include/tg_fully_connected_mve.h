/* Fully connected layer, int8, for Helium. Rules C1 and C5 of ARITHMETIC.md; see tg_fully_connected.h and tg_mve.h.
 *
 * A row that is not a multiple of 16 values is copied into scratch, where its last step can be read to the end.
 * Overflow: the generator bounds every sum.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FULLY_CONNECTED_MVE_H
#define TG_FULLY_CONNECTED_MVE_H

#include "tg_mve.h"

TG_EXTERN_C_BEGIN

struct tg_fully_connected_mve {
    struct tg_mve_dense dense;
    int32_t rows;
    int32_t depth;
    int8_t out_min;
    int8_t out_max;
};

/* in: rows * depth, out: rows * channels. `scratch`, 8-byte aligned: tinygen/kernels/fully_connected_mve.py. */
void tg_fully_connected_s8_mve(const struct tg_fully_connected_mve *layer, const int8_t *in, int8_t *out,
                               void *scratch);

TG_EXTERN_C_END

#endif
