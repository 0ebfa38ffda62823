/* A pass over one pair of pixels. See tg_swar_pass_v7m.h.
 *
 * Per input of three channels 7 instructions and 12 cycles of a Cortex-M3 for 6 products; the first one of a block is
 * a cycle shorter, and a block ends with 9 of each. A channel takes 12 instructions, if it is general 23, for two outputs.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_swar_pass_v7m.h"

#include "tg_assembly.h"
#include "tg_swar_pass_core.h"

#if TG_ASSEMBLY && defined(__arm__)

/* r0-r2: sums of a block; r3-r5: total; r7-r9: high; r6: word of the pair; r10, r11: weights
 * r12: next word; lr: the byte before the next weight */
#define TAKE_INPUTS                                                                                           \
    /* 22 bytes */                                                                                            \
    ".macro tg_first\n"                                                                                       \
    "ldr.w r6, [r12], #4\n"                                                                                   \
    "ldrsb.w r0, [lr, #1]\n"                                                                                  \
    "ldrsb.w r1, [lr, #2]\n"                                                                                  \
    "ldrsb r2, [lr, #3]!\n"                                                                                   \
    "muls.n r0, r6, r0\n"                                                                                     \
    "muls.n r1, r6, r1\n"                                                                                     \
    "muls.n r2, r6, r2\n"                                                                                     \
    ".endm\n"                                                                                                 \
    /* 28 bytes */                                                                                            \
    ".macro tg_next\n"                                                                                        \
    "ldr.w r6, [r12], #4\n"                                                                                   \
    "ldrsb.w r10, [lr, #1]\n"                                                                                 \
    "ldrsb.w r11, [lr, #2]\n"                                                                                 \
    "mla r0, r10, r6, r0\n"                                                                                   \
    "mla r1, r11, r6, r1\n"                                                                                   \
    "ldrsb r10, [lr, #3]!\n"                                                                                  \
    "mla r2, r10, r6, r2\n"                                                                                   \
    ".endm\n"

/* 30 bytes */
#define FLUSH                                                                                                 \
    ".macro tg_flush\n"                                                                                       \
    "adds.n r3, r3, r0\n"                                                                                     \
    "add.w r0, r0, #32768\n"                                                                                  \
    "add.w r7, r7, r0, asr #16\n"                                                                             \
    "adds.n r4, r4, r1\n"                                                                                     \
    "add.w r1, r1, #32768\n"                                                                                  \
    "add.w r8, r8, r1, asr #16\n"                                                                             \
    "adds.n r5, r5, r2\n"                                                                                     \
    "add.w r2, r2, #32768\n"                                                                                  \
    "add.w r9, r9, r2, asr #16\n"                                                                             \
    ".endm\n"

/* `blocks` of 52 + 28 * more bytes, again and again until the words end; then on to the requantization */
#define LOOP                                                                                                  \
    ".macro tg_loop label, blocks, more\n"                                                                    \
    ".balign 4\n"                                                                                             \
    "\\label:\n"                                                                                              \
    ".rept \\blocks\n"                                                                                        \
    "tg_first\n"                                                                                              \
    ".rept \\more\n"                                                                                          \
    "tg_next\n"                                                                                               \
    ".endr\n"                                                                                                 \
    "tg_flush\n"                                                                                              \
    ".endr\n"                                                                                                 \
    "ldr r0, [sp, #4]\n"                                                                                      \
    "cmp r12, r0\n"                                                                                           \
    "bne.w \\label\\()b\n"                                                                                    \
    "b.w 30f\n"                                                                                               \
    ".endm\n"

/* r1 := where to enter such a loop so that whole rounds follow; r6 is minus the number of blocks */
#define ENTER                                                                                                 \
    ".macro tg_enter label, blocks, more\n"                                                                   \
    "and r6, r6, #\\blocks - 1\n"                                                                             \
    "adr.w r1, \\label\\()f\n"                                                                                \
    "movs r2, #52 + 28 * \\more\n"                                                                            \
    "b.n 20f\n"                                                                                               \
    ".endm\n"

/* Both sums of a channel. r0: offset, r1: multiplier, r2: prescale, r6: sign term */
#define REQUANTIZE                                                                                            \
    ".macro tg_scale total, high\n"                                                                           \
    "sub.w \\total, \\total, \\high, lsl #16\n"                                                               \
    "lsl.w \\total, \\total, r2\n"                                                                            \
    "lsl.w \\high, \\high, r2\n"                                                                              \
    "add.w \\total, \\total, r0\n"                                                                            \
    "add.w \\high, \\high, r0\n"                                                                              \
    "smull r0, \\total, r1, \\total\n"                                                                        \
    "smull r0, \\high, r1, \\high\n"                                                                          \
    ".endm\n"                                                                                                 \
    ".macro tg_finish h\n"                                                                                    \
    "bic.w r0, r6, \\h, asr #31\n"                                                                            \
    "add.w \\h, \\h, r0\n"                                                                                    \
    "ldr.n r0, [sp, #36]\n"                                                                                   \
    "add.w \\h, \\h, r0\n"                                                                                    \
    "asr.w \\h, \\h, r1\n"                                                                                    \
    "ssat \\h, #8, \\h\n"                                                                                     \
    ".endm\n"                                                                                                 \
    ".macro tg_store total, high\n"                                                                           \
    "strb \\total, [r11], #1\n"                                                                               \
    "strb \\high, [r12], #1\n"                                                                                \
    ".endm\n"                                                                                                 \
    ".macro tg_channel total, high\n"                                                                         \
    "ldmia r10!, {r0, r1}\n"                                                                                  \
    "tg_scale \\total, \\high\n"                                                                              \
    "ssat \\total, #8, \\total, asr #16\n"                                                                    \
    "ssat \\high, #8, \\high, asr #16\n"                                                                      \
    "tg_store \\total, \\high\n"                                                                              \
    ".endm\n"                                                                                                 \
    ".macro tg_general_channel total, high\n"                                                                 \
    "ldmia r10!, {r0, r1, r6}\n"                                                                              \
    "tg_scale \\total, \\high\n"                                                                              \
    "ldr.n r1, [sp, #40]\n"                                                                                   \
    "tg_finish \\total\n"                                                                                     \
    "tg_finish \\high\n"                                                                                      \
    "tg_store \\total, \\high\n"                                                                              \
    ".endm\n"                                                                                                 \
    ".macro tg_leave_after count\n"                                                                           \
    "ldr.n r0, [sp, #24]\n"                                                                                   \
    "cmp r0, #\\count\n"                                                                                      \
    "beq.w 50f\n"                                                                                             \
    ".endm\n"

#define FORGET_MACROS                                                                                         \
    ".purgem tg_first\n"                                                                                      \
    ".purgem tg_next\n"                                                                                       \
    ".purgem tg_flush\n"                                                                                      \
    ".purgem tg_loop\n"                                                                                       \
    ".purgem tg_enter\n"                                                                                      \
    ".purgem tg_scale\n"                                                                                      \
    ".purgem tg_finish\n"                                                                                   \
    ".purgem tg_store\n"                                                                                      \
    ".purgem tg_channel\n"                                                                                    \
    ".purgem tg_general_channel\n"                                                                             \
    ".purgem tg_leave_after\n"

/* On the stack: 0 words, 4 their end, 8 entry of the loop, 12 channels, 16 and 20 out, 24 channels left, 28 prescale,
 * 32 general, 36 after, 40 shift */
TG_KERNEL TG_NAKED void tg_swar_pass_v7m(const struct tg_swar_pass *pass __attribute__((unused)))
{
    __asm__ volatile(TAKE_INPUTS FLUSH LOOP ENTER);
    __asm__ volatile(REQUANTIZE);
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "sub sp, sp, #44\n"
        "ldrd r11, r12, [r0, #24]\n"
        "ldmia r0, {r1-r6}\n"
        "strd r11, r12, [sp, #16]\n"
        "ldr r7, [r3, #0]\n"
        "str r7, [sp, #12]\n"
        "ldr r7, [r3, #4]\n"
        "str r7, [sp, #36]\n"
        "ldrsb.w r7, [r3, #8]\n"
        "ldrsb.w r8, [r3, #10]\n"
        "strd r7, r8, [sp, #28]\n"
        "ldrsb.w r7, [r3, #9]\n"
        "str r7, [sp, #40]\n"
        "str r4, [sp, #24]\n"
        "mul lr, r5, r6\n"
        "add.w lr, r1, lr, lsl #2\n"
        "str r1, [sp, #0]\n"
        "str.w lr, [sp, #4]\n"
        "sub.w lr, r2, #1\n"
        "rsbs r6, r6, #0\n"
        "tbb [pc, r5]\n"
        "10:\n"
        ".byte 0, 0, (12f - 10b) / 2, (13f - 10b) / 2, (14f - 10b) / 2, (15f - 10b) / 2, (16f - 10b) / 2, 0\n"
        ".byte (18f - 10b) / 2, 0\n"
        "12: tg_enter 2, 4, 1\n"
        "13: tg_enter 3, 4, 2\n"
        "14: tg_enter 4, 2, 3\n"
        "15: tg_enter 5, 2, 4\n"
        "16: tg_enter 6, 1, 5\n"
        "18: tg_enter 8, 1, 7\n"
        "20:\n"
        "mla r1, r6, r2, r1\n"
        "orr r1, r1, #1\n"
        "str r1, [sp, #8]\n"
        /* the next three channels */
        "21:\n"
        "ldr.w r12, [sp, #0]\n"
        "ldr r0, [sp, #8]\n"
        "movs r3, #0\n"
        "movs r4, #0\n"
        "movs r5, #0\n"
        "movs r7, #0\n"
        "mov.w r8, #0\n"
        "mov.w r9, #0\n"
        "bx r0\n"
        "tg_loop 2, 4, 1\n"
        "tg_loop 3, 4, 2\n"
        "tg_loop 4, 2, 3\n"
        "tg_loop 5, 2, 4\n"
        "tg_loop 6, 1, 5\n"
        "tg_loop 8, 1, 7\n"
        /* sums to int8 */
        "30:\n"
        "ldr r0, [sp, #32]\n"
        "ldr r2, [sp, #28]\n"
        "ldr.w r10, [sp, #12]\n"
        "ldr.w r11, [sp, #16]\n"
        "ldr.w r12, [sp, #20]\n"
        "cmp r0, #0\n"
        "bne.w 31f\n"
        "tg_channel r3, r7\n"
        "tg_leave_after 1\n"
        "tg_channel r4, r8\n"
        "tg_leave_after 2\n"
        "tg_channel r5, r9\n"
        "b.n 32f\n"
        "31:\n"
        "tg_general_channel r3, r7\n"
        "tg_leave_after 1\n"
        "tg_general_channel r4, r8\n"
        "tg_leave_after 2\n"
        "tg_general_channel r5, r9\n"
        "32:\n"
        "ldr r0, [sp, #24]\n"
        "subs r0, #3\n"
        "ble.n 50f\n"
        "str r0, [sp, #24]\n"
        "str.w r10, [sp, #12]\n"
        "strd r11, r12, [sp, #16]\n"
        "b.w 21b\n"
        "50:\n"
        "add sp, sp, #44\n"
        "pop {r4-r11, pc}\n" FORGET_MACROS);
}

#else

TG_KERNEL void tg_swar_pass_v7m(const struct tg_swar_pass *pass)
{
    tg_swar_run_pass(pass, 1);
}

#endif
