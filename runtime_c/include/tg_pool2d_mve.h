/* Average and maximum pooling, int8, for Helium, of at most 256 cells. Rules P1 and P2 of ARITHMETIC.md; see
 * tg_pool2d.h.
 *
 * Sixteen channels at a time. The mean is a product: (|sum| + n / 2) * ceil(2^(16 + s) / n) >> 16 + s, with n in
 * (2^s, 2^(s + 1)], which is the quotient for every sum of n values (tests/kernels/test_mve.py tries all).
 * Overflow: 256 values have a sum in int16.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_POOL2D_MVE_H
#define TG_POOL2D_MVE_H

#include "tg_pool2d.h"

TG_EXTERN_C_BEGIN

/* Computes the whole output. `scratch`, 8-byte aligned: 8 bytes for each row of a window. */
void tg_average_pool2d_s8_mve(const struct tg_pool2d *layer, const int8_t *in, int8_t *out, void *scratch);
void tg_max_pool2d_s8_mve(const struct tg_pool2d *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows. */
void tg_average_pool2d_s8_mve_rows(const struct tg_pool2d *layer, const int8_t *const *rows, int8_t *const *out,
                                   int32_t row_count, void *scratch);
void tg_max_pool2d_s8_mve_rows(const struct tg_pool2d *layer, const int8_t *const *rows, int8_t *const *out,
                               int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
