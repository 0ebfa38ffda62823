/* See tg_few_row_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_few_row_dsp.h"
#include "tg_dsp_scale_finish.h"
#include "tg_few_places.h"

/* Channels that run together. */
#define MOST_TOGETHER 4

/* The inputs of unit `index`, of so many bytes: the last ends with the row. */
TG_INLINE const int8_t *unit_of(const int8_t *in, int32_t depth, int32_t index, int32_t bytes)
{
    return in + (index * bytes + bytes > depth ? depth - bytes : index * bytes);
}

/* Adds the products of two channels to sums of A and of A + 256 * B. */
static const int32_t *add_two(const struct tg_fully_connected_few_dsp *layer, const int8_t *in, const int32_t *w,
                              int32_t *sums)
{
    for (int32_t i = 0; i * 4 < layer->depth; i++) {
        const uint32_t x = tg_load_quad(unit_of(in, layer->depth, i, 4));
        const uint32_t even = tg_sxtb16(x);
        const uint32_t odd = tg_sxtb16_ror8(x);
        const uint32_t w0 = (uint32_t)w[0];
        const uint32_t w1 = (uint32_t)w[1];

        sums[0] = tg_smlad(odd, tg_sxtb16(w1), tg_smlad(even, tg_sxtb16(w0), sums[0]));
        sums[1] = tg_smlad(odd, w1, tg_smlad(even, w0, sums[1]));
        w += 2;
    }
    sums[1] = tg_dsp_high(sums[1], sums[0]);
    return w;
}

/* The same for one channel. */
static const int32_t *add_one(const struct tg_fully_connected_few_dsp *layer, const int8_t *in, const int32_t *w,
                              int32_t *sum)
{
    for (int32_t i = 0; i * 8 < layer->depth; i++) {
        const int8_t *const from = unit_of(in, layer->depth, i, 8);
        const uint32_t x0 = tg_load_quad(from);
        const uint32_t x1 = tg_load_quad(from + 4);

        *sum = tg_smlad(tg_sxtb16(x0), (uint32_t)w[0], *sum);
        *sum = tg_smlad(tg_sxtb16_ror8(x0), (uint32_t)w[1], *sum);
        *sum = tg_smlad(tg_sxtb16(x1), (uint32_t)w[2], *sum);
        *sum = tg_smlad(tg_sxtb16_ror8(x1), (uint32_t)w[3], *sum);
        w += 4;
    }
    return w;
}

TG_KERNEL void tg_few_row_by_rule_dsp(const struct tg_fully_connected_few_dsp *layer, const int8_t *in, int8_t *out)
{
    const struct tg_dsp_scale scale = {NULL, layer->form, layer->out_zero_point, layer->out_min, layer->out_max};
    const int32_t channels = 2 * layer->twos + layer->ones;
    const int32_t *w = layer->weights;
    const int32_t *words = layer->words;
    int32_t count;

    for (int32_t done = 0; done < channels; done += count) {
        const int32_t mixed = 2 * layer->twos - done;
        int32_t sums[MOST_TOGETHER];

        count = mixed <= 0 ? 1 : mixed > layer->together ? layer->together : mixed;
        memcpy(sums, words, (size_t)count * sizeof *sums);
        words += count;
        if (count == 1) {
            w = add_one(layer, in, w, sums);
        }
        for (int32_t i = 0; i < count / 2; i++) {
            w = add_two(layer, in, w, sums + 2 * i);
        }
        for (int32_t i = 0; i < count; i++) {
            out[done + i] = tg_dsp_by_rule(sums[i], words, &scale);
            words += tg_dsp_channel_words(layer->form);
        }
    }
    tg_dsp_scale_clamp(&scale, out, channels);
}

TG_KERNEL void tg_few_row_dsp(const struct tg_fully_connected_few_dsp *layer, const int8_t *in, int8_t *out);

#if TG_ASSEMBLY

/* Of the stack: tg_few_places.h. */
#define FRAME "#28"

#define REGISTERS \
    "x .req r0\n w .req r1\n v .req r2\n w3 .req r3\n" \
    "sum_a .req r4\n mix_b .req r5\n sum_c .req r6\n mix_d .req r7\n" \
    "even .req r8\n odd .req r9\n w0 .req r10\n w1 .req r11\n w2 .req r12\n left .req r14\n"

#define NO_REGISTERS \
    ".unreq x\n .unreq w\n .unreq v\n .unreq w3\n" \
    ".unreq sum_a\n .unreq mix_b\n .unreq sum_c\n .unreq mix_d\n" \
    ".unreq even\n .unreq odd\n .unreq w0\n .unreq w1\n .unreq w2\n .unreq left\n"

/* Assembler macros, as they come several times: the products of two halves with two channels, those of units of inputs
 * (four for four channels, four for two, eight for one), and TG_DSP_TWO_ROUNDINGS. */
#define MACROS \
    ".macro few_multiply sum, mix, inputs, weights\n" \
    "smlad \\mix, \\inputs, \\weights, \\mix\n" \
    "sxtb16 \\weights, \\weights\n" \
    "smlad \\sum, \\inputs, \\weights, \\sum\n" \
    ".endm\n" \
    ".macro few_multiply_two\n" \
    "ldr odd, [x], #4\n" \
    "sxtb16 even, odd\n" \
    "sxtb16 odd, odd, ror #8\n" \
    "few_multiply sum_a, mix_b, even, w0\n" \
    "few_multiply sum_a, mix_b, odd, w1\n" \
    ".endm\n" \
    ".macro few_quad_of_two\n" \
    "ldr w1, [w, #4]\n" \
    "ldr w0, [w], #8\n" \
    "few_multiply_two\n" \
    ".endm\n" \
    ".macro few_quad_of_four\n" \
    "ldr w1, [w, #4]\n" \
    "ldr w3, [v, #4]\n" \
    "ldr w0, [w], #8\n" \
    "ldr w2, [v], #8\n" \
    "few_multiply_two\n" \
    "few_multiply sum_c, mix_d, even, w2\n" \
    "few_multiply sum_c, mix_d, odd, w3\n" \
    ".endm\n" \
    ".macro few_eight_of_one\n" \
    "ldr r6, [w, #4]\n" \
    "ldr w0, [w, #8]\n" \
    "ldr w1, [w, #12]\n" \
    "ldr r5, [w], #16\n" \
    "ldr w3, [x, #4]\n" \
    "ldr odd, [x], #8\n" \
    "sxtb16 w2, w3\n" \
    "sxtb16 w3, w3, ror #8\n" \
    "sxtb16 even, odd\n" \
    "sxtb16 odd, odd, ror #8\n" \
    "smlad sum_a, even, r5, sum_a\n" \
    "smlad sum_a, odd, r6, sum_a\n" \
    "smlad sum_a, w2, w0, sum_a\n" \
    "smlad sum_a, w3, w1, sum_a\n" \
    ".endm\n" \
    ".macro few_round_twice acc, m, k, s\n" \
    "add \\k, \\k, \\acc, asr #31\n" \
    "lsl \\acc, \\acc, #1\n" \
    "smmlar \\acc, \\acc, \\m, \\k\n" \
    "asr \\acc, \\acc, \\s\n" \
    "ssat \\acc, #8, \\acc\n" \
    "strb \\acc, [r3], #1\n" \
    ".endm\n"

#define NO_MACROS \
    ".purgem few_multiply\n .purgem few_multiply_two\n .purgem few_quad_of_two\n" \
    ".purgem few_quad_of_four\n .purgem few_eight_of_one\n .purgem few_round_twice\n"

/* All units of a row, two in a turn, the depth in `left`; an odd number begins with the second of a turn, and so does
 * the last, if it ends with the row only because others come before it. */
#define ROW(unit, log2_bytes) \
    "lsrs left, left, #" log2_bytes " + 1\n" \
    "bcc 1f\n" \
    "add left, left, #1\n" \
    "b 2f\n" \
    "3: sub x, w3, #1 << " log2_bytes "\n" \
    "mov left, #1\n" \
    "b 2f\n" \
    ".balign 4\n" \
    "1: " unit "\n2: " unit "\n" \
    "subs left, left, #1\n" \
    "bne 1b\n" \
    "ldr w3, " AT_END "\n" \
    "cmp w3, x\n" \
    "bne 3b\n"

/* The form in r0, words in r12, outputs in r3. */
#define BEGIN_TO_FINISH \
    "ldr r0, " AT_LAYER "\n" \
    "ldr r12, " AT_WORDS "\n" \
    "ldr r3, " AT_OUT "\n" \
    "ldrb r0, " FORM "\n"

/* For four inputs 22 cycles for four channels, 14 for two; for eight inputs 17 for one. About 50 for a block of four,
 * 40 of two, 30 of one, and 35 for all. */
TG_KERNEL TG_NAKED void tg_few_row_dsp(const struct tg_fully_connected_few_dsp *layer ARGUMENT,
                                       const int8_t *in ARGUMENT, int8_t *out ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n" REGISTERS MACROS
        "push {r4-r11, lr}\n"
        "ldr r3, " TWOS "\n"
        "ldr r4, " ONES "\n"
        "ldr r5, " DEPTH "\n"
        "ldr r12, " WORDS "\n"
        "sub sp, sp, " FRAME "\n"
        "str r0, " AT_LAYER "\n"
        "str r1, " AT_IN "\n"
        "add r5, r1, r5\n"
        "ldr w, " WEIGHTS "\n"
        "str r5, " AT_END "\n"
        "str r2, " AT_OUT "\n"
        "str r4, " AT_ONES "\n"
        "subs r3, r3, #2\n"
        "blo 7f\n"

        /* four channels, their twos left in r3, words in r12 */
        "6: str r3, " AT_TWOS "\n"
        "ldmia r12!, {r4-r7}\n"
        "ldr x, " AT_LAYER "\n"
        "str r12, " AT_WORDS "\n"
        "ldr v, " TWO_BYTES "\n"
        "ldr left, " DEPTH "\n"
        "ldr x, " AT_IN "\n"
        "add v, v, w\n" ROW("few_quad_of_four", "2")
        "mov w, v\n"
        "mov v, #1\n"
        "b 8f\n"

        /* fewer than two twos: two channels, or none */
        "7: adds r3, r3, #1\n"
        "bne 10f\n"
        "str r3, " AT_TWOS "\n"
        "ldmia r12!, {r4, r5}\n"
        "ldr x, " AT_LAYER "\n"
        "str r12, " AT_WORDS "\n"
        "ldr left, " DEPTH "\n"
        "ldr x, " AT_IN "\n" ROW("few_quad_of_two", "2")
        "mov v, #0\n"

        /* twos are finished, another one if r2 */
        "8:\n" BEGIN_TO_FINISH
        "cbnz r0, 9f\n"
        "4: ldr r9, [r12, #4]\n"
        "ldr r10, [r12, #8]\n"
        "ldr r11, [r12, #12]\n"
        "ldr r8, [r12], #16\n"
        "sub r5, r5, r4\n"
        "lsl r4, r4, #8\n"
        "smmla r4, r4, r8, r9\n"
        "smmla r5, r5, r10, r11\n"
        "ssat r4, #8, r4, asr #12\n"
        "ssat r5, #8, r5, asr #12\n"
        "strb r4, [r3], #1\n"
        "strb r5, [r3], #1\n"
        "mov r4, r6\n"
        "mov r5, r7\n"
        "subs r2, r2, #1\n"
        "bhs 4b\n"
        "5: str r3, " AT_OUT "\n"
        "ldr r3, " AT_TWOS "\n"
        "subs r3, r3, #2\n"
        "bhs 6b\n"
        "b 7b\n"

        "9: ldr r8, [r12]\n"
        "ldr r9, [r12, #4]\n"
        "ldr r10, [r12, #8]\n"
        "ldr r11, [r12, #12]\n"
        "ldr r14, [r12, #20]\n"
        "ldr r0, [r12, #16]\n"
        "add r12, r12, #24\n"
        "sub r5, r5, r4\n"
        "asr r5, r5, #8\n"
        "few_round_twice r4, r8, r9, r10\n"
        "few_round_twice r5, r11, r0, r14\n"
        "mov r4, r6\n"
        "mov r5, r7\n"
        "subs r2, r2, #1\n"
        "bhs 9b\n"
        "b 5b\n"

        /* channels alone, how many are left in r7, words in r2 */
        "10: ldr r7, " AT_ONES "\n"
        "mov r2, r12\n"
        "subs r7, r7, #1\n"
        "bmi 12f\n"
        "4: ldr x, " AT_LAYER "\n"
        "ldr sum_a, [r2], #4\n"
        "ldr left, " DEPTH "\n"
        "ldr x, " AT_IN "\n" ROW("few_eight_of_one", "3")
        "ldr r0, " AT_LAYER "\n"
        "ldr r3, " AT_OUT "\n"
        "ldr r9, [r2, #4]\n"
        "ldr r8, [r2], #8\n"
        "ldrb r0, " FORM "\n"
        "cbnz r0, 11f\n"
        "lsl r4, r4, #8\n"
        "smmla r4, r4, r8, r9\n"
        "ssat r4, #8, r4, asr #12\n"
        "strb r4, [r3], #1\n"
        "5: str r3, " AT_OUT "\n"
        "subs r7, r7, #1\n"
        "bpl 4b\n"
        "12: add sp, sp, " FRAME "\n"
        "pop {r4-r11, pc}\n"
        "11: ldr r10, [r2], #4\n"
        "few_round_twice r4, r8, r9, r10\n"
        "b 5b\n" NO_MACROS NO_REGISTERS);
}

#else

TG_KERNEL void tg_few_row_dsp(const struct tg_fully_connected_few_dsp *layer, const int8_t *in, int8_t *out)
{
    tg_few_row_by_rule_dsp(layer, in, out);
}

#endif
