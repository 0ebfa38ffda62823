/* Sums of kernels with 30 bits each. Rules R9 and R10 of ARITHMETIC.md.
 *
 *   sums[g][m] = sum over the rows n of group g of coefficients[n][m] * kernel of in and row n
 *   out[m]     = clamp((sums[0][m] + bias[m] * 2^bias_shift + half) >> sum_shift), of a single group
 *   out[pair]  = the same of sums[i][j - 1] + sums[j][i], of several, for all groups i < j in order
 *
 *   degree 0:  d = (sum over k of (in[k] - row[k])^2) >> measure_shift, kernel = 2^(30 - e), e = (d * factor >>
 *              factor_shift) / 2^32, by a table of 2^(-i / 64) and three terms of the series for the rest
 *   degree 1.. p = clamp((((sum over k of in[k] * row[k]) >> measure_shift) * factor >> factor_shift) + offset, -2^30,
 *              2^30), kernel = p, then degree - 1 times (kernel * p) >> 30
 *
 * tg_distance_kernel_sums_...: degree 0, and other functions of the squared distance, by `form`:
 *
 *   TG_RATIONAL  x = 2^28 + min((d >> measure_shift) * factor >> factor_shift, 2^60), log = log2(x / 2^28) with 28 bits,
 *                kernel = 2^(30 - e), e = (log * power >> power_shift) / 2^32
 *   others       r = floor(sqrt(d << measure_shift)), E = 2^(30 - e), e = (r * factor >> factor_shift) / 2^32,
 *                z = e * log(2) with 26 bits: TG_MATERN_1 E; TG_MATERN_3 E * (1 + z); TG_MATERN_5 E * (1 + z + z^2 / 3)
 *
 * half = 2^(sum_shift - 1), of shift 0: 0. Shifts are arithmetic; out is clamped to int32.
 * Layout: rows [n][depth] of the type of the features; coefficients [n][outputs]; edges: the first row of every group, and
 * the number of rows. Scratch, aligned to 8: int64 sums [groups][outputs].
 * Overflow: features and rows are within 2^28; the generator has proved that measures, their products with the factor,
 * and sums stay below 2^62.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_WIDE_KERNEL_SUMS_H
#define TG_WIDE_KERNEL_SUMS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

enum tg_distance_form { TG_MATERN_1, TG_MATERN_3, TG_MATERN_5, TG_RATIONAL };

struct tg_wide_kernel_sums {
    int32_t groups;
    int32_t depth;
    int32_t outputs; /* of a group: with several, their number less 1 */
    int32_t degree;
    int32_t measure_shift;
    int32_t factor;
    int32_t factor_shift;
    int32_t offset;
    int32_t sum_shift;
    int32_t bias_shift;
    const void *rows;
    const int32_t *coefficients;
    const int32_t *edges;
    const int32_t *bias;
    const int32_t *roots; /* 2^(30 - i / 64), of degree 0 */
    int32_t form;         /* enum tg_distance_form */
    int32_t power;
    int32_t power_shift;
};

void tg_wide_kernel_sums_s8(const struct tg_wide_kernel_sums *layer, const int8_t *in, int32_t *out, void *scratch);
void tg_wide_kernel_sums_s16(const struct tg_wide_kernel_sums *layer, const int16_t *in, int32_t *out, void *scratch);
void tg_wide_kernel_sums_s32(const struct tg_wide_kernel_sums *layer, const int32_t *in, int32_t *out, void *scratch);
void tg_distance_kernel_sums_s8(const struct tg_wide_kernel_sums *layer, const int8_t *in, int32_t *out, void *scratch);
void tg_distance_kernel_sums_s16(const struct tg_wide_kernel_sums *layer, const int16_t *in, int32_t *out,
                                 void *scratch);
void tg_distance_kernel_sums_s32(const struct tg_wide_kernel_sums *layer, const int32_t *in, int32_t *out,
                                 void *scratch);

TG_EXTERN_C_END

#endif
