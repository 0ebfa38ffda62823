/* See tg_gaussian.h. Values that are where a class expects them, as most are, cost a comparison only.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_gaussian.h"

/* Subtracts the same difference from the scores of a group's entries. */
static void subtract(const struct tg_sharp_penalties *layer, const int16_t *entry, int32_t count, int32_t difference,
                     int32_t *out)
{
    const uint32_t size = (uint32_t)(difference < 0 ? -difference : difference);
    const uint32_t square = (size * size) >> layer->shift;
    const int32_t d = (int32_t)(square > 65535u ? 65535u : square < 1u ? 1u : square);

    for (int32_t i = 0; i < count; i++, entry += 2) {
        const int32_t product = d * entry[1];
        const int32_t penalty = (int32_t)((uint32_t)(product > layer->limit ? layer->limit : product) << layer->scale);
        int32_t *const score = out + entry[0];

        *score = *score < INT32_MIN + penalty ? INT32_MIN : *score - penalty;
    }
}

TG_KERNEL void tg_sharp_penalties_s8(const struct tg_sharp_penalties *layer, const int32_t *scores, const int8_t *in,
                                    int32_t *out)
{
    const int16_t *group = layer->group;
    const int16_t *entry = layer->entry;

    for (int32_t c = 0; c < layer->outputs; c++) {
        out[c] = scores[c];
    }
    for (int32_t g = 0; g < layer->groups; g++, group += 3) {
        const int32_t difference = in[group[0]] - group[1];

        if (difference != 0) {
            subtract(layer, entry, group[2], difference, out);
        }
        entry += 2 * group[2];
    }
}
