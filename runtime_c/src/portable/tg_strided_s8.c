/* Elements at regular distances. See tg_strided.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_strided.h"

/* The innermost dimension. */
static void take_run(const int8_t *in, int32_t step, int32_t size, int8_t *out)
{
    if (step == 1) {
        memcpy(out, in, (size_t)size);
        return;
    }
    for (int32_t i = 0; i < size; i++) {
        out[i] = in[i * step];
    }
}

TG_KERNEL void tg_strided_s8(const struct tg_strided *layer, const int8_t *in, int8_t *out)
{
    const int32_t *const shape = layer->shape;
    const int32_t *const steps = layer->steps;
    const int32_t last = layer->rank - 1;
    int32_t at[TG_STRIDED_DIMENSIONS] = { 0 };
    int32_t from = layer->first;
    int32_t axis;

    do {
        take_run(in + from, steps[last], shape[last], out);
        out += shape[last];
        /* the next index, as an odometer counts */
        for (axis = last - 1; axis >= 0; axis--) {
            from += steps[axis];
            at[axis]++;
            if (at[axis] < shape[axis]) {
                break;
            }
            from -= shape[axis] * steps[axis];
            at[axis] = 0;
        }
    } while (axis >= 0);
}
