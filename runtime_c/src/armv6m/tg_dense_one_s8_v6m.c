/* A vector times a weight matrix on Armv6-M. See tg_dense_one_s8_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_dense_one_s8_v6m.h"
#include "tg_requantize_s8.h"

/* acc + x * w. GCC would spread the accumulators over registers that its multiplications cannot use. */
#if defined(__ARM_ARCH_6M__) && defined(__GNUC__) && !defined(__clang__)
TG_INLINE int32_t multiply_add(int32_t acc, int32_t x, int32_t w)
{
    __asm__("mul %1, %2\n\tadd %0, %0, %1" : "+l"(acc), "+l"(w) : "l"(x) : "cc");
    return acc;
}
#else
TG_INLINE int32_t multiply_add(int32_t acc, int32_t x, int32_t w)
{
    return tg_wrap_int32((uint32_t)acc + (uint32_t)(x * w));
}
#endif

/* sums[i] = start plus x times channel i of a block, for a depth that is a multiple of 4. */
static TG_NOINLINE void multiply_fours(const int8_t *x, const uint8_t *w, int32_t depth, int32_t start,
                                       int32_t *sums)
{
    const int8_t *const end = x + depth;
    int32_t a0 = start;
    int32_t a1 = start;
    int32_t a2 = start;
    int32_t a3 = start;

    while (x != end) {
        a0 = multiply_add(a0, x[0], w[0]);
        a1 = multiply_add(a1, x[0], w[1]);
        a2 = multiply_add(a2, x[0], w[2]);
        a3 = multiply_add(a3, x[0], w[3]);
        tg_keep_order();
        a0 = multiply_add(a0, x[1], w[4]);
        a1 = multiply_add(a1, x[1], w[5]);
        a2 = multiply_add(a2, x[1], w[6]);
        a3 = multiply_add(a3, x[1], w[7]);
        tg_keep_order();
        a0 = multiply_add(a0, x[2], w[8]);
        a1 = multiply_add(a1, x[2], w[9]);
        a2 = multiply_add(a2, x[2], w[10]);
        a3 = multiply_add(a3, x[2], w[11]);
        tg_keep_order();
        a0 = multiply_add(a0, x[3], w[12]);
        a1 = multiply_add(a1, x[3], w[13]);
        a2 = multiply_add(a2, x[3], w[14]);
        a3 = multiply_add(a3, x[3], w[15]);
        tg_keep_order();
        x += 4;
        w += 16;
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = a2;
    sums[3] = a3;
}

/* sums[i] += x times channel i of a block: the last steps of depth. */
static TG_NOINLINE void add_steps(const int8_t *x, const uint8_t *w, int32_t depth, int32_t *sums)
{
    const int8_t *const end = x + depth;
    int32_t a0 = sums[0];
    int32_t a1 = sums[1];
    int32_t a2 = sums[2];
    int32_t a3 = sums[3];

    while (x != end) {
        const int32_t v = *x++;

        a0 = multiply_add(a0, v, w[0]);
        a1 = multiply_add(a1, v, w[1]);
        a2 = multiply_add(a2, v, w[2]);
        a3 = multiply_add(a3, v, w[3]);
        w += 4;
    }
    sums[0] = a0;
    sums[1] = a1;
    sums[2] = a2;
    sums[3] = a3;
}

/* start plus x times a channel that stands alone. */
static TG_NOINLINE int32_t multiply_one(const int8_t *x, const uint8_t *w, int32_t depth, int32_t start)
{
    const int8_t *const end = x + depth;

    while (x != end) {
        start = multiply_add(start, *x++, *w++);
    }
    return start;
}

static TG_NOINLINE int32_t sum_of(const int8_t *x, int32_t depth)
{
    const int8_t *const end = x + depth;
    int32_t sum = 0;

    while (x != end) {
        sum += *x++;
    }
    return sum;
}

TG_KERNEL void tg_dense_one_s8_v6m(const struct tg_dense *dense, const int8_t *x, int8_t *out)
{
    const int32_t depth = dense->depth;
    const int32_t fours = depth & ~3;
    const int32_t start = -128 * sum_of(x, depth);
    const uint8_t *w = (const uint8_t *)dense->weights;
    int32_t channel = dense->first_channel;
    int32_t left = dense->channels;
    int32_t sums[4];

    for (; left >= 4; left -= 4) {
        multiply_fours(x, w, fours, start, sums);
        if (fours != depth) {
            add_steps(x + fours, w + 4 * fours, depth - fours, sums);
        }
        tg_requantize_s8(dense->requantization, channel, 4, sums, 1, out, 0);
        w += 4 * depth;
        channel += 4;
        out += 4;
    }
    for (; left > 0; left--) {
        sums[0] = multiply_one(x, w, depth, start);
        tg_requantize_s8(dense->requantization, channel, 1, sums, 1, out, 0);
        w += depth;
        channel++;
        out++;
    }
}
