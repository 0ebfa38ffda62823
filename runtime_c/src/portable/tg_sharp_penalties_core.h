/* The loops of tg_sharp_penalties (tg_gaussian.h) for the type TG_VALUE, which the including file defines. Values that are
 * where a class expects them, as most are, cost a comparison only.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SHARP_PENALTIES_CORE_H
#define TG_SHARP_PENALTIES_CORE_H

#include "tg_gaussian.h"

/* What a difference takes from the scores of a group. */
static inline int32_t tg_sharp_penalty(const struct tg_sharp_penalties *layer, int32_t difference, int32_t weight)
{
    const uint32_t size = (uint32_t)(difference < 0 ? -difference : difference);
    const uint32_t square = (size * size) >> layer->shift;
    const int32_t d = (int32_t)(square > 65535u ? 65535u : square < 1u ? 1u : square);
    const int32_t product = d * weight;

    return (int32_t)((uint32_t)(product > layer->limit ? layer->limit : product) << layer->scale);
}

TG_INLINE void tg_sharp_penalties_of(const struct tg_sharp_penalties *layer, const int32_t *scores, const TG_VALUE *in,
                                     int32_t *out)
{
    const int16_t *group = layer->group;
    const uint8_t *member = layer->members;

    for (int32_t c = 0; c < layer->outputs; c++) {
        out[c] = scores[c];
    }
    for (int32_t g = 0; g < layer->groups; g++, group += 3) {
        const uint8_t *const end = member + layer->counts[g];
        const int32_t difference = in[group[0]] - group[1];

        if (difference != 0) {
            const int32_t penalty = tg_sharp_penalty(layer, difference, group[2]);

            for (; member < end; member++) {
                int32_t *const score = out + *member;

                *score = *score < INT32_MIN + penalty ? INT32_MIN : *score - penalty;
            }
        }
        member = end;
    }
}

#endif
