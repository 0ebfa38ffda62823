/* See tg_gaussian.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_gaussian.h"

TG_KERNEL void tg_squares_s8(const struct tg_squares *layer, const int8_t *in, int16_t *out)
{
    const int8_t *const centers = (const int8_t *)layer->centers;
    int16_t *squares = out + layer->count;

    for (int32_t k = 0; k < layer->count; k++) {
        const int32_t raised = in[k] < layer->low ? layer->low : in[k];
        const int32_t x = (raised > layer->high ? layer->high : raised) - centers[k];
        const int32_t square = (x * x) >> layer->shift;

        out[k] = (int16_t)x;
        squares[k] = (int16_t)(square > 32767 ? 32767 : square);
    }
}
