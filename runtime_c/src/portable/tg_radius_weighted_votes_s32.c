/* See tg_row_measures.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_measure_s32.h"

#define TG_VALUE int32_t
#define TG_MEASURE tg_row_measure_s32
#include "tg_radius_weighted_core.h"

TG_KERNEL void tg_radius_weighted_votes_s32(const struct tg_radius_votes *layer, const int32_t *in, int32_t *out)
{
    tg_radius_weighted_votes(layer, in, out);
}
