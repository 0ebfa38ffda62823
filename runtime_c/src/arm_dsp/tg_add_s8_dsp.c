/* See tg_add_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_add_dsp.h"
#include "tg_assembly.h"

#if TG_ASSEMBLY

/* 16 elements in 99 cycles. A byte in the upper half of an int16 is 256 times its value: SMLAWB and SMLAWT take 16 bits
 * off a product, of which 8 are 0. */
TG_KERNEL TG_NAKED void tg_add_s8_dsp(const struct tg_add_dsp *layer __attribute__((unused)),
                                      const int8_t *a __attribute__((unused)),
                                      const int8_t *b __attribute__((unused)), int8_t *out __attribute__((unused)))
{
    __asm__ volatile(
        ".syntax unified\n"
        "push {r4-r11, lr}\n"
        "in_a .req r1\n in_b .req r2\n out .req r3\n left .req r0\n"
        "a_factor .req r4\n b_factor .req r5\n bias .req r6\n upper .req lr\n"
        "a_even .req r7\n b_even .req r8\n a_odd .req r9\n b_odd .req r10\n sum .req r12\n"

        /* the element `index` of a word */
        ".macro one half, x, y, index\n"
        "smlaw\\half sum, a_factor, \\x, bias\n"
        "smlaw\\half sum, b_factor, \\y, sum\n"
        "ssat sum, #8, sum, asr #16\n"
        "strb sum, [out, #\\index]\n"
        ".endm\n"
        ".macro four at\n"
        "ldr a_odd, [in_a, #\\at]\n"
        "ldr b_odd, [in_b, #\\at]\n"
        "and a_even, upper, a_odd, lsl #8\n"
        "and b_even, upper, b_odd, lsl #8\n"
        "and a_odd, upper, a_odd\n"
        "and b_odd, upper, b_odd\n"
        "one b, a_even, b_even, \\at\n"
        "one b, a_odd, b_odd, \\at + 1\n"
        "one t, a_even, b_even, \\at + 2\n"
        "one t, a_odd, b_odd, \\at + 3\n"
        ".endm\n"

        "ldr a_factor, [r0, #4]\n"
        "ldr b_factor, [r0, #8]\n"
        "ldr bias, [r0, #12]\n"
        "ldr left, [r0]\n"
        "mov upper, #0xFF00FF00\n"
        "subs left, left, #16\n"
        "blt 2f\n"
        ".balign 4\n"
        "1: four 0\n"
        "four 4\n"
        "four 8\n"
        "four 12\n"
        "subs left, left, #16\n"
        "add in_a, in_a, #16\n"
        "add in_b, in_b, #16\n"
        "add out, out, #16\n"
        "bge 1b\n"

        /* the last 0 to 15 elements */
        "2: adds left, left, #16\n"
        "beq 4f\n"
        "3: ldrsb a_even, [in_a], #1\n"
        "ldrsb b_even, [in_b], #1\n"
        "lsl a_even, a_even, #8\n"
        "lsl b_even, b_even, #8\n"
        "one b, a_even, b_even, 0\n"
        "add out, out, #1\n"
        "subs left, left, #1\n"
        "bne 3b\n"
        "4: pop {r4-r11, pc}\n"

        ".unreq in_a\n .unreq in_b\n .unreq out\n .unreq left\n .unreq a_factor\n .unreq b_factor\n .unreq bias\n"
        ".unreq upper\n .unreq a_even\n .unreq b_even\n .unreq a_odd\n .unreq b_odd\n .unreq sum\n"
        ".purgem one\n .purgem four\n");
}

#else
#include "tg_simd.h"

TG_KERNEL void tg_add_s8_dsp(const struct tg_add_dsp *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    for (int32_t i = 0; i < layer->size; i++) {
        const int32_t from_a = (int32_t)((int64_t)a[i] * layer->a_factor >> 8);
        const int32_t from_b = (int32_t)((int64_t)b[i] * layer->b_factor >> 8);

        out[i] = (int8_t)tg_ssat8((from_a + from_b + layer->bias) >> 16);
    }
}

#endif
