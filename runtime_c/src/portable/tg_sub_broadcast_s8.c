/* Elementwise difference, TFLite Micro's arithmetic with broadcasting. See tg_sub.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_sub_core.h"

TG_KERNEL void tg_sub_broadcast_s8(const struct tg_sub_broadcast *layer, const int8_t *a, const int8_t *b,
                                    int8_t *out)
{
    tg_pairs_repeated(&layer->broadcast, &layer->constants, a, b, out);
}
