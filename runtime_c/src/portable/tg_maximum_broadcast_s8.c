/* The larger or the smaller of two values with broadcasting. See tg_maximum.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_maximum_core.h"

TG_KERNEL void tg_maximum_broadcast_s8(const struct tg_maximum_broadcast *layer, const int8_t *a, const int8_t *b,
                                    int8_t *out)
{
    tg_pairs_repeated(&layer->broadcast, &layer->constants, a, b, out);
}
