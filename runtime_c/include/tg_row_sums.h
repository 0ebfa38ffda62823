/* A mean over height and width that gets its input row by row. Rules P1, M1 and M2 of ARITHMETIC.md.
 *
 *   tg_row_sums_s8 adds a row [width][channels] to sums[channels], or starts them with it.
 *   <kernel>_of_sums makes from the sums of all rows the bytes that <kernel> makes of the whole tensor.
 *
 * Overflow: below 2^23 values are summed.
 *
 * Short sums, of up to 256 values, are two in a word, each 2^15 more than the sum. For every four channels, those left
 * over included, there is a word of the first and the third, then one of the second and the fourth. They begin with
 * 2^15 - 128 * values, and for each value x they grow by x + 128: so they stay in 0 .. 2^16 - 1.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ROW_SUMS_H
#define TG_ROW_SUMS_H

#include "tg_mean.h"
#include "tg_pool2d.h"

TG_EXTERN_C_BEGIN

struct tg_row_sums {
    int32_t width;
    int32_t channels;
    uint32_t start; /* two short sums of nothing; not used by others */
};

/* `sums` [channels] is 4-byte aligned; `is_first` starts a new sum. */
void tg_row_sums_s8(const struct tg_row_sums *layer, const int8_t *row, int32_t *sums, int32_t is_first);

/* The same for short `sums`, of which there are 4 bytes for every two channels of the next multiple of four. */
void tg_row_short_sums_s8(const struct tg_row_sums *layer, const int8_t *row, uint32_t *sums, int32_t is_first);

/* The sum of channel c. */
TG_INLINE int32_t tg_short_sum(const uint32_t *sums, int32_t c)
{
    const uint32_t two = sums[(c >> 2 << 1) + (c & 1)];

    return (int32_t)((c & 2 ? two >> 16 : two & 0xFFFFu)) - 0x8000;
}

/* out [channels], of windows that cover the image. */
void tg_average_pool2d_s8_of_sums(const struct tg_pool2d *layer, const int32_t *sums, int8_t *out);
void tg_average_pool2d_s8_of_short_sums(const struct tg_pool2d *layer, const uint32_t *sums, int8_t *out);

/* out [inner]. */
void tg_mean_s8_of_sums(const struct tg_mean *layer, const int32_t *sums, int8_t *out);
void tg_mean_s8_native_of_sums(const struct tg_mean *layer, const int32_t *sums, int8_t *out);
void tg_mean_s8_of_short_sums(const struct tg_mean *layer, const uint32_t *sums, int8_t *out);
void tg_mean_s8_native_of_short_sums(const struct tg_mean *layer, const uint32_t *sums, int8_t *out);

TG_EXTERN_C_END

#endif
