/* Depthwise 3x3 windows. See tg_depthwise_columns_rv32.h.
 *
 * Two outputs, one below the other, take 65 instructions; one alone 37.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_columns_rv32.h"

#include "tg_assembly.h"
#include "tg_depthwise_columns_core.h"

#if TG_ASSEMBLY && defined(__riscv) && __riscv_xlen == 32 && !defined(__riscv_32e)

/* s0-s8: weights; a2, a3: sums; a4, a5: temporary; a0: the first byte of the window; t0: offset; t1: multiplier;
 * t2: end of the outputs in this pass; t3: column step; t4: 256; t5: sign; t6: after + sign; s9: shift; s10: general;
 * s11, ra: where the outputs go; a7: out_step; a1: next pass; a6: passes left; on the stack: 0 pass_step, 4 row_bytes,
 * 8 is_pair, 12 out, 16 channel */
#define WINDOWS                                                                                               \
    ".macro tg_add sum, weight, byte\n"                                                                       \
    "mul a4, \\weight, \\byte\n"                                                                              \
    "add \\sum, \\sum, a4\n"                                                                                  \
    ".endm\n"                                                                                                 \
    ".macro tg_pair_column at, wa, wb, wc\n"                                                                  \
    "lb a5, \\at(a0)\n"                                                                                       \
    "tg_add a2, \\wa, a5\n"                                                                                   \
    "lb a5, \\at + 1(a0)\n"                                                                                   \
    "tg_add a2, \\wb, a5\n"                                                                                   \
    "tg_add a3, \\wa, a5\n"                                                                                   \
    "lb a5, \\at + 2(a0)\n"                                                                                   \
    "tg_add a2, \\wc, a5\n"                                                                                   \
    "tg_add a3, \\wb, a5\n"                                                                                   \
    "lb a5, \\at + 3(a0)\n"                                                                                   \
    "tg_add a3, \\wc, a5\n"                                                                                   \
    ".endm\n"                                                                                                 \
    ".macro tg_column at, wa, wb, wc\n"                                                                       \
    "lb a5, \\at + 1(a0)\n"                                                                                   \
    "tg_add a3, \\wa, a5\n"                                                                                   \
    "lb a5, \\at + 2(a0)\n"                                                                                   \
    "tg_add a3, \\wb, a5\n"                                                                                   \
    "lb a5, \\at + 3(a0)\n"                                                                                   \
    "tg_add a3, \\wc, a5\n"                                                                                   \
    ".endm\n"                                                                                                 \
    ".macro tg_finish h\n"                                                                                    \
    "srai a4, \\h, 31\n"                                                                                      \
    "and a4, a4, t5\n"                                                                                        \
    "sub \\h, \\h, a4\n"                                                                                      \
    "add \\h, \\h, t6\n"                                                                                      \
    ".endm\n"                                                                                                 \
    ".macro tg_store h, out\n"                                                                                \
    "sra \\h, \\h, s9\n"                                                                                      \
    "addi a4, \\h, 128\n"                                                                                     \
    "bltu a4, t4, 1f\n"                                                                                       \
    "srai \\h, \\h, 31\n"                                                                                     \
    "xori \\h, \\h, 127\n"                                                                                    \
    "1:\n"                                                                                                    \
    "sb \\h, 0(\\out)\n"                                                                                      \
    ".endm\n"

#define FORGET_MACROS                                                                                         \
    ".purgem tg_add\n"                                                                                        \
    ".purgem tg_pair_column\n"                                                                                \
    ".purgem tg_column\n"                                                                                     \
    ".purgem tg_finish\n"                                                                                     \
    ".purgem tg_store\n"

TG_KERNEL TG_NAKED void
tg_depthwise_columns_rv32(const struct tg_depthwise_columns *columns __attribute__((unused)))
{
    __asm__ volatile(WINDOWS);
    __asm__ volatile(
        "addi sp, sp, -80\n"
        "sw ra, 28(sp)\n"
        "sw s0, 32(sp)\n"
        "sw s1, 36(sp)\n"
        "sw s2, 40(sp)\n"
        "sw s3, 44(sp)\n"
        "sw s4, 48(sp)\n"
        "sw s5, 52(sp)\n"
        "sw s6, 56(sp)\n"
        "sw s7, 60(sp)\n"
        "sw s8, 64(sp)\n"
        "sw s9, 68(sp)\n"
        "sw s10, 72(sp)\n"
        "sw s11, 76(sp)\n"
        "lw s0, 0(a0)\n"
        "lw s1, 4(a0)\n"
        "lw s2, 8(a0)\n"
        "lw s3, 12(a0)\n"
        "lw s4, 16(a0)\n"
        "lw s5, 20(a0)\n"
        "lw s6, 24(a0)\n"
        "lw s7, 28(a0)\n"
        "lw s8, 32(a0)\n"
        "lw t0, 36(a0)\n"
        "lw t1, 40(a0)\n"
        "lw t5, 44(a0)\n"
        "lw t6, 48(a0)\n"
        "lw s9, 52(a0)\n"
        "lw s10, 56(a0)\n"
        "lw a1, 60(a0)\n"
        "lw a6, 64(a0)\n"
        "lw a2, 68(a0)\n"
        "sw a2, 0(sp)\n"
        "lw a2, 72(a0)\n"
        "sw a2, 4(sp)\n"
        "lw a2, 80(a0)\n"
        "sw a2, 8(sp)\n"
        "lw a2, 84(a0)\n"
        "sw a2, 12(sp)\n"
        "lw a2, 88(a0)\n"
        "sw a2, 16(sp)\n"
        "lw t3, 76(a0)\n"
        "lw a7, 92(a0)\n"
        /* the sign term is for sums of 0 and above: it is added to all, and taken off from others */
        "add t6, t6, t5\n"
        "li t4, 256\n"
        /* the next pass */
        "10:\n"
        "mv a0, a1\n"
        "lw t2, 4(sp)\n"
        "add t2, t2, a0\n"
        "lw a4, 0(sp)\n"
        "add a1, a1, a4\n"
        "lw a4, 12(sp)\n"
        "lw a3, 16(sp)\n"
        "lw s11, 0(a4)\n"
        "add s11, s11, a3\n"
        "addi a4, a4, 4\n"
        "lw a2, 8(sp)\n"
        "beqz a2, 2f\n"
        "lw ra, 0(a4)\n"
        "add ra, ra, a3\n"
        "addi a4, a4, 4\n"
        "2:\n"
        "sw a4, 12(sp)\n"
        "beqz a2, 3f\n"
        "2:\n"
        "mv a2, t0\n"
        "mv a3, t0\n"
        "tg_pair_column 0, s0, s1, s2\n"
        "tg_pair_column 4, s3, s4, s5\n"
        "tg_pair_column 8, s6, s7, s8\n"
        "mulh a2, a2, t1\n"
        "mulh a3, a3, t1\n"
        "beqz s10, 4f\n"
        "tg_finish a2\n"
        "tg_finish a3\n"
        "4:\n"
        "tg_store a3, ra\n"
        "tg_store a2, s11\n"
        "add ra, ra, a7\n"
        "add s11, s11, a7\n"
        "add a0, a0, t3\n"
        "bne a0, t2, 2b\n"
        "j 5f\n"
        "3:\n"
        "mv a3, t0\n"
        "tg_column 0, s0, s1, s2\n"
        "tg_column 4, s3, s4, s5\n"
        "tg_column 8, s6, s7, s8\n"
        "mulh a3, a3, t1\n"
        "beqz s10, 4f\n"
        "tg_finish a3\n"
        "4:\n"
        "tg_store a3, s11\n"
        "add s11, s11, a7\n"
        "add a0, a0, t3\n"
        "bne a0, t2, 3b\n"
        "5:\n"
        "addi a6, a6, -1\n"
        "bnez a6, 10b\n"
        "lw ra, 28(sp)\n"
        "lw s0, 32(sp)\n"
        "lw s1, 36(sp)\n"
        "lw s2, 40(sp)\n"
        "lw s3, 44(sp)\n"
        "lw s4, 48(sp)\n"
        "lw s5, 52(sp)\n"
        "lw s6, 56(sp)\n"
        "lw s7, 60(sp)\n"
        "lw s8, 64(sp)\n"
        "lw s9, 68(sp)\n"
        "lw s10, 72(sp)\n"
        "lw s11, 76(sp)\n"
        "addi sp, sp, 80\n"
        "ret\n" FORGET_MACROS);
}

#else

TG_KERNEL void tg_depthwise_columns_rv32(const struct tg_depthwise_columns *columns)
{
    tg_depthwise_run_columns(columns);
}

#endif
