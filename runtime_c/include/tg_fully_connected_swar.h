/* Fully connected layer, int8, for cores without SIMD instructions. Rules C1 and C5 of ARITHMETIC.md; see
 * tg_fully_connected.h for the formula and tg_swar_dense.h for the arithmetic.
 *
 * A row of the input is brought into the order of the weights in scratch; then the outputs run over it, four at a time.
 *
 * Layout: weights [ceil(channels / 4)][blocks][block] words; order[blocks * block]: the input for each place.
 * Overflow: see tg_swar.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FULLY_CONNECTED_SWAR_H
#define TG_FULLY_CONNECTED_SWAR_H

#include "tg_common.h"
#include "tg_swar.h"

TG_EXTERN_C_BEGIN

struct tg_fully_connected_swar {
    int32_t rows;
    int32_t depth;
    int32_t channels;
    int16_t block;
    int16_t blocks;
    const uint16_t *order;
    const int32_t *weights;
    struct tg_swar_output output;
};

/* in: rows * depth, out: rows * channels. `scratch`: tinygen/kernels/fully_connected_swar.py, 8-byte aligned. */
void tg_fully_connected_s8_v7m(const struct tg_fully_connected_swar *layer, const int8_t *in, int8_t *out,
                               void *scratch);
void tg_fully_connected_s8_rv32(const struct tg_fully_connected_swar *layer, const int8_t *in, int8_t *out,
                                void *scratch);

TG_EXTERN_C_END

#endif
