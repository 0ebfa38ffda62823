/* From measures to kernels, and from sums to outputs, as tg_wide_kernel_sums.h defines them.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_WIDE_KERNEL_H
#define TG_WIDE_KERNEL_H

#include "tg_wide_kernel_sums.h"

TG_EXTERN_C_BEGIN

/* 2^(30 - e / 2^32), e clamped to 31 * 2^32, by the table of tg_wide_kernel_sums. */
int32_t tg_wide_kernel_exponential(const int32_t *roots, int64_t exponent);
int32_t tg_wide_kernel(const struct tg_wide_kernel_sums *layer, int64_t measure);
void tg_wide_kernel_outputs(const struct tg_wide_kernel_sums *layer, const int64_t *sums, int32_t *out);

TG_EXTERN_C_END

#endif
