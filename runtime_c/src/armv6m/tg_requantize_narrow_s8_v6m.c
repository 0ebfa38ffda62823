/* See tg_requantize_narrow_s8_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_requantize_narrow_s8_v6m.h"
#include "tg_narrow_core_v6m.h"

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* 28 cycles for each output (34 with signs), 20 where it is out_min. Two outputs each time; an odd one at first begins
 * in the middle. */
TG_KERNEL TG_NAKED void tg_requantize_narrow_s8_v6m(const struct tg_narrow_v6m *narrow ARGUMENT,
                                                    const int32_t *records ARGUMENT, const int32_t *sums ARGUMENT,
                                                    int8_t *out ARGUMENT, int8_t *end ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        TG_NARROW_REGISTERS
        /* save, and take the arguments */
        "push {r4-r7, lr}\n"
        "mov r4, r8\n"
        "mov r5, r9\n"
        "mov r6, r10\n"
        "mov r7, r11\n"
        "push {r4-r7}\n"
        "movs records, r1\n"
        "movs sums, r2\n"
        "movs out, r3\n"
        "ldr r1, [sp, #36]\n"
        "mov end, r1\n"
        "subs r1, r1, out\n"
        "lsls r1, r1, #31\n" /* the lowest bit: whether the count is odd */
        TG_NARROW_TAKE
        "cmp r1, #0\n"
        "beq 2f\n"
        "subs out, out, #1\n" /* the second of a pair that has no first */
        "cmp lower, #5\n"
        "beq 6f\n"
        "b 4f\n"
        "2: cmp lower, #5\n"
        "beq 5f\n"
        /* without signs */
        "3:\n" TG_NARROW_OUTPUT("0", "0")
        "4:\n" TG_NARROW_OUTPUT("1", "1")
        "adds out, out, #2\n"
        "cmp out, end\n"
        "bne 3b\n"
        "b 7f\n"
        TG_NARROW_OUTSIDE("0")
        TG_NARROW_OUTSIDE("1")
        /* with signs */
        "5:\n" TG_NARROW_SIGNED_OUTPUT("0", "2")
        "6:\n" TG_NARROW_SIGNED_OUTPUT("1", "3")
        "adds out, out, #2\n"
        "cmp out, end\n"
        "bne 5b\n"
        "b 7f\n"
        TG_NARROW_SIGNED_OUTSIDE("2")
        TG_NARROW_SIGNED_OUTSIDE("3")
        "7: add sp, sp, #4\n"
        "pop {r4-r7}\n"
        "mov r8, r4\n"
        "mov r9, r5\n"
        "mov r10, r6\n"
        "mov r11, r7\n"
        "pop {r4-r7, pc}\n"
        TG_NARROW_NO_REGISTERS);
}

#else

TG_KERNEL void tg_requantize_narrow_s8_v6m(const struct tg_narrow_v6m *narrow, const int32_t *records,
                                           const int32_t *sums, int8_t *out, int8_t *end)
{
    do {
        *out++ = tg_narrow(narrow, records, *sums++);
        records += narrow->record_words;
    } while (out != end);
}

#endif
