/* Words of a pair of pixels. See tg_swar_pack_v7m.h.
 *
 * An input takes 6 instructions (about 8 cycles of a Cortex-M3), a cell about 15 more.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_swar_pack_v7m.h"

#include "tg_assembly.h"
#include "tg_swar_pack_core.h"

#if TG_ASSEMBLY && defined(__arm__)

/* r0: runs; r1: inputs left; r2: next places; r3: words; r4, r5: next inputs of the pixels; r10: cells left
 * r6-r9, r11, r12: temporary */
#define TAKE_INPUTS                                                                                           \
    ".macro tg_two_inputs at\n"                                                                               \
    "ldrh r6, [r2, #2 * \\at]\n"                                                                              \
    "ldrh r7, [r2, #2 * \\at + 2]\n"                                                                          \
    "ldrsb r8, [r4, #\\at]\n"                                                                                 \
    "ldrsb r9, [r5, #\\at]\n"                                                                                 \
    "ldrsb r11, [r4, #\\at + 1]\n"                                                                            \
    "ldrsb r12, [r5, #\\at + 1]\n"                                                                            \
    "add r8, r8, r9, lsl #16\n"                                                                               \
    "add r11, r11, r12, lsl #16\n"                                                                            \
    "str r8, [r3, r6]\n"                                                                                      \
    "str r11, [r3, r7]\n"                                                                                     \
    ".endm\n"

TG_KERNEL TG_NAKED void tg_swar_pack_v7m(const struct tg_swar_runs *runs __attribute__((unused)),
                                         const uint16_t *places __attribute__((unused)),
                                         uint8_t *words __attribute__((unused)))
{
    __asm__ volatile(TAKE_INPUTS);
    __asm__ volatile(
        "push {r4-r11}\n"
        "mov r3, r2\n"
        "mov r2, r1\n"
        "ldrd r4, r5, [r0]\n"
        "ldr r10, [r0, #20]\n"
        /* the next cell */
        "10:\n"
        "ldr r1, [r0, #16]\n"
        "subs r1, r1, #4\n"
        "blt 2f\n"
        "1:\n"
        "tg_two_inputs 0\n"
        "tg_two_inputs 2\n"
        "adds r2, r2, #8\n"
        "adds r4, r4, #4\n"
        "adds r5, r5, #4\n"
        "subs r1, r1, #4\n"
        "bge 1b\n"
        /* what is left, modulo 4: its bits 1 and 0 become the flags C and Z */
        "2:\n"
        "lsls r1, r1, #31\n"
        "bcc 3f\n"
        "tg_two_inputs 0\n"
        "add.w r2, r2, #4\n"
        "add.w r4, r4, #2\n"
        "add.w r5, r5, #2\n"
        "3:\n"
        "beq 4f\n"
        "ldrh r6, [r2], #2\n"
        "ldrsb r7, [r4], #1\n"
        "ldrsb r8, [r5], #1\n"
        "add r7, r7, r8, lsl #16\n"
        "str r7, [r3, r6]\n"
        "4:\n"
        "subs r10, r10, #1\n"
        "beq 5f\n"
        "ldr r6, [r0, #24]\n"
        "add r4, r4, r6\n"
        "add r5, r5, r6\n"
        "b 10b\n"
        "5:\n"
        "pop {r4-r11}\n"
        "bx lr\n"
        ".purgem tg_two_inputs\n");
}

#else

TG_KERNEL void tg_swar_pack_v7m(const struct tg_swar_runs *runs, const uint16_t *places, uint8_t *words)
{
    tg_swar_pack(runs, places, words, 1);
}

#endif
