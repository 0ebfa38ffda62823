/* See tg_conv2d_winograd_weights.h.
 *
 * Cycles on M4: 980 for two input channels and four output channels, 122 for each filter.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_assembly.h"
#include "tg_conv2d_winograd_weights.h"
#include "tg_simd.h"

/* Words of compact weights of four input and four output channels. */
#define BLOCK_WORDS 36

#if TG_ASSEMBLY

/* Arguments are registers that the compiler does not see read; `used` keeps it from leaving them out. */
#define INNER TG_NAKED __attribute__((used)) static
#define ARGUMENT __attribute__((unused))

/* G g of the words g0, g1, g2, which are lost like a, b, c; `put` stores the results, the first one last. 13 cycles
 * without the stores. */
#define TRANSFORM(g0, g1, g2, a, b, c, put)                                                                   \
    "sadd16 " b ", " g2 ", " g2 "\n"                                                                          \
    "sadd16 " g2 ", " b ", " g2 "\n" put(g2, 5)                                                               \
    "sadd16 " b ", " b ", " b "\n" /* g0 + 4 g2 */                                                            \
    "sadd16 " b ", " b ", " g0 "\n"                                                                           \
    "sadd16 " g1 ", " g1 ", " g1 "\n"                                                                         \
    "sadd16 " c ", " b ", " g1 "\n" put(c, 3)                                                                 \
    "ssub16 " c ", " b ", " g1 "\n" put(c, 4)                                                                 \
    "sadd16 " a ", " g0 ", " g0 "\n"                                                                          \
    "sadd16 " g0 ", " a ", " g0 "\n"                                                                          \
    "sadd16 " b ", " b ", " g0 "\n" /* 4 g0 + 4 g2 */                                                         \
    "sadd16 " g1 ", " g1 ", " g1 "\n"                                                                         \
    "sadd16 " c ", " b ", " g1 "\n" put(c, 1)                                                                 \
    "ssub16 " c ", " b ", " g1 "\n" put(c, 2) put(g0, 0)

/* One row of taps, from r0 to the columns at r1. 26 cycles. */
#define PUT_COLUMN(word, j) PUT_COLUMN_##j(word)
#define PUT_COLUMN_0(word) "str " word ", [r1], #4\n"
#define PUT_COLUMN_1(word) "str " word ", [r1, #48]\n"
#define PUT_COLUMN_2(word) "str " word ", [r1, #96]\n"
#define PUT_COLUMN_3(word) "str " word ", [r1, #144]\n"
#define PUT_COLUMN_4(word) "str " word ", [r1, #192]\n"
#define PUT_COLUMN_5(word) "str " word ", [r1, #240]\n"
#define TAPS(widen)                                                                                           \
    "ldm.w r0!, {r2-r4}\n"                                                                                    \
    "sxtb16 r2, r2" widen "\n"                                                                                \
    "sxtb16 r3, r3" widen "\n"                                                                                \
    "sxtb16 r4, r4" widen "\n" TRANSFORM("r2", "r3", "r4", "r5", "r6", "r7", PUT_COLUMN)

/* G w, for the channels (0, 2) or (1, 3) of four output channels: t [6 columns][4 channels][3 rows]. */
#define ROWS(widen)                                                                                           \
    "push {r4-r7, lr}\n"                                                                                      \
    "add r12, r1, #48\n"                                                                                      \
    ".p2align 2\n"                                                                                            \
    "1:\n" TAPS(widen)                                                                                        \
    "cmp r1, r12\n"                                                                                           \
    "bne.w 1b\n"                                                                                              \
    "pop {r4-r7, pc}\n"

INNER void transform_even(const uint32_t *compact ARGUMENT, uint32_t *t ARGUMENT)
{
    __asm__ volatile(ROWS(""));
}

INNER void transform_odd(const uint32_t *compact ARGUMENT, uint32_t *t ARGUMENT)
{
    __asm__ volatile(ROWS(", ror #8"));
}

/* One output channel of a column: r6 to r11 point at the column's six rows. 23 cycles. */
#define PUT_0(word, i) PUT_ROW_##i(word, "0")
#define PUT_1(word, i) PUT_ROW_##i(word, "4")
#define PUT_2(word, i) PUT_ROW_##i(word, "8")
#define PUT_3(word, i) PUT_ROW_##i(word, "12")
#define PUT_ROW_0(word, at) "str " word ", [r6, #" at "]\n"
#define PUT_ROW_1(word, at) "str " word ", [r7, #" at "]\n"
#define PUT_ROW_2(word, at) "str " word ", [r8, #" at "]\n"
#define PUT_ROW_3(word, at) "str " word ", [r9, #" at "]\n"
#define PUT_ROW_4(word, at) "str " word ", [r10, #" at "]\n"
#define PUT_ROW_5(word, at) "str " word ", [r11, #" at "]\n"
#define CHANNEL(put) "ldm.w r0!, {r1-r3}\n" TRANSFORM("r1", "r2", "r3", "r4", "r5", "r12", put)

/* (G w) G' of a step: from t to u. */
INNER void transform_step(const uint32_t *t ARGUMENT, uint32_t *u ARGUMENT, int32_t position_words ARGUMENT)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "lsl r2, r2, #2\n"
        "add r3, r2, r2, lsl #1\n"
        "lsl r3, r3, #1\n" /* from row to row */
        "mov r6, r1\n"
        "add r7, r6, r3\n"
        "add r8, r7, r3\n"
        "add r9, r8, r3\n"
        "add r10, r9, r3\n"
        "add r11, r10, r3\n"
        "add lr, r0, #288\n"
        "push {r2, lr}\n"
        ".p2align 2\n"
        "1:\n" CHANNEL(PUT_0) CHANNEL(PUT_1) CHANNEL(PUT_2) CHANNEL(PUT_3)
        "ldr r1, [sp]\n"
        "add r6, r6, r1\n"
        "add r7, r7, r1\n"
        "add r8, r8, r1\n"
        "add r9, r9, r1\n"
        "add r10, r10, r1\n"
        "add r11, r11, r1\n"
        "cmp r0, lr\n"
        "bne.w 1b\n"
        "add sp, sp, #8\n"
        "pop {r4-r11, pc}\n");
}

#else

/* G g of three words, to six words `step` apart. */
TG_INLINE void transform(const uint32_t *g, uint32_t *to, int32_t step)
{
    const uint32_t two_g0 = tg_sadd16(g[0], g[0]);
    const uint32_t two_g1 = tg_sadd16(g[1], g[1]);
    const uint32_t two_g2 = tg_sadd16(g[2], g[2]);
    const uint32_t four_g1 = tg_sadd16(two_g1, two_g1);
    const uint32_t three_g0 = tg_sadd16(two_g0, g[0]);
    const uint32_t f = tg_sadd16(g[0], tg_sadd16(two_g2, two_g2));
    const uint32_t four_s = tg_sadd16(f, three_g0); /* 4 (g0 + g2) */

    to[0] = three_g0;
    to[step] = tg_sadd16(four_s, four_g1);
    to[2 * step] = tg_ssub16(four_s, four_g1);
    to[3 * step] = tg_sadd16(f, two_g1);
    to[4 * step] = tg_ssub16(f, two_g1);
    to[5 * step] = tg_sadd16(two_g2, g[2]);
}

/* G w, for the channels (0, 2) of four output channels: t [6 columns][4 channels][3 rows]. */
static void transform_even(const uint32_t *compact, uint32_t *t)
{
    for (int32_t i = 0; i < 12; i++) {
        uint32_t g[3];

        for (int32_t k = 0; k < 3; k++) {
            g[k] = tg_sxtb16(compact[3 * i + k]);
        }
        transform(g, t + i, 12);
    }
}

/* The same for the channels (1, 3). */
static void transform_odd(const uint32_t *compact, uint32_t *t)
{
    for (int32_t i = 0; i < 12; i++) {
        uint32_t g[3];

        for (int32_t k = 0; k < 3; k++) {
            g[k] = tg_sxtb16_ror8(compact[3 * i + k]);
        }
        transform(g, t + i, 12);
    }
}

/* (G w) G' of a step: from t to u. */
static void transform_step(const uint32_t *t, uint32_t *u, int32_t position_words)
{
    for (int32_t column = 0; column < 6; column++) {
        for (int32_t channel = 0; channel < 4; channel++) {
            transform(t, u + channel, 6 * position_words);
            t += 3;
        }
        u += position_words;
    }
}

#endif

TG_KERNEL void tg_conv2d_winograd_weights(const uint32_t *compact, uint32_t *u, int32_t steps, uint32_t *work)
{
    const int32_t position_words = 4 * steps;

    for (int32_t step = 0; step < steps; step += 2) {
        transform_even(compact, work);
        transform_step(work, u, position_words);
        transform_odd(compact, work);
        transform_step(work, u + 4, position_words);
        compact += BLOCK_WORDS;
        u += 8;
    }
}
