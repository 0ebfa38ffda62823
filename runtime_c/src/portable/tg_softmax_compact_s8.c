/* Softmax without a table. See tg_softmax_compact.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fixedpoint.h"
#include "tg_softmax_compact.h"

#define QUARTER ((int32_t)1 << 24) /* in Q5.26 */

/* A function, as it is called often. */
TG_COMPACT static int32_t product(int32_t a, int32_t b)
{
    return tg_doubling_high_multiply(a, b);
}

/* Rule A10: exp(a) in Q0.31 for a <= 0 in Q5.26. A polynomial on [-1/4, 0), then a factor for each bit of the rest. */
TG_COMPACT static int32_t exponential(int32_t a)
{
    static const int32_t factors[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
    const int32_t remainder = (int32_t)((uint32_t)a & (uint32_t)(QUARTER - 1)) - QUARTER;
    const int32_t x = remainder * 32 + ((int32_t)1 << 28); /* centred on -1/8 */
    const int32_t x2 = product(x, x);
    const int32_t x4_and_x3 = tg_rounding_divide_by_pot(product(x2, x2), 2) + product(x2, x);
    const int32_t tail = product(x4_and_x3, 715827883) + x2; /* times 1/3 */
    const int32_t polynomial = x + tg_rounding_divide_by_pot(tail, 1);
    int32_t result = 1895147668 + product(1895147668, polynomial); /* exp(-1/8) */
    int32_t rest = (remainder - a) / QUARTER; /* -1 for a = 0 */

    if (a == 0) {
        return INT32_MAX;
    }
    for (const int32_t *factor = factors; rest != 0; factor++) {
        result = rest & 1 ? product(result, *factor) : result;
        rest >>= 1;
    }
    return result;
}

TG_COMPACT static int32_t of_difference(const struct tg_softmax_compact *layer, int32_t d)
{
    const int32_t moved = tg_wrap_int32(0u - ((uint32_t)d << layer->shift));

    return d > layer->farthest ? 0 : exponential(product(moved, layer->multiplier));
}

/* 1 / sum of the exponentials as a fraction in Q0.31, and by how much that is to be shifted. */
struct quotient {
    int32_t reciprocal;
    int32_t exponent;
};

static struct quotient over_sum(const struct tg_softmax_compact *layer, const int8_t *in, int32_t max)
{
    uint32_t sum = 0; /* in Q12.19; exponentials are not negative: half is added, and the bits are cut off */

    for (int32_t c = 0; c < layer->depth; c++) {
        sum += ((uint32_t)of_difference(layer, max - in[c]) + (1u << 11)) >> 12;
    }
    const int32_t zeros = tg_count_leading_zeros(sum);
    const struct quotient q = {tg_one_over_one_plus((int32_t)((sum << zeros) & INT32_MAX)), 35 - zeros};

    return q;
}

TG_COMPACT static void one_row(const struct tg_softmax_compact *layer, const int8_t *in, int8_t *out)
{
    int32_t max = in[0];

    for (int32_t c = 1; c < layer->depth; c++) {
        max = in[c] > max ? in[c] : max;
    }
    const struct quotient q = over_sum(layer, in, max);
    for (int32_t c = 0; c < layer->depth; c++) {
        const int32_t e = product(q.reciprocal, of_difference(layer, max - in[c]));
        /* exponents above 31 give 0, as in tg_softmax_s8.c; they are 23 at least */
        const int32_t y = q.exponent > 31 ? 0 : (int32_t)(((uint32_t)e + (1u << (q.exponent - 1))) >> q.exponent);

        out[c] = (int8_t)(y > 255 ? 127 : y - 128);
    }
}

TG_KERNEL void tg_softmax_compact_s8(const struct tg_softmax_compact *layer, const int8_t *in, int8_t *out)
{
    for (int32_t row = 0; row < layer->rows; row++) {
        one_row(layer, in, out);
        in += layer->depth;
        out += layer->depth;
    }
}
