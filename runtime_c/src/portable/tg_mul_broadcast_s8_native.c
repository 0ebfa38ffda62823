/* Elementwise product with broadcasting, native arithmetic. See tg_mul.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mul_core.h"

TG_KERNEL void tg_mul_broadcast_s8_native(const struct tg_mul_broadcast_native *layer, const int8_t *a, const int8_t *b,
                                          int8_t *out)
{
    tg_mul_repeated(&layer->broadcast, &layer->constants, a, b, out, TG_NATIVE);
}
