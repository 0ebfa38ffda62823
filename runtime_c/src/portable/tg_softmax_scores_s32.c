/* See tg_softmax_scores.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_softmax_scores.h"

/* The exponential of minus a difference of scores. */
static int32_t exponential(const struct tg_softmax_scores *layer, int32_t larger, int32_t smaller)
{
    const uint32_t last = (256u << layer->bits) - 1u;
    const uint32_t distance = ((uint32_t)larger - (uint32_t)smaller) >> layer->shift;
    const uint32_t position = distance > last ? last : distance;
    const int16_t *const entry = layer->table + (position >> layer->bits);
    const int32_t fraction = (int32_t)(position & ((1u << layer->bits) - 1u));

    return entry[0] + (((entry[1] - entry[0]) * fraction) >> layer->bits);
}

TG_KERNEL void tg_softmax_scores_s32(const struct tg_softmax_scores *layer, const int32_t *in, int16_t *out)
{
    const int32_t pair[2] = {0, in[0]};
    const int32_t *const scores = layer->count == 1 ? pair : in;
    const int32_t count = layer->count == 1 ? 2 : layer->count;
    int32_t largest = scores[0];
    uint32_t sum = 0;

    for (int32_t c = 1; c < count; c++) {
        largest = scores[c] > largest ? scores[c] : largest;
    }
    for (int32_t c = 0; c < count; c++) {
        const int32_t e = exponential(layer, largest, scores[c]);

        out[c] = (int16_t)e;
        sum += (uint32_t)e;
    }
    for (int32_t c = 0; c < count; c++) {
        const uint32_t y = (((uint32_t)out[c] << 15) + sum / 2u) / sum;

        out[c] = (int16_t)(y > 32767u ? 32767u : y);
    }
}
