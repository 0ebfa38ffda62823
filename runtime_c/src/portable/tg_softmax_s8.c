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

/* Sum in Q12.19. Exponentials are not negative: half is added, and the bits are cut off. */
static uint32_t sum_of_exponentials(const int8_t *in, int32_t depth, const int32_t *of_maximum)
{
    uint32_t sum = 0;

    for (int32_t c = 0; c < depth; c++) {
        sum += ((uint32_t)of_maximum[-in[c]] + (1u << 11)) >> 12;
    }
    return sum;
}

TG_KERNEL void tg_softmax_s8(const struct tg_softmax *layer, const int8_t *in, int8_t *out)
{
    const int32_t depth = layer->depth;

    for (int32_t row = 0; row < layer->rows; row++) {
        const int32_t *of_maximum = layer->exp_table + row_maximum(in, depth); /* of_maximum[-x] is exp(x - max) */
        const uint32_t sum = sum_of_exponentials(in, depth, of_maximum);
        const int32_t zeros = tg_count_leading_zeros(sum);
        const int32_t reciprocal = tg_one_over_one_plus((int32_t)((sum << zeros) & INT32_MAX));
        const int32_t exponent = 35 - zeros; /* 23 and more, as a sum has 20 bits at least */
        const uint32_t half = exponent > 31 ? 0 : (uint32_t)1 << (exponent - 1);
        const int32_t shift = exponent > 31 ? 31 : exponent; /* with half = 0 all results are 0 */

        for (int32_t c = 0; c < depth; c++) {
            const int32_t e = tg_doubling_high_multiply(reciprocal, of_maximum[-in[c]]);
            const int32_t y = (int32_t)(((uint32_t)e + half) >> shift) - 128;

            out[c] = (int8_t)(y > 127 ? 127 : y);
        }
        in += depth;
        out += depth;
    }
}
