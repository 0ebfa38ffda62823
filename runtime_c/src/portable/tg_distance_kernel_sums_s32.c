/* See tg_wide_kernel_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_distance_kernel.h"

#define TG_VALUE int32_t
#define TG_KERNEL_OF tg_distance_kernel
#include "tg_wide_kernel_sums_core.h"

TG_KERNEL void tg_distance_kernel_sums_s32(const struct tg_wide_kernel_sums *layer, const int32_t *in, int32_t *out,
                                           void *scratch)
{
    tg_wide_kernel_sums_of(layer, in, out, scratch);
}
