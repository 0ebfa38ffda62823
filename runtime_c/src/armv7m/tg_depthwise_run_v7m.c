/* Runs of taps. See tg_depthwise_run_v7m.h.
 *
 * Four outputs take 6 instructions and 11 cycles of a Cortex-M3 for a tap, about 20 and 32 for a run, and 50 and 80 for the
 * rest.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_run_v7m.h"

#include "tg_assembly.h"
#include "tg_depthwise_run_core.h"

#if TG_ASSEMBLY && defined(__arm__)

/* In the struct */
#define LINES "[r0]"
#define LINE_STEP "[r0, #4]"
#define ROWS "[r0, #8]"
#define RUNS "[r0, #12]"
#define RUN_COUNT "[r0, #16]"
#define WEIGHTS "[r0, #20]"
#define CHANNEL "[r0, #24]"
#define OUTPUT "[r0, #28]"
#define OUT "[r0, #32]"
#define OUT_STEP "[r0, #36]"
#define COUNT "[r0, #40]"

/* On the stack */
#define STRUCT "[sp]"
#define FIRST_RUN "[sp, #4]"
#define RUNS_END "[sp, #8]"
#define STEP "[sp, #12]"
#define LINES_END "[sp, #16]"
#define FIRST "[sp, #20]" /* of the four outputs */
#define COUNT_LEFT "[sp, #24]"
#define NEXT_OUT "[sp, #28]"
#define FRAME "32"

TG_KERNEL TG_NAKED void tg_depthwise_run_v7m(const struct tg_depthwise_run *run __attribute__((unused)))
{
    __asm__ volatile(
        ".syntax unified\n"
        "x .req r0\n w .req r1\n tap .req r2\n cell0 .req r3\n cell1 .req r4\n cell2 .req r5\n cell3 .req r6\n left .req r7\n"
        "sum0 .req r8\n sum1 .req r9\n sum2 .req r10\n sum3 .req r11\n line .req r12\n run .req lr\n"
        /* one tap of four neighbouring cells; `x` is at the last of them */
        ".macro tg_tap a, b, c, next\n"
        "ldrsb tap, [w], #1\n"
        "ldrsb \\next, [x], #1\n"
        "mla sum0, tap, \\a, sum0\n"
        "mla sum1, tap, \\b, sum1\n"
        "mla sum2, tap, \\c, sum2\n"
        "mla sum3, tap, \\next, sum3\n"
        ".endm\n"
        "push {r4-r11, lr}\n"
        "sub sp, sp, #" FRAME "\n"
        "str r0, " STRUCT "\n"
        "ldr r1, " RUNS "\n"
        "ldr r2, " RUN_COUNT "\n"
        "ldr r3, " LINES "\n"
        "ldr r4, " LINE_STEP "\n"
        "ldr r5, " ROWS "\n"
        "ldr r6, " OUT "\n"
        "ldr r7, " COUNT "\n"
        "add r2, r1, r2, lsl #2\n"
        "mla r5, r4, r5, r3\n"
        "str r1, " FIRST_RUN "\n"
        "str r2, " RUNS_END "\n"
        "str r4, " STEP "\n"
        "str r5, " LINES_END "\n"
        "str r6, " NEXT_OUT "\n"
        "str r7, " COUNT_LEFT "\n"
        "movs r1, #0\n"
        "str r1, " FIRST "\n"

        /* four outputs; r0 is the struct */
        "1: ldr w, " WEIGHTS "\n"
        "ldr line, " LINES "\n"
        "mov sum0, #0\n"
        "mov sum1, #0\n"
        "mov sum2, #0\n"
        "mov sum3, #0\n"
        /* a row of the window */
        "2: ldr run, " FIRST_RUN "\n"
        /* a run in it */
        "3: ldr x, [line]\n"
        "ldr r3, " FIRST "\n"
        "ldrsh r4, [run]\n"
        "ldrsh left, [run, #2]\n"
        "add x, x, r3\n"
        "add run, run, #4\n"
        "add x, x, r4\n"
        "subs left, left, #4\n"
        "ldrsb cell0, [x], #1\n"
        "ldrsb cell1, [x], #1\n"
        "ldrsb cell2, [x], #1\n"
        "blt 5f\n"
        "4: tg_tap cell0, cell1, cell2, cell3\n"
        "tg_tap cell1, cell2, cell3, cell0\n"
        "tg_tap cell2, cell3, cell0, cell1\n"
        "tg_tap cell3, cell0, cell1, cell2\n"
        "subs left, left, #4\n"
        "bge 4b\n"
        "5: adds left, left, #4\n"
        "beq 6f\n"
        "tg_tap cell0, cell1, cell2, cell3\n"
        "subs left, left, #1\n"
        "beq 6f\n"
        "tg_tap cell1, cell2, cell3, cell0\n"
        "subs left, left, #1\n"
        "beq 6f\n"
        "tg_tap cell2, cell3, cell0, cell1\n"
        "6: ldr r2, " RUNS_END "\n"
        "ldr r3, " STEP "\n"
        "ldr r4, " LINES_END "\n"
        "cmp run, r2\n"
        "bne 3b\n"
        "add line, line, r3\n"
        "cmp line, r4\n"
        "bne 2b\n"

        /* from sums to bytes: r3 offset, r4 multiplier, r5 prescale */
        "ldr r0, " STRUCT "\n"
        "ldr r1, " CHANNEL "\n"
        "ldr r2, " OUTPUT "\n"
        "ldr r3, [r1]\n"
        "ldr r4, [r1, #4]\n"
        "ldrsb r5, [r2, #8]\n"
        "ldrsb r6, [r2, #10]\n"
        ".irp sum, r8,r9,r10,r11\n"
        "lsl \\sum, \\sum, r5\n"
        "add \\sum, \\sum, r3\n"
        ".endr\n"
        "cbnz r6, 7f\n"
        ".irp sum, r8,r9,r10,r11\n"
        "smull r12, \\sum, r4, \\sum\n"
        "ssat \\sum, #8, \\sum, asr #16\n"
        ".endr\n"
        "b 8f\n"
        /* general: r1 sign, r6 after, r2 shift */
        "7: ldr r1, [r1, #8]\n"
        "ldr r6, [r2, #4]\n"
        "ldrsb r2, [r2, #9]\n"
        ".irp sum, r8,r9,r10,r11\n"
        "bic lr, r1, \\sum, asr #31\n"
        "smull r12, \\sum, r4, \\sum\n"
        "add \\sum, \\sum, lr\n"
        "add \\sum, \\sum, r6\n"
        "asr \\sum, \\sum, r2\n"
        "ssat \\sum, #8, \\sum\n"
        ".endr\n"
        "8: ldr r1, " NEXT_OUT "\n"
        "ldr r2, " OUT_STEP "\n"
        "ldr r3, " COUNT_LEFT "\n"
        "strb sum0, [r1]\n"
        "add r1, r1, r2\n"
        "cmp r3, #2\n"
        "blt 9f\n"
        "strb sum1, [r1]\n"
        "add r1, r1, r2\n"
        "cmp r3, #3\n"
        "blt 9f\n"
        "strb sum2, [r1]\n"
        "add r1, r1, r2\n"
        "subs r3, r3, #4\n"
        "blt 9f\n"
        "strb sum3, [r1]\n"
        "add r1, r1, r2\n"
        "ldr r4, " FIRST "\n"
        "str r1, " NEXT_OUT "\n"
        "str r3, " COUNT_LEFT "\n"
        "adds r4, r4, #4\n"
        "str r4, " FIRST "\n"
        "cmp r3, #0\n"
        "bne 1b\n"
        "9: add sp, sp, #" FRAME "\n"
        ".purgem tg_tap\n"
        ".unreq x\n .unreq w\n .unreq tap\n .unreq cell0\n .unreq cell1\n .unreq cell2\n .unreq cell3\n .unreq left\n"
        ".unreq sum0\n .unreq sum1\n .unreq sum2\n .unreq sum3\n .unreq line\n .unreq run\n"
        "pop {r4-r11, pc}\n");
}

#else

TG_KERNEL void tg_depthwise_run_v7m(const struct tg_depthwise_run *run)
{
    tg_depthwise_run_all(run);
}

#endif
