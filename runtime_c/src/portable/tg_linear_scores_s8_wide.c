/* See tg_linear_scores.h. The sum is an int64.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_linear_scores.h"

TG_KERNEL void tg_linear_scores_s8_wide(const struct tg_linear_scores *layer, const int8_t *in, int32_t *out)
{
    const int16_t *w = layer->weights;

    for (int32_t c = 0; c < layer->outputs; c++) {
        int64_t sum = layer->bias[c];

        for (int32_t k = 0; k < layer->depth; k++) {
            sum += in[k] * *w++;
        }
        out[c] = (int32_t)(sum >> layer->shift);
    }
}
