/* See tg_wide_kernel_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#define TG_VALUE int32_t
#include "tg_wide_kernel_sums_core.h"

TG_KERNEL void tg_wide_kernel_sums_s32(const struct tg_wide_kernel_sums *layer, const int32_t *in, int32_t *out,
                                       void *scratch)
{
    tg_wide_kernel_sums_of(layer, in, out, scratch);
}
