/* See tg_row_sums.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_row_sums.h"

TG_KERNEL void tg_row_sums_s8(const struct tg_row_sums *layer, const int8_t *row, int32_t *sums,
                              int32_t is_first)
{
    const int32_t channels = layer->channels;

    for (int32_t c = 0; c < channels; c++) {
        const int8_t *x = row + c;
        int32_t sum = is_first ? 0 : sums[c];

        for (int32_t left = layer->width; left > 0; left--) {
            sum += *x;
            x += channels;
        }
        sums[c] = sum;
    }
}
