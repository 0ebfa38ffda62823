/* Words of two pairs of pixels. See tg_swar_pack_rv32.h.
 *
 * An input takes 14 instructions, a cell about 20 more.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_swar_pack_rv32.h"

#include "tg_assembly.h"
#include "tg_swar_pack_core.h"

#if TG_ASSEMBLY && defined(__riscv) && __riscv_xlen == 32

/* a0: runs; a1: inputs left; a2: next places; a3: words; a4-a7: next inputs of the pixels; t5: cells left
 * t0-t4: temporary */
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

TG_KERNEL TG_NAKED void tg_swar_pack_rv32(const struct tg_swar_runs *runs __attribute__((unused)),
                                          const uint16_t *places __attribute__((unused)),
                                          uint8_t *words __attribute__((unused)))
{
    __asm__ volatile(TAKE_INPUT);
    __asm__ volatile(
        "mv a3, a2\n"
        "mv a2, a1\n"
        "lw a4, 0(a0)\n"
        "lw a5, 4(a0)\n"
        "lw a6, 8(a0)\n"
        "lw a7, 12(a0)\n"
        "lw t5, 20(a0)\n"
        /* the next cell */
        "10:\n"
        "lw a1, 16(a0)\n"
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
        /* what is left, modulo 4 */
        "2:\n"
        "andi t0, a1, 2\n"
        "beqz t0, 3f\n"
        "tg_input 0\n"
        "tg_input 1\n"
        "tg_move 2\n"
        "3:\n"
        "andi t0, a1, 1\n"
        "beqz t0, 4f\n"
        "tg_input 0\n"
        "tg_move 1\n"
        "4:\n"
        "addi t5, t5, -1\n"
        "beqz t5, 5f\n"
        "lw t0, 24(a0)\n"
        "add a4, a4, t0\n"
        "add a5, a5, t0\n"
        "add a6, a6, t0\n"
        "add a7, a7, t0\n"
        "j 10b\n"
        "5:\n"
        "ret\n"
        ".purgem tg_input\n"
        ".purgem tg_move\n");
}

#else

TG_KERNEL void tg_swar_pack_rv32(const struct tg_swar_runs *runs, const uint16_t *places, uint8_t *words)
{
    tg_swar_pack(runs, places, words, 2);
}

#endif
