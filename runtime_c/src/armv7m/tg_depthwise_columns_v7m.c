/* Depthwise 3x3 windows. See tg_depthwise_columns_v7m.h.
 *
 * Two outputs, one below the other, take 49 instructions and 86 cycles of a Cortex-M3; one alone 32 and 55.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_columns_v7m.h"

#include "tg_assembly.h"
#include "tg_depthwise_columns_core.h"

#if TG_ASSEMBLY && defined(__arm__)

/* r0-r8: weights; r9, r10: sums; r11, lr: bytes; r12: the first byte of the window */
#define WINDOWS                                                                                               \
    ".macro tg_pair_column at, wa, wb, wc\n"                                                                  \
    "ldrsb.w r11, [r12, #\\at]\n"                                                                             \
    "ldrsb.w lr, [r12, #\\at + 1]\n"                                                                          \
    "mla r9, \\wa, r11, r9\n"                                                                                 \
    "mla r9, \\wb, lr, r9\n"                                                                                  \
    "mla r10, \\wa, lr, r10\n"                                                                                \
    "ldrsb.w r11, [r12, #\\at + 2]\n"                                                                         \
    "ldrsb.w lr, [r12, #\\at + 3]\n"                                                                          \
    "mla r9, \\wc, r11, r9\n"                                                                                 \
    "mla r10, \\wb, r11, r10\n"                                                                               \
    "mla r10, \\wc, lr, r10\n"                                                                                \
    ".endm\n"                                                                                                 \
    ".macro tg_column at, wa, wb, wc\n"                                                                       \
    "ldrsb.w r9, [r12, #\\at + 1]\n"                                                                          \
    "ldrsb.w r11, [r12, #\\at + 2]\n"                                                                         \
    "ldrsb.w lr, [r12, #\\at + 3]\n"                                                                          \
    "mla r10, \\wa, r9, r10\n"                                                                                \
    "mla r10, \\wb, r11, r10\n"                                                                               \
    "mla r10, \\wc, lr, r10\n"                                                                                \
    ".endm\n"                                                                                                 \
    ".macro tg_pair\n"                                                                                        \
    "ldr.w r9, [sp, #36]\n"                                                                                   \
    "mov r10, r9\n"                                                                                           \
    "tg_pair_column 0, r0, r1, r2\n"                                                                          \
    "tg_pair_column 4, r3, r4, r5\n"                                                                          \
    "tg_pair_column 8, r6, r7, r8\n"                                                                          \
    "ldr.w r11, [sp, #40]\n"                                                                                  \
    "smull lr, r9, r11, r9\n"                                                                                 \
    "smull lr, r10, r11, r10\n"                                                                               \
    ".endm\n"                                                                                                 \
    ".macro tg_single\n"                                                                                      \
    "ldr.w r10, [sp, #36]\n"                                                                                  \
    "tg_column 0, r0, r1, r2\n"                                                                               \
    "tg_column 4, r3, r4, r5\n"                                                                               \
    "tg_column 8, r6, r7, r8\n"                                                                               \
    "ldr.w r11, [sp, #40]\n"                                                                                  \
    "smull lr, r10, r11, r10\n"                                                                               \
    ".endm\n"                                                                                                 \
    ".macro tg_finish h\n"                                                                                    \
    "ldr.w r11, [sp, #44]\n"                                                                                  \
    "bic.w r11, r11, \\h, asr #31\n"                                                                          \
    "add.w \\h, \\h, r11\n"                                                                                   \
    "ldr.w r11, [sp, #48]\n"                                                                                  \
    "add.w \\h, \\h, r11\n"                                                                                   \
    "ldr.w r11, [sp, #52]\n"                                                                                  \
    "asr.w \\h, \\h, r11\n"                                                                                   \
    "ssat \\h, #8, \\h\n"                                                                                     \
    ".endm\n"                                                                                                 \
    /* the next pass, which gives so many rows */                                                             \
    ".macro tg_next_pass rows\n"                                                                              \
    "ldr.w r12, [sp, #60]\n"                                                                                  \
    "ldr.w r11, [sp, #68]\n"                                                                                  \
    "add.w r11, r11, r12\n"                                                                                   \
    "str.w r11, [sp, #60]\n"                                                                                  \
    "ldr.w r11, [sp, #72]\n"                                                                                  \
    "add.w r11, r11, r12\n"                                                                                   \
    "str.w r11, [sp, #108]\n"                                                                                 \
    "ldr.w r11, [sp, #88]\n"                                                                                  \
    "str.w r11, [sp, #104]\n"                                                                                 \
    "ldr.w r11, [sp, #84]\n"                                                                                  \
    "ldr.w lr, [r11, #0]\n"                                                                                   \
    "str.w lr, [sp, #96]\n"                                                                                   \
    "ldr.w lr, [r11, #4 * (\\rows - 1)]\n"                                                                    \
    "str.w lr, [sp, #100]\n"                                                                                  \
    "add.w r11, r11, #4 * \\rows\n"                                                                           \
    "str.w r11, [sp, #84]\n"                                                                                  \
    ".endm\n"                                                                                                 \
    /* stores sums, and ends a loop over columns and one over passes */                                       \
    ".macro tg_store_pair\n"                                                                                  \
    "ldr.w r11, [sp, #104]\n"                                                                                 \
    "ldr.w lr, [sp, #100]\n"                                                                                  \
    "strb.w r10, [lr, r11]\n"                                                                                 \
    "ldr.w lr, [sp, #96]\n"                                                                                   \
    "strb.w r9, [lr, r11]\n"                                                                                  \
    ".endm\n"                                                                                                 \
    ".macro tg_store_single\n"                                                                                \
    "ldr.w r11, [sp, #104]\n"                                                                                 \
    "ldr.w lr, [sp, #96]\n"                                                                                   \
    "strb.w r10, [lr, r11]\n"                                                                                 \
    ".endm\n"                                                                                                 \
    ".macro tg_again column, pass\n"                                                                          \
    "ldr.w lr, [sp, #92]\n"                                                                                   \
    "add.w r11, r11, lr\n"                                                                                    \
    "str.w r11, [sp, #104]\n"                                                                                 \
    "ldr.w r11, [sp, #76]\n"                                                                                  \
    "ldr.w lr, [sp, #108]\n"                                                                                  \
    "add.w r12, r12, r11\n"                                                                                   \
    "cmp r12, lr\n"                                                                                           \
    "bne.w \\column\\()b\n"                                                                                   \
    "ldr.w r11, [sp, #64]\n"                                                                                  \
    "subs.w r11, r11, #1\n"                                                                                   \
    "str.w r11, [sp, #64]\n"                                                                                  \
    "bne.w \\pass\\()b\n"                                                                                     \
    "b.w 50f\n"                                                                                               \
    ".endm\n"

#define FORGET_MACROS                                                                                         \
    ".purgem tg_pair_column\n"                                                                                \
    ".purgem tg_column\n"                                                                                     \
    ".purgem tg_pair\n"                                                                                       \
    ".purgem tg_single\n"                                                                                     \
    ".purgem tg_finish\n"                                                                                     \
    ".purgem tg_next_pass\n"                                                                                  \
    ".purgem tg_store_pair\n"                                                                                 \
    ".purgem tg_store_single\n"                                                                               \
    ".purgem tg_again\n"

TG_KERNEL TG_NAKED void tg_depthwise_columns_v7m(const struct tg_depthwise_columns *columns __attribute__((unused)))
{
    __asm__ volatile(WINDOWS);
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "sub sp, sp, #112\n"
        /* the fields, at the same offsets; 96 and 100: output rows, 104: where in them, 108: end of the pass */
        "mov r12, sp\n"
        "ldmia r0!, {r1-r11}\n"
        "stmia r12!, {r1-r11}\n"
        "ldmia r0!, {r1-r11}\n"
        "stmia r12!, {r1-r11}\n"
        "ldmia r0, {r1-r2}\n"
        "stmia r12, {r1-r2}\n"
        "ldmia.w sp, {r0-r8}\n"
        "ldr.w r9, [sp, #80]\n"
        "ldr.w r10, [sp, #56]\n"
        "cmp r9, #0\n"
        "beq.w 30f\n"
        "cmp r10, #0\n"
        "bne.w 20f\n"
        "10:\n"
        "tg_next_pass 2\n"
        "1:\n"
        "tg_pair\n"
        "ssat r9, #8, r9, asr #16\n"
        "ssat r10, #8, r10, asr #16\n"
        "tg_store_pair\n"
        "tg_again 1, 10\n"
        "20:\n"
        "tg_next_pass 2\n"
        "2:\n"
        "tg_pair\n"
        "tg_finish r9\n"
        "tg_finish r10\n"
        "tg_store_pair\n"
        "tg_again 2, 20\n"
        "30:\n"
        "cmp r10, #0\n"
        "bne.w 5f\n"
        "40:\n"
        "tg_next_pass 1\n"
        "4:\n"
        "tg_single\n"
        "ssat r10, #8, r10, asr #16\n"
        "tg_store_single\n"
        "tg_again 4, 40\n"
        "5:\n"
        "tg_next_pass 1\n"
        "6:\n"
        "tg_single\n"
        "tg_finish r10\n"
        "tg_store_single\n"
        "tg_again 6, 5\n"
        "50:\n"
        "add sp, sp, #112\n"
        "pop {r4-r11, pc}\n" FORGET_MACROS);
}

#else

TG_KERNEL void tg_depthwise_columns_v7m(const struct tg_depthwise_columns *columns)
{
    tg_depthwise_run_columns(columns);
}

#endif
