/* Functions of features that jump, and are constant between jumps. Rule U1 of ARITHMETIC.md.
 *
 *   out[k] = values[k][the number of edges[k] below order(in[sources[k]])]
 *
 * Output k has counts[k] edges, which rise, and one value more; those of all outputs stand one behind the other.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_STEPS_H
#define TG_STEPS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_steps {
    int32_t count;
    const int16_t *sources;
    const int16_t *counts;
    const int32_t *edges;
    const int16_t *values;
};

void tg_steps_s8(const struct tg_steps *layer, const int8_t *in, int16_t *out);
void tg_steps_s16(const struct tg_steps *layer, const int16_t *in, int16_t *out);
void tg_steps_s32(const struct tg_steps *layer, const int32_t *in, int16_t *out);
void tg_steps_f32(const struct tg_steps *layer, const float *in, int16_t *out);

/* How many of the edges are below a number. */
TG_INLINE int32_t tg_edges_below(const int32_t *edges, int32_t count, int32_t order)
{
    int32_t below = 0;

    while (below < count && edges[below] < order) {
        below++;
    }
    return below;
}

TG_EXTERN_C_END

#endif
