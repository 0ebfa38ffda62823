/* See tg_wide_scores.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_wide_scores.h"

TG_KERNEL void tg_wide_scores_s32(const struct tg_wide_scores *layer, const int32_t *in, int32_t *out)
{
    const int32_t reach = layer->reach;
    const int64_t half = (int64_t)(((uint64_t)1 << layer->shift) >> 1);
    const int32_t *w = layer->weights;

    for (int32_t c = 0; c < layer->outputs; c++) {
        int64_t sum = (int64_t)layer->bias[c] * ((int64_t)1 << layer->bias_shift) + half;

        for (int32_t k = 0; k < layer->depth; k++) {
            sum += (int64_t)in[k] * *w++;
        }
        sum >>= layer->shift;
        out[c] = sum > reach ? reach : sum < -reach ? -reach : (int32_t)sum;
    }
}
