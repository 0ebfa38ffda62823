/* See tg_nearest_rows.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_nearest_list.h"
#include "tg_nearest_rows.h"

TG_KERNEL void tg_nearest_squares_s16(const struct tg_nearest_squares *layer, const int16_t *in, int32_t *out)
{
    const int16_t *stored = (const int16_t *)layer->stored;
    int32_t worst = INT32_MAX;

    tg_nearest_clear(out, layer->count);
    for (int32_t row = 0; row < layer->rows; row++) {
        int32_t sum = 0;

        for (int32_t k = 0; k < layer->depth; k++) {
            const int32_t difference = in[k] - *stored++;

            sum += difference * difference;
        }
        if (sum < worst) {
            worst = tg_nearest_insert(out, layer->count, sum, row);
        }
    }
}
