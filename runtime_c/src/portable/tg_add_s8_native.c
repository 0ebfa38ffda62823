/* Elementwise sum of tensors of one shape, native arithmetic. See tg_add.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_add_core.h"

TG_KERNEL void tg_add_s8_native(const struct tg_add_native *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    const struct tg_add_native_constants constants = layer->constants;
    const int8_t *const end = a + layer->size;

    while (a != end) {
        *out++ = tg_add_one_native(&constants, *a++, *b++);
    }
}
