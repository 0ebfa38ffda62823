/* Votes and means of the nearest rows: of what tg_nearest_rows.h found. Rules R4 and R5 of ARITHMETIC.md.
 *
 *   tg_neighbor_votes_s32   out[c] = sum of the weights of the neighbours of class c
 *   tg_neighbor_counts_s32  the same with weights of 1
 *   tg_neighbor_means_s32   out[m] = bias[m] + ((sum over neighbours of share * values[neighbour][m]) >> shift)
 *
 * Input: measures in[count], the least one first, then rows in[count]. Weights are 1, or
 * 2^15 * (in[0] / in[i]), or 2^15 * sqrt(in[0] / in[i]), rounded down; shares 1, or 2^15 * weight / sum of the weights.
 * Overflow: shares sum up to 2^15 at most, and values are int16; with uniform weights the generator has proved that
 * sums fit.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_NEIGHBORS_H
#define TG_NEIGHBORS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

enum tg_neighbor_weights { TG_UNIFORM, TG_INVERSE, TG_INVERSE_ROOT };

struct tg_neighbor_votes {
    int32_t count;
    int32_t classes;
    int32_t weights; /* enum tg_neighbor_weights */
    const uint8_t *labels;
};

struct tg_neighbor_counts {
    int32_t count;
    int32_t classes;
    const uint8_t *labels;
};

struct tg_neighbor_means {
    int32_t count;
    int32_t outputs;
    int32_t shift;
    int32_t weights; /* enum tg_neighbor_weights */
    const int16_t *values;
    const int32_t *bias;
};

void tg_neighbor_votes_s32(const struct tg_neighbor_votes *layer, const int32_t *in, int32_t *out);
void tg_neighbor_counts_s32(const struct tg_neighbor_counts *layer, const int32_t *in, int32_t *out);
void tg_neighbor_means_s32(const struct tg_neighbor_means *layer, const int32_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
