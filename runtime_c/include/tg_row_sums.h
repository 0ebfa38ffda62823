/* A mean over height and width that gets its input row by row. Rules P1, M1 and M2 of ARITHMETIC.md.
 *
 *   tg_row_sums_s8 adds a row [width][channels] to sums[channels], or starts them with it.
 *   <kernel>_of_sums makes from the sums of all rows the bytes that <kernel> makes of the whole tensor.
 *
 * Overflow: below 2^23 values are summed.
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
};

/* `sums` [channels] is 4-byte aligned; `is_first` starts a new sum. */
void tg_row_sums_s8(const struct tg_row_sums *layer, const int8_t *row, int32_t *sums, int32_t is_first);

/* out [channels], of windows that cover the image. */
void tg_average_pool2d_s8_of_sums(const struct tg_pool2d *layer, const int32_t *sums, int8_t *out);

/* out [inner]. */
void tg_mean_s8_of_sums(const struct tg_mean *layer, const int32_t *sums, int8_t *out);
void tg_mean_s8_native_of_sums(const struct tg_mean *layer, const int32_t *sums, int8_t *out);

TG_EXTERN_C_END

#endif
