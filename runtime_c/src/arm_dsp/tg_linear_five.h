/* Five linear functions of one row at once, in assembly: tg_linear_scores.h.
 *
 * `features` loads four features into r12 and lr, two in a register, from r1 on; `feature` loads one into r12.
 * Registers: r0 weights, r1 features, r3 steps, r4-r8 sums. For 20 products 15 instructions and `features`; 28 cycles on
 * Cortex-M4 with int16.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_LINEAR_FIVE_H
#define TG_LINEAR_FIVE_H

#include "tg_assembly.h"

#define TG_LINEAR_FIVE(features, feature)                                                                              \
    __asm__ volatile(".syntax unified\n"                                                                               \
                     "push {r2, r4-r11, lr}\n" /* the depth at sp; `out` at sp + 40 */                                 \
                     "ldmia r3, {r4-r8}\n"                                                                             \
                     "lsrs r3, r2, #2\n"                                                                               \
                     "beq 2f\n"                                                                                        \
                     "1:\n" features "ldmia r0!, {r2, r9-r11}\n"                                                       \
                     "smlad r4, r12, r2, r4\n"                                                                         \
                     "smlad r5, r12, r9, r5\n"                                                                         \
                     "smlad r6, r12, r10, r6\n"                                                                        \
                     "smlad r7, r12, r11, r7\n"                                                                        \
                     "ldmia r0!, {r2, r9-r11}\n"                                                                       \
                     "smlad r8, r12, r2, r8\n"                                                                         \
                     "smlad r4, lr, r9, r4\n"                                                                          \
                     "smlad r5, lr, r10, r5\n"                                                                         \
                     "smlad r6, lr, r11, r6\n"                                                                         \
                     "ldmia r0!, {r2, r9}\n"                                                                           \
                     "smlad r7, lr, r2, r7\n"                                                                          \
                     "smlad r8, lr, r9, r8\n"                                                                          \
                     "subs r3, r3, #1\n"                                                                               \
                     "bne 1b\n"                                                                                        \
                     "2:\n"                                                                                            \
                     "ldr r3, [sp]\n"                                                                                  \
                     "ands r3, r3, #3\n"                                                                               \
                     "beq 4f\n"                                                                                        \
                     "3:\n" feature "ldmia r0!, {r2, r9-r11}\n"                                                        \
                     "smlad r4, r12, r2, r4\n"                                                                         \
                     "smlad r5, r12, r9, r5\n"                                                                         \
                     "smlad r6, r12, r10, r6\n"                                                                        \
                     "smlad r7, r12, r11, r7\n"                                                                        \
                     "ldr r2, [r0], #4\n"                                                                              \
                     "smlad r8, r12, r2, r8\n"                                                                         \
                     "subs r3, r3, #1\n"                                                                               \
                     "bne 3b\n"                                                                                        \
                     "4:\n"                                                                                            \
                     "ldr r3, [sp, #40]\n"                                                                             \
                     "stmia r3, {r4-r8}\n"                                                                             \
                     "pop {r2, r4-r11, pc}\n")

#endif
