/* Distances to stored rows, one row after the other. Rules R2 and R11 to R14 of ARITHMETIC.md.
 *
 *   tg_row_distances:  out[n] = floor(2^8 * sqrt(squared distance of in and row n))
 *   tg_radius_votes:   out[c] = the number of rows with the label c whose measure is at most `limit`; of none,
 *                      out[outlier] = 1
 *   tg_radius_means:   out[m] = bias[m] + trunc(2^8 * (sum of values[n][m]) / number) over the rows n whose measure is at
 *                      most `limit`; of none, bias[m]
 *   tg_radius_weighted_votes, tg_radius_weighted_means: the same with weights of rule R4 in place of 1, the nearest row
 *                      within the limit being the first; they go over all rows twice. Scratch of the means, aligned to
 *                      8: int64 sums [outputs]
 *   tg_outlier_factor: in = count measures, then count rows, of tg_nearest_rows; out = max(bias - ((sum of
 *                      densities[row]) * (sum of max(distance, reaches[row])) >> shift), -2^31), distance = floor(2^8 *
 *                      sqrt(measure))
 *
 * Layout: rows [rows][depth] of the type of the features, values [rows][outputs].
 * Features of int8 below -127 count as -127.
 * Squared measures of int32 features, which are within 2^28, are >> 30.
 * Overflow: the generator has proved that measures stay below 2^30 + 2^29; up to 65535 values of int16 add up below 2^31;
 * up to 256 densities up to 2^20, times as many distances below 2^24, stay below 2^60.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ROW_MEASURES_H
#define TG_ROW_MEASURES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

enum tg_row_measure { TG_MEASURE_SQUARED, TG_MEASURE_MANHATTAN, TG_MEASURE_CHEBYSHEV };

struct tg_row_distances {
    int32_t rows;
    int32_t depth;
    const void *stored;
};

struct tg_radius_votes {
    int32_t rows;
    int32_t depth;
    const void *stored;
    int32_t measure;
    int32_t limit;
    int32_t classes;
    int32_t outlier;
    const uint8_t *labels;
    int32_t weights; /* enum tg_neighbor_weights */
};

struct tg_radius_means {
    int32_t rows;
    int32_t depth;
    const void *stored;
    int32_t measure;
    int32_t limit;
    int32_t outputs;
    const int16_t *values;
    const int32_t *bias;
    int32_t weights; /* enum tg_neighbor_weights */
};

struct tg_outlier_factor {
    int32_t count;
    int32_t shift;
    int32_t bias;
    const int32_t *reaches;
    const int32_t *densities;
};

void tg_row_distances_s8(const struct tg_row_distances *layer, const int8_t *in, int32_t *out);
void tg_row_distances_s16(const struct tg_row_distances *layer, const int16_t *in, int32_t *out);
void tg_radius_votes_s8(const struct tg_radius_votes *layer, const int8_t *in, int32_t *out);
void tg_radius_votes_s16(const struct tg_radius_votes *layer, const int16_t *in, int32_t *out);
void tg_radius_votes_s32(const struct tg_radius_votes *layer, const int32_t *in, int32_t *out);
void tg_radius_means_s8(const struct tg_radius_means *layer, const int8_t *in, int32_t *out);
void tg_radius_means_s16(const struct tg_radius_means *layer, const int16_t *in, int32_t *out);
void tg_radius_means_s32(const struct tg_radius_means *layer, const int32_t *in, int32_t *out);
void tg_radius_weighted_votes_s8(const struct tg_radius_votes *layer, const int8_t *in, int32_t *out);
void tg_radius_weighted_votes_s16(const struct tg_radius_votes *layer, const int16_t *in, int32_t *out);
void tg_radius_weighted_votes_s32(const struct tg_radius_votes *layer, const int32_t *in, int32_t *out);
void tg_radius_weighted_means_s8(const struct tg_radius_means *layer, const int8_t *in, int32_t *out, void *scratch);
void tg_radius_weighted_means_s16(const struct tg_radius_means *layer, const int16_t *in, int32_t *out,
                                  void *scratch);
void tg_radius_weighted_means_s32(const struct tg_radius_means *layer, const int32_t *in, int32_t *out,
                                  void *scratch);
void tg_outlier_factor_s32(const struct tg_outlier_factor *layer, const int32_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
