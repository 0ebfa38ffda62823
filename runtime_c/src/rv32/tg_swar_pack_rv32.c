/* Words of two pairs of pixels. See tg_swar_pack_rv32.h.
 *
 * An input takes 14 instructions; each of the last ones, of which there are fewer than four, 19.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_swar_pack_rv32.h"

#include "tg_assembly.h"
#include "tg_swar_pack_core.h"

#if TG_ASSEMBLY && defined(__riscv) && __riscv_xlen == 32

/* a1: inputs left; a2: next places; a3: words; a4-a7: next inputs of the pixels; t0-t4: temporary */
#define TAKE_INPUT                                                                                            \
    ".macro tg_input at\n"                                                                                    \
    "lhu t0, 2 * \\at(a2)\n"                                                                                  \
    "lb t1, \\at(a4)\n"                                                                                       \
    "lb t2, \\at(a5)\n"                                                                                       \
    "lb t3, \\at(a6)\n"                                                                                       \
    "lb t4, \\at(a7)\n"                                                                                       \
    "add t0, t0, a3\n"                                                                                        \
    "slli t2, t2, 16\n"                                                                                       \
    "slli t4, t4, 16\n"                                                                                       \
    "add t1, t1, t2\n"                                                                                        \
    "add t3, t3, t4\n"                                                                                        \
    "sw t1, 0(t0)\n"                                                                                          \
    "sw t3, 4(t0)\n"                                                                                          \
    ".endm\n"                                                                                                 \
    ".macro tg_move by\n"                                                                                     \
    "addi a2, a2, 2 * \\by\n"                                                                                 \
    "addi a4, a4, \\by\n"                                                                                     \
    "addi a5, a5, \\by\n"                                                                                     \
    "addi a6, a6, \\by\n"                                                                                     \
    "addi a7, a7, \\by\n"                                                                                     \
    ".endm\n"

TG_KERNEL TG_NAKED void
tg_swar_pack_rv32(const int8_t *const *runs __attribute__((unused)), int32_t count __attribute__((unused)),
                  const uint16_t *places __attribute__((unused)), uint8_t *words __attribute__((unused)))
{
    __asm__ volatile(TAKE_INPUT);
    __asm__ volatile(
        "lw a4, 0(a0)\n"
        "lw a5, 4(a0)\n"
        "lw a6, 8(a0)\n"
        "lw a7, 12(a0)\n"
        "addi a1, a1, -4\n"
        "bltz a1, 2f\n"
        "1:\n"
        "tg_input 0\n"
        "tg_input 1\n"
        "tg_input 2\n"
        "tg_input 3\n"
        "tg_move 4\n"
        "addi a1, a1, -4\n"
        "bgez a1, 1b\n"
        "2:\n"
        "addi a1, a1, 4\n"
        "beqz a1, 4f\n"
        "3:\n"
        "tg_input 0\n"
        "tg_move 1\n"
        "addi a1, a1, -1\n"
        "bnez a1, 3b\n"
        "4:\n"
        "ret\n"
        ".purgem tg_input\n"
        ".purgem tg_move\n");
}

#else

TG_KERNEL void tg_swar_pack_rv32(const int8_t *const *runs, int32_t count, const uint16_t *places, uint8_t *words)
{
    tg_swar_pack(runs, count, places, words, 2);
}

#endif
