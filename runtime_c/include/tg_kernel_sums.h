/* Sums of a function of the distance to stored rows. Rules R2 and R6 of ARITHMETIC.md.
 *
 *   sums[g][m] = sum over tiles of group g of
 *                (sum over rows n of the tile of coefficients[n][m] * kernel(measure of in and row n)) >> sum_shift
 *   out[m]     = sums[0][m] + bias[m], of a single group
 *   out[pair]  = sums[i][j - 1] + sums[j][i] + bias[pair], of several, for all groups i < j in order
 *
 *   measure              = norm of in + norms[n] - 2 * (in * row n), or -(in * row n) without norms
 *   t                    = clamp(measure - first, 0, last), i = t >> shift, f = the bits of t below
 *   kernel               = table[i] + ((table[i + 1] - table[i]) * f >> shift)
 *
 * Layout: rows as in tg_row_products.h, with tiles[g] tiles for group g, of which unused rows have coefficients of 0;
 * coefficients [tile][outputs][4 rows]. Shifts are arithmetic.
 * Scratch, aligned to 4: 8 bytes for each quad (int8) or 4 for each pair of features (int16); of several groups then
 * the sums.
 * Features of int8 below -127 count as -127.
 * Overflow: the generator has proved that measures less `first`, the interpolation and all partial sums fit in int32.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_KERNEL_SUMS_H
#define TG_KERNEL_SUMS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_kernel_sums {
    int32_t groups;
    int32_t depth;
    int32_t outputs; /* of a group: with several, their number less 1 */
    int32_t first;
    int32_t last;
    int32_t shift;
    int32_t sum_shift;
    const uint16_t *tiles_of_group;
    const void *tiles;
    const int32_t *norms; /* or NULL */
    const int16_t *coefficients;
    const int32_t *bias;
    const int16_t *table;
};

void tg_kernel_sums_s8(const struct tg_kernel_sums *layer, const int8_t *in, int32_t *out, void *scratch);
void tg_kernel_sums_s16(const struct tg_kernel_sums *layer, const int16_t *in, int32_t *out, void *scratch);
void tg_kernel_sums_s8_dsp(const struct tg_kernel_sums *layer, const int8_t *in, int32_t *out, void *scratch);
void tg_kernel_sums_s16_dsp(const struct tg_kernel_sums *layer, const int16_t *in, int32_t *out, void *scratch);

TG_EXTERN_C_END

#endif
