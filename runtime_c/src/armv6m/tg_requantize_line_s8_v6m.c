/* See tg_requantize_line_s8_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_requantize_line_s8_v6m.h"
#include "tg_narrow_core_v6m.h"

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* 31 cycles for each output (37 with signs), 23 where it is out_min. `end` is that of the sums; the record is read
 * again and again. */
TG_KERNEL TG_NAKED void tg_requantize_line_s8_v6m(const struct tg_narrow_v6m *narrow ARGUMENT,
                                                  const int32_t *record ARGUMENT,
                                                  const struct tg_narrow_line_v6m *line ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n" TG_NARROW_REGISTERS
        "step .req lr\n"
        /* save, and take the arguments */
        "push {r4-r7, lr}\n"
        "mov r4, r8\n"
        "mov r5, r9\n"
        "mov r6, r10\n"
        "mov r7, r11\n"
        "push {r4-r7}\n"
        "movs records, r1\n"
        "ldr sums, [r2, #0]\n"
        "ldr r3, [r2, #4]\n"
        "mov end, r3\n"
        "ldr out, [r2, #8]\n"
        "ldr r3, [r2, #12]\n"
        "mov step, r3\n" TG_NARROW_TAKE
        "cmp lower, #5\n"
        "beq 4f\n"
        /* without signs */
        "3:\n" TG_NARROW_OUTPUT("0", "0")
        "subs records, records, #16\n"
        "add out, step\n"
        "cmp sums, end\n"
        "bne 3b\n"
        "b 7f\n" TG_NARROW_OUTSIDE("0")
        /* with signs */
        "4:\n" TG_NARROW_SIGNED_OUTPUT("0", "2")
        "subs records, records, #20\n"
        "add out, step\n"
        "cmp sums, end\n"
        "bne 4b\n"
        "b 7f\n" TG_NARROW_SIGNED_OUTSIDE("2")
        "7: add sp, sp, #4\n"
        "pop {r4-r7}\n"
        "mov r8, r4\n"
        "mov r9, r5\n"
        "mov r10, r6\n"
        "mov r11, r7\n"
        "pop {r4-r7, pc}\n"
        ".unreq step\n" TG_NARROW_NO_REGISTERS);
}

#else

TG_KERNEL void tg_requantize_line_s8_v6m(const struct tg_narrow_v6m *narrow, const int32_t *record,
                                         const struct tg_narrow_line_v6m *line)
{
    const int32_t *sums = line->sums;
    int8_t *out = line->out;

    do {
        *out = tg_narrow(narrow, record, *sums++);
        out += line->out_step;
    } while (sums != line->sums_end);
}

#endif
