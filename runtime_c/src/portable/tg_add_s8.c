/* Elementwise sum of tensors of one shape, TFLite Micro's arithmetic. See tg_add.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_add_core.h"

TG_KERNEL void tg_add_s8(const struct tg_add *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    const struct tg_add_constants constants = layer->constants;
    const int8_t *const end = a + layer->size;

    while (a != end) {
        *out++ = tg_add_one(&constants, *a++, *b++);
    }
}
