/* A row of a fully connected layer. See tg_swar_dense_rv32.h.
 *
 * Per input of four outputs 8 instructions for 4 products; a block takes 16 more. An output takes 11, if it is general 17.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_swar_dense_rv32.h"

#include "tg_assembly.h"
#include "tg_swar_dense_core.h"

#if TG_ASSEMBLY && defined(__riscv) && __riscv_xlen == 32 && !defined(__riscv_32e)

/* t0: P, t1: Q; s0, s1: their totals; s2, s3: high; a2: input; a3: weights; t6: mask of even bytes; a0, a1: the ends of
 * the block's inputs and weights; s6: next start; a6: their end; s7: inputs of a block; s10: bytes of its weights */
#define TAKE_INPUTS                                                                                           \
    ".macro tg_input at\n"                                                                                    \
    "lb a2, \\at - 16(a0)\n"                                                                                  \
    "lw a3, 4 * \\at - 64(a1)\n"                                                                              \
    "mul ra, a3, a2\n"                                                                                        \
    "srli a3, a3, 8\n"                                                                                        \
    "and a3, a3, t6\n"                                                                                        \
    "mul a3, a3, a2\n"                                                                                        \
    "add t0, t0, ra\n"                                                                                        \
    "add t1, t1, a3\n"                                                                                        \
    ".endm\n"

/* a4: channels; t5: prescale; t2: general; s11: shift; t3: what is added in the end; t4: 256; a5: out; a7: outputs left */
#define REQUANTIZE                                                                                            \
    ".macro tg_output at, sum\n"                                                                              \
    "lw a2, 0(a4)\n"                                                                                          \
    "lw a3, 4(a4)\n"                                                                                          \
    "sll \\sum, \\sum, t5\n"                                                                                  \
    "add \\sum, \\sum, a2\n"                                                                                  \
    "mulh \\sum, \\sum, a3\n"                                                                                 \
    "addi a4, a4, 8\n"                                                                                        \
    "beqz t2, 1f\n"                                                                                           \
    "lw a2, 0(a4)\n"                                                                                          \
    "srai a3, \\sum, 31\n"                                                                                    \
    "not a3, a3\n"                                                                                            \
    "and a2, a2, a3\n"                                                                                        \
    "add \\sum, \\sum, a2\n"                                                                                  \
    "add \\sum, \\sum, t3\n"                                                                                  \
    "addi a4, a4, 4\n"                                                                                        \
    "1:\n"                                                                                                    \
    "sra \\sum, \\sum, s11\n"                                                                                 \
    "addi a2, \\sum, 128\n"                                                                                   \
    "bltu a2, t4, 1f\n"                                                                                       \
    "srai \\sum, \\sum, 31\n"                                                                                 \
    "xori \\sum, \\sum, 127\n"                                                                                \
    "1:\n"                                                                                                    \
    "sb \\sum, \\at(a5)\n"                                                                                    \
    ".endm\n"                                                                                                 \
    ".macro tg_leave_after count\n"                                                                           \
    "li a2, \\count\n"                                                                                        \
    "beq a7, a2, 50f\n"                                                                                       \
    ".endm\n"

#define FORGET_MACROS                                                                                         \
    ".purgem tg_input\n"                                                                                      \
    ".purgem tg_output\n"                                                                                     \
    ".purgem tg_leave_after\n"

/* s4: inputs, s5: starts, s8: minus 2^15 for each block, s9: entry of the chain */
TG_KERNEL TG_NAKED void tg_swar_dense_rv32(const struct tg_swar_dense *dense __attribute__((unused)))
{
    __asm__ volatile(TAKE_INPUTS REQUANTIZE);
    __asm__ volatile(
        "addi sp, sp, -64\n"
        "sw ra, 48(sp)\n"
        "sw s0, 0(sp)\n"
        "sw s1, 4(sp)\n"
        "sw s2, 8(sp)\n"
        "sw s3, 12(sp)\n"
        "sw s4, 16(sp)\n"
        "sw s5, 20(sp)\n"
        "sw s6, 24(sp)\n"
        "sw s7, 28(sp)\n"
        "sw s8, 32(sp)\n"
        "sw s9, 36(sp)\n"
        "sw s10, 40(sp)\n"
        "sw s11, 44(sp)\n"
        "lw s4, 0(a0)\n"
        "lw s5, 4(a0)\n"
        "lw a1, 8(a0)\n"
        "lw a2, 12(a0)\n"
        "lw a7, 16(a0)\n"
        "lw s7, 20(a0)\n"
        "lw s8, 24(a0)\n"
        "lw a5, 28(a0)\n"
        "lw a4, 0(a2)\n"
        "lw t3, 4(a2)\n"
        "lb t5, 8(a2)\n"
        "lb s11, 9(a2)\n"
        "lb t2, 10(a2)\n"
        "slli a6, s8, 2\n"
        "add a6, a6, s5\n"
        "slli s8, s8, 15\n"
        "sub s8, zero, s8\n"
        "li t4, 256\n"
        "li t6, 0x00ff00ff\n"
        /* a block enters the chain so that as many inputs are left as it has */
        "lla s9, 2f\n"
        "lla a2, 3f\n"
        "sub a2, s9, a2\n"
        "srli a2, a2, 4\n"
        "mul a2, a2, s7\n"
        "sub s9, s9, a2\n"
        "slli s10, s7, 2\n"
        /* the next four outputs */
        "10:\n"
        "mv a0, s4\n"
        "mv s6, s5\n"
        "mv s0, s8\n"
        "mv s1, s8\n"
        "li s2, 0\n"
        "li s3, 0\n"
        "1:\n"
        "lw t1, 0(s6)\n"
        "addi s6, s6, 4\n"
        "add a0, a0, s7\n"
        "add a1, a1, s10\n"
        "slli t0, t1, 8\n"
        "add t0, t0, t1\n"
        "jr s9\n"
        "3:\n"
        ".irp at, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "tg_input \\at\n"
        ".endr\n"
        "2:\n"
        "slli a2, t1, 8\n"
        "sub t0, t0, a2\n"
        "add s0, s0, t0\n"
        "srai t0, t0, 16\n"
        "add s2, s2, t0\n"
        "add s1, s1, t1\n"
        "srai t1, t1, 16\n"
        "add s3, s3, t1\n"
        "bne s6, a6, 1b\n"
        /* sums to int8 */
        "slli a2, s2, 16\n"
        "sub s0, s0, a2\n"
        "slli a2, s3, 16\n"
        "sub s1, s1, a2\n"
        "tg_output 0, s0\n"
        "tg_leave_after 1\n"
        "tg_output 1, s2\n"
        "tg_leave_after 2\n"
        "tg_output 2, s1\n"
        "tg_leave_after 3\n"
        "tg_output 3, s3\n"
        "addi a5, a5, 4\n"
        "addi a7, a7, -4\n"
        "bgtz a7, 10b\n"
        "50:\n"
        "lw s0, 0(sp)\n"
        "lw s1, 4(sp)\n"
        "lw s2, 8(sp)\n"
        "lw s3, 12(sp)\n"
        "lw s4, 16(sp)\n"
        "lw s5, 20(sp)\n"
        "lw s6, 24(sp)\n"
        "lw s7, 28(sp)\n"
        "lw s8, 32(sp)\n"
        "lw s9, 36(sp)\n"
        "lw s10, 40(sp)\n"
        "lw s11, 44(sp)\n"
        "lw ra, 48(sp)\n"
        "addi sp, sp, 64\n"
        "ret\n" FORGET_MACROS);
}

#else

TG_KERNEL void tg_swar_dense_rv32(const struct tg_swar_dense *dense)
{
    tg_swar_run_dense(dense);
}

#endif
