/* A row of a fully connected layer. See tg_swar_dense_v7m.h.
 *
 * Per two inputs of four outputs 10 instructions and 15 cycles of a Cortex-M3 for 8 products; a block of up to 6 inputs
 * takes 10 and 13 more, a longer one 12 and 18.
 * An output takes 6 instructions, if it is general 11.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_swar_dense_v7m.h"

#include "tg_assembly.h"
#include "tg_swar_dense_core.h"

#if TG_ASSEMBLY && defined(__arm__)

/* r0: P, r1: Q; r2, r3: their totals; r4, r5: high; r6, r7: inputs; r8, r9: words of weights; r10: mask of even bytes
 * r11: the byte before the next input; r12: the word before the next weights; lr: next start; 40 bytes */
#define TAKE_INPUTS                                                                                           \
    ".macro tg_pair\n"                                                                                        \
    "ldrsb.w r6, [r11, #1]\n"                                                                                 \
    "ldrsb r7, [r11, #2]!\n"                                                                                  \
    "ldr.w r8, [r12, #4]\n"                                                                                   \
    "ldr r9, [r12, #8]!\n"                                                                                    \
    "mla r0, r8, r6, r0\n"                                                                                    \
    "and.w r8, r10, r8, lsr #8\n"                                                                             \
    "mla r1, r8, r6, r1\n"                                                                                    \
    "mla r0, r9, r7, r0\n"                                                                                    \
    "and.w r9, r10, r9, lsr #8\n"                                                                             \
    "mla r1, r9, r7, r1\n"                                                                                    \
    ".endm\n"

/* The end of a block; then NE if there are more */
#define FLUSH                                                                                                 \
    ".macro tg_flush\n"                                                                                       \
    "sub.w r0, r0, r1, lsl #8\n"                                                                              \
    "adds r2, r2, r0\n"                                                                                       \
    "add.w r4, r4, r0, asr #16\n"                                                                             \
    "adds r3, r3, r1\n"                                                                                       \
    "add.w r5, r5, r1, asr #16\n"                                                                             \
    "ldr r6, [sp, #8]\n"                                                                                      \
    "cmp lr, r6\n"                                                                                            \
    ".endm\n"                                                                                                 \
    ".macro tg_loop label, pairs\n"                                                                           \
    ".balign 4\n"                                                                                             \
    "\\label:\n"                                                                                              \
    "ldr r1, [lr], #4\n"                                                                                      \
    "add.w r0, r1, r1, lsl #8\n"                                                                              \
    ".rept \\pairs\n"                                                                                         \
    "tg_pair\n"                                                                                               \
    ".endr\n"                                                                                                 \
    "tg_flush\n"                                                                                              \
    "bne.w \\label\\()b\n"                                                                                    \
    "b.w 20f\n"                                                                                               \
    ".endm\n"

/* r11: channels; r8: prescale; r9: shift; r7: what is added in the end; r6: out; r10: outputs left */
#define REQUANTIZE                                                                                            \
    ".macro tg_scale sum\n"                                                                                   \
    "ldmia r11!, {r0, r1}\n"                                                                                  \
    "lsl.w \\sum, \\sum, r8\n"                                                                                \
    "add.w \\sum, \\sum, r0\n"                                                                                \
    "smull r0, \\sum, r1, \\sum\n"                                                                            \
    ".endm\n"                                                                                                 \
    ".macro tg_output sum\n"                                                                                  \
    "tg_scale \\sum\n"                                                                                        \
    "ssat \\sum, #8, \\sum, asr #16\n"                                                                        \
    "strb \\sum, [r6], #1\n"                                                                                  \
    ".endm\n"                                                                                                 \
    ".macro tg_general_output sum\n"                                                                          \
    "tg_scale \\sum\n"                                                                                        \
    "ldr r0, [r11], #4\n"                                                                                     \
    "bic.w r0, r0, \\sum, asr #31\n"                                                                          \
    "add.w \\sum, \\sum, r0\n"                                                                                \
    "add.w \\sum, \\sum, r7\n"                                                                                \
    "asr.w \\sum, \\sum, r9\n"                                                                                \
    "ssat \\sum, #8, \\sum\n"                                                                                 \
    "strb \\sum, [r6], #1\n"                                                                                  \
    ".endm\n"                                                                                                 \
    ".macro tg_leave_after count\n"                                                                           \
    "cmp r10, #\\count\n"                                                                                     \
    "beq.w 50f\n"                                                                                             \
    ".endm\n"                                                                                                 \
    ".macro tg_outputs output\n"                                                                              \
    "\\output r2\n"                                                                                           \
    "tg_leave_after 1\n"                                                                                      \
    "\\output r4\n"                                                                                           \
    "tg_leave_after 2\n"                                                                                      \
    "\\output r3\n"                                                                                           \
    "tg_leave_after 3\n"                                                                                      \
    "\\output r5\n"                                                                                           \
    ".endm\n"

#define FORGET_MACROS                                                                                         \
    ".purgem tg_flush\n"                                                                                      \
    ".purgem tg_loop\n"                                                                                       \
    ".purgem tg_pair\n"                                                                                       \
    ".purgem tg_scale\n"                                                                                      \
    ".purgem tg_output\n"                                                                                     \
    ".purgem tg_general_output\n"                                                                             \
    ".purgem tg_leave_after\n"                                                                                \
    ".purgem tg_outputs\n"

/* On the stack: 0 inputs, 4 starts, 8 their end, 12 entry of the chain, 16 general, 20 out, 24 after, 28 prescale,
 * 32 shift, 36 outputs left, 40 channels, 44 minus 2^15 for each block, 48 the loop for its size */
TG_KERNEL TG_NAKED void tg_swar_dense_v7m(const struct tg_swar_dense *dense __attribute__((unused)))
{
    __asm__ volatile(TAKE_INPUTS FLUSH REQUANTIZE);
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "sub sp, sp, #52\n"
        "ldr.w r11, [r0, #28]\n"
        "ldmia r0, {r1-r7}\n"
        "subs r1, #1\n"
        "strd r1, r2, [sp, #0]\n"
        "add.w r2, r2, r7, lsl #2\n"
        "str r2, [sp, #8]\n"
        "str.w r11, [sp, #20]\n"
        "ldrd r1, r2, [r4]\n"
        "str r2, [sp, #24]\n"
        "strd r5, r1, [sp, #36]\n"
        "ldrsb.w r1, [r4, #8]\n"
        "ldrsb.w r2, [r4, #9]\n"
        "strd r1, r2, [sp, #28]\n"
        "ldrsb.w r1, [r4, #10]\n"
        "str r1, [sp, #16]\n"
        "rsb r7, r7, #0\n"
        "lsl.w r7, r7, #15\n"
        "str r7, [sp, #44]\n"
        "sub.w r12, r3, #4\n"
        /* a block of n inputs enters the chain 20 * n bytes before its end */
        "adr.w r1, 2f\n"
        "movs r2, #20\n"
        "mls r1, r2, r6, r1\n"
        "orr r1, r1, #1\n"
        "str r1, [sp, #12]\n"
        "adr.w r1, 1f\n"
        "cmp r6, #6\n"
        "bhi.n 11f\n"
        "adr.w r1, 16f\n"
        "beq.n 11f\n"
        "adr.w r1, 14f\n"
        "cmp r6, #4\n"
        "beq.n 11f\n"
        "adr.w r1, 12f\n"
        "11:\n"
        "orr r1, r1, #1\n"
        "str r1, [sp, #48]\n"
        /* the next four outputs */
        "10:\n"
        "ldrd r11, lr, [sp, #0]\n"
        "ldr r2, [sp, #44]\n"
        "mov r3, r2\n"
        "movs r4, #0\n"
        "movs r5, #0\n"
        "mov.w r10, #0x00ff00ff\n"
        "ldr r6, [sp, #48]\n"
        "bx r6\n"
        "tg_loop 12, 1\n"
        "tg_loop 14, 2\n"
        "tg_loop 16, 3\n"
        ".balign 4\n"
        "1:\n"
        "ldr r1, [lr], #4\n"
        "ldr r6, [sp, #12]\n"
        "add.w r0, r1, r1, lsl #8\n"
        "bx r6\n"
        ".balign 4\n"
        ".rept 8\n"
        "tg_pair\n"
        ".endr\n"
        "2:\n"
        "tg_flush\n"
        "bne.w 1b\n"
        /* sums to int8 */
        "20:\n"
        "sub.w r2, r2, r4, lsl #16\n"
        "sub.w r3, r3, r5, lsl #16\n"
        "add r0, sp, #16\n"
        "ldmia.w r0, {r1, r6-r11}\n"
        "cmp r1, #0\n"
        "bne.n 3f\n"
        "tg_outputs tg_output\n"
        "b.n 4f\n"
        "3:\n"
        "tg_outputs tg_general_output\n"
        "4:\n"
        "subs.w r10, r10, #4\n"
        "ble.n 50f\n"
        "strd r10, r11, [sp, #36]\n"
        "str r6, [sp, #20]\n"
        "b.w 10b\n"
        "50:\n"
        "add sp, sp, #52\n"
        "pop {r4-r11, pc}\n" FORGET_MACROS);
}

#else

TG_KERNEL void tg_swar_dense_v7m(const struct tg_swar_dense *dense)
{
    tg_swar_run_dense(dense, 1);
}

#endif
