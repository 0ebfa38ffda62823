/* See tg_wide_nearest.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#define TG_VALUE int16_t
#include "tg_wide_nearest_squares_core.h"

TG_KERNEL void tg_wide_nearest_squares_s16(const struct tg_wide_nearest *layer, const int16_t *in, int32_t *out,
                                           void *scratch)
{
    tg_wide_nearest_squares(layer, in, out, (int64_t *)scratch);
}
