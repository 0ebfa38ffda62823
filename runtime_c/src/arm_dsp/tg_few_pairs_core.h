/* Pairs of pixels with two channels at a time, or one, in assembly, however their inputs are found.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FEW_PAIRS_CORE_H
#define TG_FEW_PAIRS_CORE_H

#include "tg_few_places.h"

/* Also on the stack: what is left of pairs, the pair's outputs, where its pixels are found; behind the saved registers
 * the last arguments. */
#define AT_PAIRS "[sp, #28]"
#define AT_FIRST "[sp, #32]"
#define AT_BASE "[sp, #36]"
#define FRAME "#40"
#define AT_STEP "[sp, #76]"
#define AT_CHANNELS "[sp, #80]"

#define REGISTERS \
    "x .req r0\n w .req r1\n step .req r2\n w1 .req r3\n" \
    "p_a .req r4\n p_b .req r5\n q_a .req r6\n q_b .req r7\n" /* pixel, channel */ \
    "p_even .req r8\n p_odd .req r9\n q_even .req r10\n q_odd .req r11\n w0 .req r12\n left .req r14\n"

#define NO_REGISTERS \
    ".unreq x\n .unreq w\n .unreq step\n .unreq w1\n" \
    ".unreq p_a\n .unreq p_b\n .unreq q_a\n .unreq q_b\n" \
    ".unreq p_even\n .unreq p_odd\n .unreq q_even\n .unreq q_odd\n .unreq w0\n .unreq left\n"

/* Assembler macros, as they come several times: four inputs with their words, their products with two channels, with
 * one, and TG_DSP_ONE_PRODUCT and TG_DSP_TWO_ROUNDINGS of one channel. */
#define MACROS(load) \
    ".macro few_load\n" \
    load \
    "sxtb16 q_even, q_odd\n" \
    "sxtb16 q_odd, q_odd, ror #8\n" \
    "sxtb16 p_even, p_odd\n" \
    "sxtb16 p_odd, p_odd, ror #8\n" \
    ".endm\n" \
    ".macro few_multiply p, q, p_in, q_in, weights\n" \
    "smlad \\p, \\p_in, \\weights, \\p\n" \
    "smlad \\q, \\q_in, \\weights, \\q\n" \
    ".endm\n" \
    ".macro few_quad_of_two\n" \
    "few_load\n" \
    "few_multiply p_b, q_b, p_even, q_even, w0\n" \
    "sxtb16 w0, w0\n" \
    "few_multiply p_a, q_a, p_even, q_even, w0\n" \
    "few_multiply p_b, q_b, p_odd, q_odd, w1\n" \
    "sxtb16 w1, w1\n" \
    "few_multiply p_a, q_a, p_odd, q_odd, w1\n" \
    ".endm\n" \
    ".macro few_quad_of_one\n" \
    "few_load\n" \
    "few_multiply p_a, q_a, p_even, q_even, w0\n" \
    "few_multiply p_a, q_a, p_odd, q_odd, w1\n" \
    ".endm\n" \
    ".macro few_scale p, q, m, k\n" \
    "smmla \\p, \\p, \\m, \\k\n" \
    "smmla \\q, \\q, \\m, \\k\n" \
    "ssat \\p, #8, \\p, asr #12\n" \
    "ssat \\q, #8, \\q, asr #12\n" \
    ".endm\n" \
    ".macro few_round_twice p, q, m, k, s\n" \
    "add r12, \\k, \\p, asr #31\n" \
    "add \\k, \\k, \\q, asr #31\n" \
    "lsl \\p, \\p, #1\n" \
    "lsl \\q, \\q, #1\n" \
    "smmlar \\p, \\p, \\m, r12\n" \
    "smmlar \\q, \\q, \\m, \\k\n" \
    "asr \\p, \\p, \\s\n" \
    "asr \\q, \\q, \\s\n" \
    "ssat \\p, #8, \\p\n" \
    "ssat \\q, #8, \\q\n" \
    ".endm\n"

#define NO_MACROS \
    ".purgem few_load\n .purgem few_multiply\n .purgem few_quad_of_two\n .purgem few_quad_of_one\n" \
    ".purgem few_scale\n .purgem few_round_twice\n"

/* The end of a unit's loop: the form in r0, words in r12, outputs of the pixels in r3 and r2. */
#define BEGIN_TO_FINISH \
    "ldr r0, " AT_LAYER "\n" \
    "ldr r12, " AT_WORDS "\n" \
    "ldr r3, " AT_OUT "\n" \
    "ldr r2, " AT_CHANNELS "\n" \
    "ldrb r0, " FORM "\n" \
    "add r2, r3, r2\n" \
    "cbnz r0, 9f\n"

/* The body of a naked function with the arguments of tg_few_pairs_dsp, the fifth of which is AT_STEP. `find` keeps where
 * the pixels of a pair are, which follows from r1 and may change r4 to r6; `next` sets r1 for the next pair, and may
 * change r4. `load` loads the next four inputs of the pixels into p_odd and q_odd, and their words into w0 and w1;
 * `inputs_of_two` and `inputs_of_one` run few_quad_of_two and few_quad_of_one over all inputs. The layer has the fields
 * that tg_few_places.h names. */
#define TG_FEW_PAIRS(find, next, load, inputs_of_two, inputs_of_one) \
    __asm__ volatile( \
        ".syntax unified\n" REGISTERS MACROS(load) \
        "push {r4-r11, lr}\n" \
        "sub sp, sp, " FRAME "\n" \
        "str r0, " AT_LAYER "\n" \
        "str r3, " AT_PAIRS "\n" \
        /* a pair: the layer in r0, its outputs in r2 */ \
        "5:\n" find "ldr r4, " ONES "\n" \
        "ldr r12, " WORDS "\n" \
        "ldr r3, " TWOS "\n" \
        "ldr w, " WEIGHTS "\n" \
        "str r2, " AT_OUT "\n" \
        "str r2, " AT_FIRST "\n" \
        "str r4, " AT_ONES "\n" \
        /* two channels, if there are any left in r3; words in r12 */ \
        "6: subs r3, r3, #1\n" \
        "blo 7f\n" \
        "str r3, " AT_TWOS "\n" \
        "ldmia r12!, {r4, r5}\n" \
        "mov q_a, p_a\n" \
        "mov q_b, p_b\n" \
        "str r12, " AT_WORDS "\n" inputs_of_two BEGIN_TO_FINISH \
        "ldr r9, [r12, #4]\n" \
        "ldr r10, [r12, #8]\n" \
        "ldr r11, [r12, #12]\n" \
        "ldr r8, [r12], #16\n" \
        "sub p_b, p_b, p_a\n" \
        "sub q_b, q_b, q_a\n" \
        "lsl p_a, p_a, #8\n" \
        "lsl q_a, q_a, #8\n" \
        "few_scale p_a, q_a, r8, r9\n" \
        "few_scale p_b, q_b, r10, r11\n" \
        "4: strb p_a, [r3], #1\n" \
        "strb p_b, [r3], #1\n" \
        "strb q_a, [r2]\n" \
        "strb q_b, [r2, #1]\n" \
        "str r3, " AT_OUT "\n" \
        "ldr r3, " AT_TWOS "\n" \
        "b 6b\n" \
        "9: ldr r8, [r12]\n" \
        "ldr r9, [r12, #4]\n" \
        "ldr r10, [r12, #8]\n" \
        "ldr r11, [r12, #12]\n" \
        "ldr r14, [r12, #16]\n" \
        "ldr r0, [r12, #20]\n" \
        "add r12, r12, #24\n" \
        "str r12, " AT_WORDS "\n" \
        "sub p_b, p_b, p_a\n" \
        "sub q_b, q_b, q_a\n" \
        "asr p_b, p_b, #8\n" \
        "asr q_b, q_b, #8\n" \
        "few_round_twice p_a, q_a, r8, r9, r10\n" \
        "few_round_twice p_b, q_b, r11, r14, r0\n" \
        "ldr r12, " AT_WORDS "\n" \
        "b 4b\n" \
        /* channels alone; then the next pair */ \
        "7: ldr r3, " AT_ONES "\n" \
        "subs r3, r3, #1\n" \
        "blo 8f\n" \
        "str r3, " AT_ONES "\n" \
        "ldr p_a, [r12], #4\n" \
        "str r12, " AT_WORDS "\n" \
        "mov q_a, p_a\n" inputs_of_one BEGIN_TO_FINISH \
        "ldr r9, [r12, #4]\n" \
        "ldr r8, [r12], #8\n" \
        "lsl p_a, p_a, #8\n" \
        "lsl q_a, q_a, #8\n" \
        "few_scale p_a, q_a, r8, r9\n" \
        "4: strb p_a, [r3], #1\n" \
        "strb q_a, [r2]\n" \
        "str r3, " AT_OUT "\n" \
        "b 7b\n" \
        "9: ldr r9, [r12, #4]\n" \
        "ldr r10, [r12, #8]\n" \
        "ldr r8, [r12], #12\n" \
        "str r12, " AT_WORDS "\n" \
        "few_round_twice p_a, q_a, r8, r9, r10\n" \
        "ldr r12, " AT_WORDS "\n" \
        "b 4b\n" \
        "8:\n" next "ldr r2, " AT_FIRST "\n" \
        "ldr r3, " AT_CHANNELS "\n" \
        "ldr r5, " AT_PAIRS "\n" \
        "ldr r0, " AT_LAYER "\n" \
        "add r2, r2, r3, lsl #1\n" \
        "subs r5, r5, #1\n" \
        "str r5, " AT_PAIRS "\n" \
        "bne 5b\n" \
        "add sp, sp, " FRAME "\n" \
        "pop {r4-r11, pc}\n" NO_MACROS NO_REGISTERS)

#endif
