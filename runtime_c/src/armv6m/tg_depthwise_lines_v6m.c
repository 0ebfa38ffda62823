/* See tg_depthwise_lines_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_lines_v6m.h"
#include "tg_assembly.h"
#include "tg_fixedpoint.h"

TG_KERNEL void tg_depthwise_lines_v6m(struct tg_lines_v6m *lines);

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* 7.5 cycles for each cell with stride 1, 9 with stride 2; 48 for a line. */
TG_KERNEL TG_NAKED void tg_depthwise_lines_v6m(struct tg_lines_v6m *lines ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "upper .req r0\n"
        "cells .req r1\n"
        "step .req r2\n"
        "line .req r3\n"
        "first .req r4\n"  /* the cell before, or two before */
        "second .req r5\n" /* the next one */
        "third .req r6\n"
        "none .req r7\n" /* 0 */
        "pairs_end .req r8\n"
        "two_steps .req r9\n"
        "odd .req r10\n" /* the lowest bit of count, as the highest */
        "push {r4-r7, lr}\n"
        "mov r4, r8\n"
        "mov r5, r9\n"
        "mov r6, r10\n"
        "push {r0, r4-r6}\n"
        "ldr step, [r0, #8]\n"
        "lsls r4, step, #1\n"
        "mov two_steps, r4\n"
        "ldr r4, [r0, #12]\n"
        "mov ip, r4\n" /* padding */
        "ldr r4, [r0, #20]\n"
        "lsls r4, r4, #31\n"
        "mov odd, r4\n"
        "movs none, #0\n"
        /* a line */
        "9: ldr r0, [sp]\n"
        "ldr cells, [r0, #0]\n"
        "ldr line, [r0, #4]\n"
        "ldr r4, [r0, #20]\n"
        "lsrs r4, r4, #1\n"
        "lsls r4, r4, #3\n"
        "adds r4, r4, line\n"
        "mov pairs_end, r4\n"
        "ldr r4, [r0, #24]\n"
        "ldr r5, [r0, #28]\n"
        "ldr r6, [r0, #16]\n"
        "adds r4, r4, cells\n"
        "adds r5, r5, line\n"
        "stmia r0!, {r4, r5}\n"
        "mov first, ip\n"
        "mov second, ip\n"
        "cmp r6, #2\n"
        "beq 3f\n"
        /* stride 1: two cells each time */
        "cmp line, pairs_end\n"
        "beq 2f\n"
        "1: ldrsb second, [cells, none]\n"
        "ldrsb third, [cells, step]\n"
        "add cells, two_steps\n"
        "lsls upper, second, #16\n"
        "adds first, first, upper\n"
        "lsls upper, third, #16\n"
        "adds second, second, upper\n"
        "stmia line!, {first, second}\n"
        "movs first, third\n"
        "cmp line, pairs_end\n"
        "bne 1b\n"
        "2: mov upper, odd\n"
        "cmp upper, #0\n"
        "beq 6f\n"
        "ldrsb second, [cells, none]\n"
        "lsls upper, second, #16\n"
        "adds first, first, upper\n"
        "stmia line!, {first}\n"
        "movs first, second\n"
        "b 6f\n"
        /* stride 2 */
        "3: cmp line, pairs_end\n"
        "beq 5f\n"
        "4: ldrsb third, [cells, none]\n"
        "lsls upper, third, #16\n"
        "adds first, first, upper\n"
        "stmia line!, {first}\n"
        "movs first, third\n"
        "ldrsb third, [cells, step]\n"
        "lsls upper, third, #16\n"
        "adds second, second, upper\n"
        "stmia line!, {second}\n"
        "movs second, third\n"
        "add cells, two_steps\n"
        "cmp line, pairs_end\n"
        "bne 4b\n"
        "5: mov upper, odd\n"
        "cmp upper, #0\n"
        "beq 7f\n"
        "ldrsb third, [cells, none]\n"
        "lsls upper, third, #16\n"
        "adds first, first, upper\n"
        "stmia line!, {first}\n"
        "movs first, second\n"
        "movs second, third\n"
        /* the last cells over padding */
        "7: mov upper, ip\n"
        "lsls upper, upper, #16\n"
        "adds first, first, upper\n"
        "adds second, second, upper\n"
        "stmia line!, {first, second}\n"
        "b 8f\n"
        "6: mov upper, ip\n"
        "lsls upper, upper, #16\n"
        "adds first, first, upper\n"
        "stmia line!, {first}\n"
        "8: ldr r0, [sp]\n"
        "ldr r4, [r0, #32]\n"
        "subs r4, r4, #1\n"
        "str r4, [r0, #32]\n"
        "bne 9b\n"
        "pop {r0, r4-r6}\n"
        "mov r8, r4\n"
        "mov r9, r5\n"
        "mov r10, r6\n"
        "pop {r4-r7, pc}\n"
        ".unreq upper\n"
        ".unreq cells\n"
        ".unreq step\n"
        ".unreq line\n"
        ".unreq first\n"
        ".unreq second\n"
        ".unreq third\n"
        ".unreq none\n"
        ".unreq pairs_end\n"
        ".unreq two_steps\n"
        ".unreq odd\n");
}

#else

static void make_line(const struct tg_lines_v6m *shape)
{
    int32_t before[2] = {shape->padding, shape->padding};
    const int8_t *cells = shape->cells;
    int32_t *line = shape->line;

    for (int32_t j = 0; j < shape->count + shape->stride; j++) {
        int32_t value = shape->padding;

        if (j < shape->count) {
            value = *cells;
            cells += j + 1 < shape->count ? shape->step : 0;
        }
        *line++ = tg_wrap_int32((uint32_t)before[0] + ((uint32_t)value << 16));
        before[0] = shape->stride == 2 ? before[1] : value;
        before[1] = value;
    }
}

TG_KERNEL void tg_depthwise_lines_v6m(struct tg_lines_v6m *lines)
{
    for (; lines->lines > 0; lines->lines--) {
        make_line(lines);
        lines->line += lines->line_bytes / 4;
        if (lines->lines > 1) {
            lines->cells += lines->row_bytes;
        }
    }
}

#endif
