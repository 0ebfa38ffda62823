/* See tg_weighted_median.h. The median is enclosed from both sides, without sorting: every step takes a number
 * between the bounds and makes it the new lower or upper one.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_weighted_median.h"

/* Whether the numbers up to a bound have half of the weight. */
static int32_t has_half(const struct tg_weighted_median *layer, const int32_t *in, int32_t bound)
{
    int32_t sum = 0;

    for (int32_t i = 0; i < layer->count; i++) {
        if (in[i] <= bound) {
            sum += layer->weights[i];
        }
    }
    return 2 * sum >= layer->total ? 1 : 0;
}

TG_KERNEL void tg_weighted_median_s32(const struct tg_weighted_median *layer, const int32_t *in, int32_t *out)
{
    int64_t below = (int64_t)INT32_MIN - 1; /* too small */
    int32_t median = in[0];                 /* large enough */

    for (int32_t i = 1; i < layer->count; i++) {
        median = in[i] > median ? in[i] : median;
    }
    for (int32_t i = 0; i < layer->count; i++) {
        if (in[i] > below && in[i] < median) {
            if (has_half(layer, in, in[i])) {
                median = in[i];
            } else {
                below = in[i];
            }
        }
    }
    *out = median;
}
