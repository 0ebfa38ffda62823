/* The stored rows nearest to a row, by measures of 64 bits. Rules R15 and R16 of ARITHMETIC.md.
 *
 *   out[0 .. count - 1]          the least measures of in and a stored row, least first, >> s
 *   out[count .. 2 * count - 1]  the indices of these rows; of equal measures the lower index comes first
 *
 * s is `shift`, or, where that is negative, the least with which all these measures fit in int32.
 *
 * tg_wide_nearest_squares_s16, _s32: sum of (in[k] - row[k])^2
 * tg_wide_nearest_measures_s32: an enum tg_wide_measure
 * tg_wide_nearest_powers_s32: sum of power(|in[k] - row[k]|). Of a gap in [2^place, 2^(place + 1)) it is
 *   ((terms[0] + f * (terms[1] + f * ...)) * factors[place]) >> shifts[place], f = (gap - 2^place) / 2^place of 30
 *   bits; of 0 it is 0
 *
 * Layout: rows [rows][depth] of the type of the features. Scratch, aligned to 8: int64 [count].
 * A sum of squares or powers that is no less than the last of the list is not completed.
 * Overflow: the generator has proved that features are within 2^28, measures below 2^62, and values of the polynomial
 * below 2^31.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_WIDE_NEAREST_H
#define TG_WIDE_NEAREST_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

enum tg_wide_measure {
    TG_WIDE_MANHATTAN, /* sum of |in[k] - row[k]| */
    TG_WIDE_CHEBYSHEV, /* the largest of these */
    TG_WIDE_PRODUCT,   /* -(sum of in[k] * row[k]) */
    TG_WIDE_CANBERRA,  /* sum of floor(2^30 * |in[k] - row[k]| / (|in[k]| + |row[k]|)) */
    TG_WIDE_BRAYCURTIS /* floor(2^30 * (sum of |in[k] - row[k]|) / (sum of |in[k] + row[k]|)) */
};

struct tg_wide_nearest {
    int32_t rows;
    int32_t depth;
    int32_t count;
    int32_t shift;
    int32_t measure; /* an enum tg_wide_measure, for tg_wide_nearest_measures_s32 */
    const void *stored;
};

struct tg_wide_nearest_powers {
    struct tg_wide_nearest nearest;
    int32_t terms_count;
    const int32_t *terms;
    const int32_t *factors; /* [30] */
    const int32_t *shifts;  /* [30] */
};

void tg_wide_nearest_squares_s16(const struct tg_wide_nearest *layer, const int16_t *in, int32_t *out, void *scratch);
void tg_wide_nearest_squares_s32(const struct tg_wide_nearest *layer, const int32_t *in, int32_t *out, void *scratch);
void tg_wide_nearest_measures_s32(const struct tg_wide_nearest *layer, const int32_t *in, int32_t *out, void *scratch);
void tg_wide_nearest_powers_s32(const struct tg_wide_nearest_powers *layer, const int32_t *in, int32_t *out,
                                void *scratch);

TG_EXTERN_C_END

#endif
