/* The body of the loops that requantize on Armv6-M: assembly text for tg_requantize_narrow_s8_v6m.c and
 * tg_requantize_line_s8_v6m.c, and the same in C. Formulas: tg_requantize_narrow_s8_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_NARROW_CORE_V6M_H
#define TG_NARROW_CORE_V6M_H

#include "tg_assembly.h"
#include "tg_fixedpoint.h"
#include "tg_requantize_narrow_s8_v6m.h"

#if TG_ASSEMBLY

#define TG_NARROW_REGISTERS      \
    "value .req r0\n"            \
    "upper .req r1\n"            \
    "lower .req r2\n"            \
    "offset .req r3\n"           \
    "low .req r4\n"              \
    "records .req r5\n"          \
    "sums .req r6\n"             \
    "out .req r7\n"              \
    "shift .req r8\n"            \
    "range .req r9\n"            \
    "least .req r10\n"           \
    "end .req r11\n"             \
    "limit .req r12\n"

#define TG_NARROW_NO_REGISTERS   \
    ".unreq value\n"             \
    ".unreq upper\n"             \
    ".unreq lower\n"             \
    ".unreq offset\n"            \
    ".unreq low\n"               \
    ".unreq records\n"           \
    ".unreq sums\n"              \
    ".unreq out\n"               \
    ".unreq shift\n"             \
    ".unreq range\n"             \
    ".unreq least\n"             \
    ".unreq end\n"               \
    ".unreq limit\n"

/* value, with the flags, = floor(value * multiplier / 2^16) + offset. 9 cycles */
#define TG_NARROW_SCALE                                           \
    "muls upper, value, upper\n" /* sum * (multiplier >> 16) */   \
    "uxth low, value\n"                                           \
    "asrs value, value, #16\n"                                    \
    "muls value, lower, value\n" /* upper half * lower half */    \
    "muls low, lower, low\n"     /* lower halves, unsigned */     \
    "lsrs low, low, #16\n"                                        \
    "adds upper, upper, offset\n"                                 \
    "adds value, value, low\n"                                    \
    "adds value, value, upper\n"

/* Clamps from above, and stores out[index]. */
#define TG_NARROW_STORE(index, number)            \
    "mov low, shift\n"                            \
    "lsrs value, value, low\n"                    \
    "cmp value, range\n"                          \
    "bhi 2" number "f\n"                          \
    "add value, least\n"                          \
    "3" number ": strb value, [out, #" index "]\n"

/* An output out[index]. TG_NARROW_OUTSIDE of the same number, behind the loop, is what it does out of the range. */
#define TG_NARROW_OUTPUT(index, number)               \
    "ldmia sums!, {value}\n"                          \
    "ldmia records!, {upper, lower, offset, low}\n"   \
    "subs value, value, low\n"                        \
    "cmp value, limit\n" /* unsigned: also below 0 */ \
    "bhs 1" number "f\n" TG_NARROW_SCALE TG_NARROW_STORE(index, number)

#define TG_NARROW_OUTSIDE(number)      \
    "1" number ": cmp value, #0\n"     \
    "bge 2" number "f\n"               \
    "mov value, least\n"               \
    "b 3" number "b\n"                 \
    "2" number ": mov value, range\n"  \
    "add value, least\n"               \
    "b 3" number "b\n"

/* The same with signs; zero is on the stack. */
#define TG_NARROW_SIGNED_OUTPUT(index, number)                   \
    "ldmia sums!, {value}\n"                                     \
    "ldmia records!, {upper, lower, offset, low}\n"              \
    "subs value, value, low\n"                                   \
    "cmp value, limit\n"                                         \
    "bhs 1" number "f\n" TG_NARROW_SCALE "ldmia records!, {upper}\n" \
    "bpl 4" number "f\n"                                         \
    "adds value, value, upper\n"                                 \
    "4" number ": ldr upper, [sp, #0]\n"                         \
    "adds value, value, upper\n" TG_NARROW_STORE(index, number)

#define TG_NARROW_SIGNED_OUTSIDE(number)       \
    "1" number ": adds records, records, #4\n" \
    "cmp value, #0\n"                          \
    "bge 2" number "f\n"                       \
    "mov value, least\n"                       \
    "b 3" number "b\n"                         \
    "2" number ": mov value, range\n"          \
    "add value, least\n"                       \
    "b 3" number "b\n"

/* Takes the fields of struct tg_narrow_v6m at r0; lower: the words of a record. Pushes zero. */
#define TG_NARROW_TAKE            \
    "ldmia r0!, {r2, r3, r4}\n"   \
    "push {r4}\n"                 \
    "movs lower, r3\n"            \
    "ldmia r0!, {r3, r4}\n"       \
    "mov limit, r3\n"             \
    "mov shift, r4\n"             \
    "ldmia r0!, {r3, r4}\n"       \
    "mov range, r3\n"             \
    "mov least, r4\n"

#else

/* floor(x * multiplier / 2^16) + offset, modulo 2^32 */
TG_INLINE int32_t tg_narrow_scale(const int32_t *record, int32_t x)
{
    const uint32_t upper = (uint32_t)x * (uint32_t)record[0];
    const uint32_t middle = (uint32_t)(x >> 16) * (uint32_t)record[1];
    const uint32_t lower = ((uint32_t)x & 0xFFFFu) * (uint32_t)record[1] >> 16;

    return tg_wrap_int32(upper + middle + lower + (uint32_t)record[2]);
}

TG_INLINE int8_t tg_narrow(const struct tg_narrow_v6m *narrow, const int32_t *record, int32_t sum)
{
    const uint32_t range = (uint32_t)narrow->out_range;
    const int32_t t = tg_wrap_int32((uint32_t)sum - (uint32_t)record[3]);
    uint32_t steps = 0;

    if (t >= narrow->limit) {
        steps = range;
    } else if (t >= 0) {
        int32_t value = tg_narrow_scale(record, t);

        if (narrow->record_words == 5) {
            const uint32_t sign = value < 0 ? (uint32_t)record[4] : 0;

            value = tg_wrap_int32((uint32_t)value + sign + (uint32_t)narrow->zero);
        }
        steps = (uint32_t)value >> narrow->shift;
    }
    return (int8_t)(narrow->out_min + (int32_t)(steps < range ? steps : range));
}

#endif
#endif
