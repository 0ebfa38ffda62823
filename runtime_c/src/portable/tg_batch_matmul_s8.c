/* Products of matrices, TFLite Micro's arithmetic. See tg_batch_matmul_core.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_batch_matmul_core.h"

TG_KERNEL void tg_batch_matmul_s8(const struct tg_batch_matmul *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    tg_batch_matmul_whole(layer, a, b, out, TG_TFLM);
}
