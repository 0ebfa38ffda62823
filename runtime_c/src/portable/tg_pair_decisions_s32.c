/* See tg_pairs.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_pairs.h"

TG_KERNEL void tg_pair_decisions_s32(const struct tg_pair_decisions *layer, const int32_t *in, int32_t *out)
{
    const int32_t columns = layer->classes - 1;
    const int32_t *bias = layer->bias;

    for (int32_t i = 0; i < columns; i++) {
        for (int32_t j = i + 1; j <= columns; j++) {
            *out++ = in[i * columns + j - 1] + in[j * columns + i] + *bias++;
        }
    }
}
