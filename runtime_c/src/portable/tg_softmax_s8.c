/* Softmax. See tg_softmax.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fixedpoint.h"
#include "tg_softmax.h"

static int32_t row_maximum(const int8_t *in, int32_t depth)
{
    int32_t max = in[0];

    for (int32_t c = 1; c < depth; c++) {
        max = in[c] > max ? in[c] : max;
    }
    return max;
}

/* Sum in Q12.19. */
static int32_t sum_of_exponentials(const int8_t *in, int32_t depth, int32_t max, const int32_t *table)
{
    int32_t sum = 0;

    for (int32_t c = 0; c < depth; c++) {
        sum += tg_rounding_divide_by_pot(table[max - in[c]], 12);
    }
    return sum;
}

TG_KERNEL void tg_softmax_s8(const struct tg_softmax *layer, const int8_t *in, int8_t *out)
{
    const int32_t depth = layer->depth;

    for (int32_t row = 0; row < layer->rows; row++) {
        const int32_t max = row_maximum(in, depth);
        const uint32_t sum = (uint32_t)sum_of_exponentials(in, depth, max, layer->exp_table);
        const int32_t zeros = tg_count_leading_zeros(sum);
        const int32_t reciprocal = tg_one_over_one_plus((int32_t)((sum << zeros) & INT32_MAX));
        const int32_t exponent = 35 - zeros;

        for (int32_t c = 0; c < depth; c++) {
            const int32_t e = tg_doubling_high_multiply(reciprocal, layer->exp_table[max - in[c]]);
            const int32_t y = exponent > 31 ? 0 : tg_rounding_divide_by_pot(e, exponent);

            out[c] = (int8_t)tg_clamp(y - 128, -128, 127);
        }
        in += depth;
        out += depth;
    }
}
