/* Squares of differences. See tg_squared_difference.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_squared_difference_core.h"

TG_KERNEL void tg_squared_difference_s8(const struct tg_squared_difference *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    tg_pairs_run(&layer->constants, layer->size, a, 1, b, 1, out);
}
