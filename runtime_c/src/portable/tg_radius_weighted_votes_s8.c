/* See tg_row_measures.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_measure_s8.h"

#define TG_VALUE int8_t
#define TG_MEASURE tg_row_measure_s8
#include "tg_radius_weighted_core.h"

TG_KERNEL void tg_radius_weighted_votes_s8(const struct tg_radius_votes *layer, const int8_t *in, int32_t *out)
{
    tg_radius_weighted_votes(layer, in, out);
}
