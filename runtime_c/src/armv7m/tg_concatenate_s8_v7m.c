/* Copies one input of a concatenation into the output. See tg_concatenate.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_assembly.h"
#include "tg_concatenate.h"

#if TG_ASSEMBLY && defined(__arm__)

/* 14 cycles for each 16 bytes of a block, 16 where not all is aligned, 3 for each word of the rest, up to 8 for its last
 * bytes; 11 for a block. */
TG_KERNEL TG_NAKED void tg_concatenate_s8_v7m(const struct tg_concatenate *layer __attribute__((unused)),
                                              const int8_t *in __attribute__((unused)),
                                              int8_t *out __attribute__((unused)))
{
    __asm__ volatile(
        ".syntax unified\n"
        "blocks .req r0\n in .req r1\n out .req r2\n left .req r3\n bytes .req r7\n"
        "gap .req r8\n sixteens .req r9\n words .req r10\n copy .req r11\n"
        "push {r4-r11, lr}\n"
        "ldm r0, {r0, r4-r6}\n" /* blocks, size, out_step, offset */
        "cmp blocks, #0\n"
        "ble 5f\n"
        "add out, out, r6\n"
        "sub gap, r5, r4\n"
        "lsr sixteens, r4, #4\n"
        "and bytes, r4, #3\n"
        /* where sixteens are copied: by words where some are not aligned, which LDM does not take */
        "orr r6, in, out\n"
        "orr r6, r6, r4\n"
        "orr r6, r6, r5\n"
        "adr.w copy, 2f\n"
        "lsls r6, r6, #30\n"
        "it ne\n"
        "addne copy, copy, #(3f - 2f)\n"
        "add copy, copy, #1\n"
        /* where the copies of the rest's words are entered, 8 bytes of code for each */
        "and r4, r4, #12\n"
        "adr.w words, 4f\n"
        "sub words, words, r4, lsl #1\n"
        "add words, words, #1\n"

        /* a block */
        "1: movs left, sixteens\n"
        "it ne\n"
        "bxne copy\n"
        "bx words\n"

        ".balign 4\n"
        "2: ldmia in!, {r4-r6, r12}\n"
        "stmia out!, {r4-r6, r12}\n"
        "subs left, left, #1\n"
        "bne 2b\n"
        "bx words\n"

        ".balign 4\n"
        "3: ldr r4, [in]\n"
        "ldr r5, [in, #4]\n"
        "ldr r6, [in, #8]\n"
        "ldr r12, [in, #12]\n"
        "adds in, in, #16\n"
        "str r4, [out]\n"
        "str r5, [out, #4]\n"
        "str r6, [out, #8]\n"
        "str r12, [out, #12]\n"
        "adds out, out, #16\n"
        "subs left, left, #1\n"
        "bne 3b\n"
        "bx words\n"

        ".balign 4\n"
        ".rept 3\n"
        "ldr.w r4, [in], #4\n"
        "str.w r4, [out], #4\n"
        ".endr\n"
        "4: cbnz bytes, 6f\n"
        "add out, out, gap\n"
        "subs blocks, blocks, #1\n"
        "bne 1b\n"
        "5: pop {r4-r11, pc}\n"

        "6: lsls r4, bytes, #31\n" /* carry: two bytes; negative: one */
        "itt cs\n"
        "ldrhcs r4, [in], #2\n"
        "strhcs r4, [out], #2\n"
        "itt mi\n"
        "ldrbmi r4, [in], #1\n"
        "strbmi r4, [out], #1\n"
        "add out, out, gap\n"
        "subs blocks, blocks, #1\n"
        "bne 1b\n"
        "pop {r4-r11, pc}\n"
        ".unreq blocks\n .unreq in\n .unreq out\n .unreq left\n .unreq bytes\n .unreq gap\n .unreq sixteens\n"
        ".unreq words\n .unreq copy\n");
}

#else

TG_KERNEL void tg_concatenate_s8_v7m(const struct tg_concatenate *layer, const int8_t *in, int8_t *out)
{
    out += layer->offset;
    for (int32_t left = layer->blocks; left > 0; left--) {
        memmove(out, in, (size_t)layer->size);
        in += layer->size;
        out += layer->out_step;
    }
}

#endif
