/* The larger or the smaller of two values. See tg_maximum.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_maximum_core.h"

TG_KERNEL void tg_maximum_s8(const struct tg_maximum *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    tg_pairs_run(&layer->constants, layer->size, a, 1, b, 1, out);
}
