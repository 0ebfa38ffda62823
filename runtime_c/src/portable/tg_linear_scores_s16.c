/* See tg_linear_scores.h. Four products a step.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_linear_scores.h"

TG_KERNEL void tg_linear_scores_s16(const struct tg_linear_scores *layer, const int16_t *in, int32_t *out)
{
    const int32_t depth = layer->depth;
    const int16_t *w = layer->weights;

    for (int32_t c = 0; c < layer->outputs; c++) {
        const int16_t *x = in;
        const int16_t *const end = in + depth;
        int32_t sum = layer->bias[c];

        for (; end - x >= 4; x += 4, w += 4) {
            sum += x[0] * w[0];
            sum += x[1] * w[1];
            sum += x[2] * w[2];
            sum += x[3] * w[3];
        }
        for (; x < end; x++, w++) {
            sum += *x * *w;
        }
        out[c] = sum;
    }
}
