/* Elementwise product of tensors of one shape, TFLite Micro's arithmetic. See tg_mul.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mul_core.h"

TG_KERNEL void tg_mul_s8(const struct tg_mul *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    tg_mul_run(&layer->constants, layer->size, a, 1, b, 1, out, TG_TFLM);
}
