/* See tg_few_windows.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_few_windows.h"
#include "tg_dsp_scale_finish.h"
#include "tg_few_pairs_core.h"

TG_KERNEL void tg_few_windows(const struct tg_few_windows_dsp *layer, const int8_t *in, int8_t *out, int32_t pairs,
                              const uint16_t *windows, int32_t channels);
TG_KERNEL void tg_few_windows_by_fours(const struct tg_few_windows_dsp *layer, const int8_t *in, int8_t *out,
                                       int32_t fours, const uint16_t *windows, int32_t channels);

#if TG_ASSEMBLY

/* The step's argument is where the next two windows are found, the end's place that of the second window. */
#define AT_WINDOWS AT_STEP
#define AT_SECOND AT_END

#define FIND \
    "ldr r6, " AT_WINDOWS "\n" \
    "str r1, " AT_BASE "\n" \
    "ldrh r4, [r6, #2]\n" \
    "ldrh r5, [r6], #4\n" \
    "str r6, " AT_WINDOWS "\n" \
    "add r4, r1, r4\n" \
    "add r5, r1, r5\n" \
    "str r4, " AT_SECOND "\n" \
    "str r5, " AT_IN "\n"

#define NEXT "ldr r1, " AT_BASE "\n"

/* All fours of two windows, two in a turn; an odd number begins with the second of a turn. `step` is the second
 * window. */
#define FOURS(unit) \
    "ldr x, " AT_LAYER "\n" \
    "ldr left, " DEPTH "\n" \
    "ldr step, " AT_SECOND "\n" \
    "ldr x, " AT_IN "\n" \
    "lsrs left, left, #1\n" \
    "bcc 1f\n" \
    "add left, left, #1\n" \
    "b 2f\n" \
    ".balign 4\n" \
    "1: " unit "\n2: " unit "\n" \
    "subs left, left, #1\n" \
    "bne 1b\n"

/* The place comes in p_odd. */
#define LOAD \
    "ldr p_odd, [w, #4]\n" \
    "ldr w1, [w, #8]\n" \
    "ldr w0, [w], #12\n" \
    "ldr q_odd, [step, p_odd]\n" \
    "ldr p_odd, [x, p_odd]\n"

/* For four inputs of two windows 22 cycles for two channels, 16 for one. About 60 for a block of two channels, 45 of
 * one, 20 for a pair. */
TG_KERNEL TG_NAKED void tg_few_windows(const struct tg_few_windows_dsp *layer ARGUMENT, const int8_t *in ARGUMENT,
                                       int8_t *out ARGUMENT, int32_t pairs ARGUMENT, const uint16_t *windows ARGUMENT,
                                       int32_t channels ARGUMENT)
{
    TG_FEW_PAIRS(FIND, NEXT, LOAD, FOURS("few_quad_of_two"), FOURS("few_quad_of_one"));
}

/* Of the function below, beside AT_LAYER, AT_OUT, AT_WORDS and AT_ONES: where windows begin, where a channel's weights
 * end, what is left of fours, the outputs of the next four, the windows. */
#undef FRAME
#define AT_LINES "[sp, #4]"
#define AT_WEIGHTS_END "[sp, #8]"
#define AT_FOURS "[sp, #20]"
#define AT_NEXT "[sp, #28]"
#define WINDOWS_FROM_SP "#32"
#define FRAME "#48"
#define AT_PLACES "[sp, #84]"
#define AT_NEXT_PIXEL "[sp, #88]"

#define FOUR_REGISTERS \
    "at_a .req r0\n at_b .req r1\n at_c .req r2\n at_d .req r3\n" /* the windows */ \
    "sum_a .req r4\n sum_b .req r5\n sum_c .req r6\n sum_d .req r7\n" \
    "w .req r8\n place .req r9\n w0 .req r10\n w1 .req r11\n x .req r12\n y .req r14\n"

#define NO_FOUR_REGISTERS \
    ".unreq at_a\n .unreq at_b\n .unreq at_c\n .unreq at_d\n" \
    ".unreq sum_a\n .unreq sum_b\n .unreq sum_c\n .unreq sum_d\n" \
    ".unreq w\n .unreq place\n .unreq w0\n .unreq w1\n .unreq x\n .unreq y\n"

/* Four inputs of two windows, four of four, and what follows the sums of a channel in its two forms. */
#define FOUR_MACROS \
    ".macro few_multiply sum, inputs\n" \
    "sxtb16 place, \\inputs\n" \
    "sxtb16 \\inputs, \\inputs, ror #8\n" \
    "smlad \\sum, place, w0, \\sum\n" \
    "smlad \\sum, \\inputs, w1, \\sum\n" \
    ".endm\n" \
    ".macro few_unit\n" \
    "ldr place, [w, #4]\n" \
    "ldr w1, [w, #8]\n" \
    "ldr w0, [w], #12\n" \
    "ldr x, [at_a, place]\n" \
    "ldr y, [at_b, place]\n" \
    "few_multiply sum_a, x\n" \
    "few_multiply sum_b, y\n" \
    "ldr place, [w, #-8]\n" \
    "ldr x, [at_c, place]\n" \
    "ldr y, [at_d, place]\n" \
    "few_multiply sum_c, x\n" \
    "few_multiply sum_d, y\n" \
    ".endm\n" \
    ".macro few_scale sum\n" \
    "lsl \\sum, \\sum, #8\n" \
    "smmla \\sum, \\sum, r1, r2\n" \
    "ssat \\sum, #8, \\sum, asr #12\n" \
    ".endm\n" \
    ".macro few_round_twice sum\n" \
    "add r14, r2, \\sum, asr #31\n" \
    "lsl \\sum, \\sum, #1\n" \
    "smmlar \\sum, \\sum, r1, r14\n" \
    "asr \\sum, \\sum, r0\n" \
    "ssat \\sum, #8, \\sum\n" \
    ".endm\n"

#define NO_FOUR_MACROS ".purgem few_multiply\n .purgem few_unit\n .purgem few_scale\n .purgem few_round_twice\n"

/* For four inputs of four windows 28 cycles. About 60 for a channel, 25 for four windows. */
TG_KERNEL TG_NAKED void tg_few_windows_by_fours(const struct tg_few_windows_dsp *layer ARGUMENT,
                                                const int8_t *in ARGUMENT, int8_t *out ARGUMENT,
                                                int32_t fours ARGUMENT, const uint16_t *windows ARGUMENT,
                                                int32_t channels ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n" FOUR_REGISTERS FOUR_MACROS
        "push {r4-r11, lr}\n"
        "sub sp, sp, " FRAME "\n"
        "str r0, " AT_LAYER "\n"
        "str r1, " AT_LINES "\n"
        "str r2, " AT_NEXT "\n"
        "str r3, " AT_FOURS "\n"
        /* four windows; their outputs in r2 */
        "5: ldr r8, " AT_PLACES "\n"
        "ldr r0, " AT_LAYER "\n"
        "ldr r1, " AT_LINES "\n"
        "ldrh r5, [r8, #2]\n"
        "ldrh r6, [r8, #4]\n"
        "ldrh r7, [r8, #6]\n"
        "ldrh r4, [r8], #8\n"
        "ldr r9, " ONES "\n"
        "str r8, " AT_PLACES "\n"
        "str r9, " AT_ONES "\n"
        "str r2, " AT_OUT "\n"
        "add r4, r1, r4\n"
        "add r5, r1, r5\n"
        "add r6, r1, r6\n"
        "add r7, r1, r7\n"
        "add r9, sp, " WINDOWS_FROM_SP "\n"
        "stmia r9, {r4-r7}\n"
        "ldr r12, " WORDS "\n"
        "ldr w, " WEIGHTS "\n"
        /* a channel: the layer in r0, its words in r12 */
        "6: ldr r9, " DEPTH "\n"
        "ldr sum_a, [r12], #4\n"
        "str r12, " AT_WORDS "\n"
        "add r10, r9, r9, lsl #1\n"
        "add r10, w, r10, lsl #2\n"
        "str r10, " AT_WEIGHTS_END "\n"
        "add r10, sp, " WINDOWS_FROM_SP "\n"
        "ldmia r10, {r0-r3}\n"
        "mov sum_b, sum_a\n"
        "mov sum_c, sum_a\n"
        "mov sum_d, sum_a\n"
        "lsrs r9, r9, #1\n"
        "bcs 2f\n"
        ".balign 4\n"
        "1: few_unit\n2: few_unit\n"
        "ldr place, " AT_WEIGHTS_END "\n"
        "cmp place, w\n"
        "bne 1b\n"
        "ldr r0, " AT_LAYER "\n"
        "ldr r12, " AT_WORDS "\n"
        "ldrb r3, " FORM "\n"
        "ldr r2, [r12, #4]\n"
        "ldr r1, [r12], #8\n"
        "cbnz r3, 9f\n"
        "few_scale sum_a\n few_scale sum_b\n few_scale sum_c\n few_scale sum_d\n"
        "4: ldr r2, " AT_OUT "\n"
        "ldr r1, " AT_NEXT_PIXEL "\n"
        "ldr r9, " AT_ONES "\n"
        "add r3, r1, r1, lsl #1\n"
        "strb sum_b, [r2, r1]\n"
        "strb sum_c, [r2, r1, lsl #1]\n"
        "strb sum_d, [r2, r3]\n"
        "strb sum_a, [r2], #1\n"
        "str r2, " AT_OUT "\n"
        "subs r9, r9, #1\n"
        "str r9, " AT_ONES "\n"
        "bne 6b\n"
        "ldr r2, " AT_NEXT "\n"
        "ldr r9, " AT_FOURS "\n"
        "add r2, r2, r1, lsl #2\n"
        "str r2, " AT_NEXT "\n"
        "subs r9, r9, #1\n"
        "str r9, " AT_FOURS "\n"
        "bne 5b\n"
        "add sp, sp, " FRAME "\n"
        "pop {r4-r11, pc}\n"
        "9: ldr r0, [r12], #4\n"
        "few_round_twice sum_a\n few_round_twice sum_b\n few_round_twice sum_c\n few_round_twice sum_d\n"
        "ldr r0, " AT_LAYER "\n"
        "b 4b\n" NO_FOUR_MACROS NO_FOUR_REGISTERS);
}

#else

/* Sums of the products with a channel alone, or with A and A + 256 * B. */
static const int32_t *add_fours(const struct tg_few_windows_dsp *layer, const int8_t *in, const int32_t *w,
                                int32_t *sums, int32_t count)
{
    for (int32_t i = 0; i < layer->fours; i++) {
        const uint32_t x = tg_load_quad(in + w[1]);
        const uint32_t even = tg_sxtb16(x);
        const uint32_t odd = tg_sxtb16_ror8(x);
        const uint32_t w0 = (uint32_t)w[0];
        const uint32_t w1 = (uint32_t)w[2];

        if (count == 1) {
            sums[0] = tg_smlad(odd, w1, tg_smlad(even, w0, sums[0]));
        } else {
            sums[0] = tg_smlad(odd, tg_sxtb16(w1), tg_smlad(even, tg_sxtb16(w0), sums[0]));
            sums[1] = tg_smlad(odd, w1, tg_smlad(even, w0, sums[1]));
        }
        w += 3;
    }
    return w;
}

static void compute_window(const struct tg_few_windows_dsp *layer, const int8_t *in, int8_t *out)
{
    const int32_t channels = 2 * layer->twos + layer->ones;
    const int32_t *w = layer->weights;
    const int32_t *words = layer->words;
    int32_t count;

    for (int32_t done = 0; done < channels; done += count) {
        int32_t sums[2] = {words[0], 0};

        count = done < 2 * layer->twos ? 2 : 1;
        sums[1] = count == 2 ? words[1] : 0;
        words += count;
        w = add_fours(layer, in, w, sums, count);
        sums[1] = tg_dsp_high(sums[1], sums[0]);
        for (int32_t i = 0; i < count; i++) {
            out[done + i] = tg_dsp_scaled(sums[i], words, layer->form);
            words += tg_dsp_channel_words(layer->form);
        }
    }
}

TG_KERNEL void tg_few_windows(const struct tg_few_windows_dsp *layer, const int8_t *in, int8_t *out, int32_t pairs,
                              const uint16_t *windows, int32_t channels)
{
    for (int32_t i = 0; i < 2 * pairs; i++) {
        compute_window(layer, in + windows[i], out + i * channels);
    }
}

TG_KERNEL void tg_few_windows_by_fours(const struct tg_few_windows_dsp *layer, const int8_t *in, int8_t *out,
                                       int32_t fours, const uint16_t *windows, int32_t channels)
{
    tg_few_windows(layer, in, out, 2 * fours, windows, channels);
}

#endif
