/* See tg_few_pairs_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_few_pairs_dsp.h"
#include "tg_few_pairs_core.h"
#include "tg_few_row_dsp.h"

TG_KERNEL void tg_few_pairs_dsp(const struct tg_fully_connected_few_dsp *layer, const int8_t *in, int8_t *out,
                                int32_t pairs, int32_t step, int32_t channels);

#if TG_ASSEMBLY

/* All units of two pixels, as in tg_few_row_dsp.c. */
#define ROWS(unit, log2_bytes) \
    "ldr x, " AT_LAYER "\n" \
    "ldr step, " AT_STEP "\n" \
    "ldr left, " DEPTH "\n" \
    "ldr x, " AT_IN "\n" \
    "lsrs left, left, #" log2_bytes " + 1\n" \
    "bcc 1f\n" \
    "add left, left, #1\n" \
    "b 2f\n" \
    "3: sub x, w1, #1 << " log2_bytes "\n" \
    "mov left, #1\n" \
    "b 2f\n" \
    ".balign 4\n" \
    "1: " unit "\n2: " unit "\n" \
    "subs left, left, #1\n" \
    "bne 1b\n" \
    "ldr w1, " AT_END "\n" \
    "cmp w1, x\n" \
    "bne 3b\n"

/* The first pixel, and where its inputs end; the next pair lies behind the second one. */
#define FIND \
    "ldr r5, " DEPTH "\n" \
    "str r1, " AT_IN "\n" \
    "add r5, r1, r5\n" \
    "str r5, " AT_END "\n"

#define NEXT \
    "ldr r1, " AT_IN "\n" \
    "ldr r4, " AT_STEP "\n" \
    "add r1, r1, r4, lsl #1\n"

#define LOAD \
    "ldr w1, [w, #4]\n" \
    "ldr w0, [w], #8\n" \
    "ldr q_odd, [x, step]\n" \
    "ldr p_odd, [x], #4\n"

#define EIGHT_OF_ONE "few_quad_of_one\n few_quad_of_one"

/* For four inputs of two pixels 21 cycles for two channels, 14 for one. About 60 for a block of two channels, 45 of
 * one, 20 for a pair. */
TG_KERNEL TG_NAKED void tg_few_pairs_dsp(const struct tg_fully_connected_few_dsp *layer ARGUMENT,
                                         const int8_t *in ARGUMENT, int8_t *out ARGUMENT, int32_t pairs ARGUMENT,
                                         int32_t step ARGUMENT, int32_t channels ARGUMENT)
{
    TG_FEW_PAIRS(FIND, NEXT, LOAD, ROWS("few_quad_of_two", "2"), ROWS(EIGHT_OF_ONE, "3"));
}

#else

TG_KERNEL void tg_few_pairs_dsp(const struct tg_fully_connected_few_dsp *layer, const int8_t *in, int8_t *out,
                                int32_t pairs, int32_t step, int32_t channels)
{
    for (int32_t i = 0; i < 2 * pairs; i++) {
        tg_few_row_by_rule_dsp(layer, in + i * step, out + i * channels);
    }
}

#endif
