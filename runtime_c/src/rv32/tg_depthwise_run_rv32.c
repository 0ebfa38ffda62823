/* Runs of taps. See tg_depthwise_run_rv32.h.
 *
 * Eight outputs take 19 instructions for a tap and about 25 for a run, four take 11 and about 21. An output takes 12
 * more, or 16 if it is general, and a call about 60.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_run_rv32.h"

#include "tg_assembly.h"
#include "tg_depthwise_run_core.h"

#if TG_ASSEMBLY && defined(__riscv) && __riscv_xlen == 32 && !defined(__riscv_32e)

/* s0-s7: sums; t0-t6, a7: cells, which change places from tap to tap; a6: weight; a5: temporary; a0: cells; a1: weights;
 * a2: where those of the run end; a3: lines; a4: runs; s8: runs left; s9: rows left; s10: first output; s11: struct;
 * ra: outputs left */
#define LOOPS                                                                                                 \
    ".macro tg_product sum, cell\n"                                                                           \
    "mul a5, a6, \\cell\n"                                                                                    \
    "add \\sum, \\sum, a5\n"                                                                                  \
    ".endm\n"                                                                                                 \
    ".macro tg_tap_8 at, c0, c1, c2, c3, c4, c5, c6, next\n"                                                  \
    "lb a6, \\at(a1)\n"                                                                                       \
    "lb \\next, 7+\\at(a0)\n"                                                                                 \
    "tg_product s0, \\c0\n"                                                                                   \
    "tg_product s1, \\c1\n"                                                                                   \
    "tg_product s2, \\c2\n"                                                                                   \
    "tg_product s3, \\c3\n"                                                                                   \
    "tg_product s4, \\c4\n"                                                                                   \
    "tg_product s5, \\c5\n"                                                                                   \
    "tg_product s6, \\c6\n"                                                                                   \
    "tg_product s7, \\next\n"                                                                                 \
    ".endm\n"                                                                                                 \
    ".macro tg_tap_4 at, c0, c1, c2, next\n"                                                                  \
    "lb a6, \\at(a1)\n"                                                                                       \
    "lb \\next, 3+\\at(a0)\n"                                                                                 \
    "tg_product s0, \\c0\n"                                                                                   \
    "tg_product s1, \\c1\n"                                                                                   \
    "tg_product s2, \\c2\n"                                                                                   \
    "tg_product s3, \\next\n"                                                                                 \
    ".endm\n"                                                                                                 \
    ".macro tg_cells_8 c0, c1, c2, c3, c4, c5, c6\n"                                                          \
    "lb \\c0, 0(a0)\n"                                                                                       \
    "lb \\c1, 1(a0)\n"                                                                                       \
    "lb \\c2, 2(a0)\n"                                                                                       \
    "lb \\c3, 3(a0)\n"                                                                                       \
    "lb \\c4, 4(a0)\n"                                                                                       \
    "lb \\c5, 5(a0)\n"                                                                                       \
    "lb \\c6, 6(a0)\n"                                                                                       \
    ".endm\n"                                                                                                 \
    ".macro tg_cells_4 c0, c1, c2\n"                                                                          \
    "lb \\c0, 0(a0)\n"                                                                                       \
    "lb \\c1, 1(a0)\n"                                                                                       \
    "lb \\c2, 2(a0)\n"                                                                                       \
    ".endm\n"                                                                                                 \
    ".macro tg_last_at taps\n"                                                                                \
    "addi a5, a1, \\taps\n"                                                                                   \
    "beq a5, a2, 7f\n"                                                                                        \
    ".endm\n"                                                                                                 \
    ".macro tg_saturate_and_store\n"                                                                          \
    "addi a4, a3, 128\n"                                                                                      \
    "bltu a4, s1, 11f\n"                                                                                       \
    "srai a3, a3, 31\n"                                                                                       \
    "xori a3, a3, 127\n"                                                                                      \
    "11:\n"                                                                                                   \
    "sb a3, 0(s2)\n"                                                                                          \
    "add s2, s2, a2\n"                                                                                        \
    ".endm\n"

#define FORGET_MACROS                                                                                         \
    ".purgem tg_product\n"                                                                                    \
    ".purgem tg_tap_8\n"                                                                                      \
    ".purgem tg_tap_4\n"                                                                                      \
    ".purgem tg_cells_8\n"                                                                                    \
    ".purgem tg_cells_4\n"                                                                                    \
    ".purgem tg_last_at\n"                                                                                    \
    ".purgem tg_saturate_and_store\n"

/* On the stack: 0 sums, 32 where the next output goes */
TG_KERNEL TG_NAKED void tg_depthwise_run_rv32(const struct tg_depthwise_run *run __attribute__((unused)))
{
    __asm__ volatile(LOOPS);
    __asm__ volatile(
        "addi sp, sp, -96\n"
        "sw ra, 40(sp)\n"
        "sw s0, 44(sp)\n"
        "sw s1, 48(sp)\n"
        "sw s2, 52(sp)\n"
        "sw s3, 56(sp)\n"
        "sw s4, 60(sp)\n"
        "sw s5, 64(sp)\n"
        "sw s6, 68(sp)\n"
        "sw s7, 72(sp)\n"
        "sw s8, 76(sp)\n"
        "sw s9, 80(sp)\n"
        "sw s10, 84(sp)\n"
        "sw s11, 88(sp)\n"
        "mv s11, a0\n"
        "lw a5, 32(a0)\n"
        "lw ra, 40(a0)\n"
        "sw a5, 32(sp)\n"
        "li s10, 0\n"
        /* the next outputs */
        "10:\n"
        "lw a3, 0(s11)\n"
        "lw s9, 8(s11)\n"
        "lw a1, 20(s11)\n"
        "li s0, 0\n"
        "li s1, 0\n"
        "li s2, 0\n"
        "li s3, 0\n"
        "li s4, 0\n"
        "li s5, 0\n"
        "li s6, 0\n"
        "li s7, 0\n"
        /* a row of the window */
        "2:\n"
        "lw a4, 12(s11)\n"
        "lw s8, 16(s11)\n"
        /* a run in it */
        "12:\n"
        "lw a0, 0(a3)\n"
        "lh a5, 0(a4)\n"
        "lh a2, 2(a4)\n"
        "add a0, a0, s10\n"
        "add a0, a0, a5\n"
        "andi a6, a2, 1\n"
        "add a2, a2, a1\n"
        "li a5, 4\n"
        "addi a4, a4, 4\n"
        "bge a5, ra, 5f\n"
        "beqz a6, 3f\n"
        /* an odd number of taps: as if it was the last one of eight */
        "tg_cells_8 a7, t0, t1, t2, t3, t4, t5\n"
        "addi a0, a0, -7\n"
        "addi a1, a1, -7\n"
        "j 8f\n"
        "3:\n"
        "tg_cells_8 t0, t1, t2, t3, t4, t5, t6\n"
        "4:\n"
        "tg_tap_8 0, t0, t1, t2, t3, t4, t5, t6, a7\n"
        "tg_tap_8 1, t1, t2, t3, t4, t5, t6, a7, t0\n"
        "tg_last_at 2\n"
        "tg_tap_8 2, t2, t3, t4, t5, t6, a7, t0, t1\n"
        "tg_tap_8 3, t3, t4, t5, t6, a7, t0, t1, t2\n"
        "tg_last_at 4\n"
        "tg_tap_8 4, t4, t5, t6, a7, t0, t1, t2, t3\n"
        "tg_tap_8 5, t5, t6, a7, t0, t1, t2, t3, t4\n"
        "tg_last_at 6\n"
        "tg_tap_8 6, t6, a7, t0, t1, t2, t3, t4, t5\n"
        "8:\n"
        "tg_tap_8 7, a7, t0, t1, t2, t3, t4, t5, t6\n"
        "addi a0, a0, 8\n"
        "addi a1, a1, 8\n"
        "bne a1, a2, 4b\n"
        "j 7f\n"
        /* the same for four outputs */
        "5:\n"
        "beqz a6, 5f\n"
        "tg_cells_4 t3, t0, t1\n"
        "addi a0, a0, -3\n"
        "addi a1, a1, -3\n"
        "j 9f\n"
        "5:\n"
        "tg_cells_4 t0, t1, t2\n"
        "6:\n"
        "tg_tap_4 0, t0, t1, t2, t3\n"
        "tg_tap_4 1, t1, t2, t3, t0\n"
        "tg_last_at 2\n"
        "tg_tap_4 2, t2, t3, t0, t1\n"
        "9:\n"
        "tg_tap_4 3, t3, t0, t1, t2\n"
        "addi a0, a0, 4\n"
        "addi a1, a1, 4\n"
        "bne a1, a2, 6b\n"
        "7:\n"
        "mv a1, a2\n"
        "addi s8, s8, -1\n"
        "bnez s8, 12b\n"
        "lw a5, 4(s11)\n"
        "add a3, a3, a5\n"
        "addi s9, s9, -1\n"
        "bnez s9, 2b\n"

        /* outputs: t0: offset, t1: multiplier, t2: prescale, t3: sign, t4: after, t5: shift, s2: out, a2: step */
        "sw s0, 0(sp)\n"
        "sw s1, 4(sp)\n"
        "sw s2, 8(sp)\n"
        "sw s3, 12(sp)\n"
        "sw s4, 16(sp)\n"
        "sw s5, 20(sp)\n"
        "sw s6, 24(sp)\n"
        "sw s7, 28(sp)\n"
        "lw a3, 24(s11)\n"
        "lw a4, 28(s11)\n"
        "lw t0, 0(a3)\n"
        "lw t1, 4(a3)\n"
        "lb t2, 8(a4)\n"
        "lb t6, 10(a4)\n"
        "lw s2, 32(sp)\n"
        "lw a2, 36(s11)\n"
        "li s1, 256\n"
        "mv a0, sp\n"
        "li a5, 8\n"
        "ble ra, a5, 1f\n"
        "sub ra, ra, a5\n"
        "addi s10, s10, 8\n"
        "j 2f\n"
        "1:\n"
        "mv a5, ra\n"
        "li ra, 0\n"
        "2:\n"
        "slli a5, a5, 2\n"
        "add a1, a0, a5\n"
        "bnez t6, 4f\n"
        "3:\n"
        "lw a3, 0(a0)\n"
        "addi a0, a0, 4\n"
        "sll a3, a3, t2\n"
        "add a3, a3, t0\n"
        "mulh a3, a3, t1\n"
        "srai a3, a3, 16\n"
        "tg_saturate_and_store\n"
        "bne a0, a1, 3b\n"
        "j 6f\n"
        "4:\n"
        "lw t3, 8(a3)\n"
        "lw t4, 4(a4)\n"
        "lb t5, 9(a4)\n"
        "5:\n"
        "lw a4, 0(a0)\n"
        "addi a0, a0, 4\n"
        "sll a4, a4, t2\n"
        "add a4, a4, t0\n"
        "mulh a3, a4, t1\n"
        "srai a4, a4, 31\n"
        "not a4, a4\n"
        "and a4, a4, t3\n"
        "add a3, a3, a4\n"
        "add a3, a3, t4\n"
        "sra a3, a3, t5\n"
        "tg_saturate_and_store\n"
        "bne a0, a1, 5b\n"
        "6:\n"
        "sw s2, 32(sp)\n"
        "bnez ra, 10b\n"
        "lw ra, 40(sp)\n"
        "lw s0, 44(sp)\n"
        "lw s1, 48(sp)\n"
        "lw s2, 52(sp)\n"
        "lw s3, 56(sp)\n"
        "lw s4, 60(sp)\n"
        "lw s5, 64(sp)\n"
        "lw s6, 68(sp)\n"
        "lw s7, 72(sp)\n"
        "lw s8, 76(sp)\n"
        "lw s9, 80(sp)\n"
        "lw s10, 84(sp)\n"
        "lw s11, 88(sp)\n"
        "addi sp, sp, 96\n"
        "ret\n" FORGET_MACROS);
}

#else

TG_KERNEL void tg_depthwise_run_rv32(const struct tg_depthwise_run *run)
{
    tg_depthwise_run_all(run);
}

#endif
