/* A row of a fully connected layer. See tg_swar_dense_rv32.h.
 *
 * Per input of eight outputs 15 instructions for 8 products, a block takes 26 more; of four outputs 8, and 16 more. An
 * output takes 10, if it is general 22.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_swar_dense_rv32.h"

#include "tg_assembly.h"
#include "tg_swar_dense_core.h"

#if TG_ASSEMBLY && defined(__riscv) && __riscv_xlen == 32 && !defined(__riscv_32e)

/* Of the words of outputs 0 to 3, and 4 to 7: t0, t2: P; t1, t3: Q; s0, s4: total of P; s1, s5: of Q; s2, s8: high of P;
 * s3, s9: of Q. a2: input; a3: weights; ra: product; t6: mask of even bytes; a0, a1: the ends of the block's inputs and
 * weights; s6: next start; a6: their end; s7: inputs of a block; s10: bytes of its weights; t5: entry of the chain */
#define TAKE_INPUTS                                                                                           \
    ".macro tg_word at, p, q\n"                                                                               \
    "lw a3, \\at(a1)\n"                                                                                       \
    "mul ra, a3, a2\n"                                                                                        \
    "srli a3, a3, 8\n"                                                                                        \
    "and a3, a3, t6\n"                                                                                        \
    "mul a3, a3, a2\n"                                                                                        \
    "add \\p, \\p, ra\n"                                                                                      \
    "add \\q, \\q, a3\n"                                                                                      \
    ".endm\n"                                                                                                 \
    ".macro tg_four at\n"                                                                                     \
    "lb a2, \\at - 16(a0)\n"                                                                                  \
    "tg_word 4 * \\at - 64, t0, t1\n"                                                                         \
    ".endm\n"                                                                                                 \
    ".macro tg_eight at\n"                                                                                    \
    "lb a2, \\at - 16(a0)\n"                                                                                  \
    "tg_word 8 * \\at - 128, t0, t1\n"                                                                        \
    "tg_word 8 * \\at - 124, t2, t3\n"                                                                        \
    ".endm\n"

/* t5 := `bytes` for each input of a block before the end of its chain */
#define ENTER                                                                                                 \
    ".macro tg_enter begin, end\n"                                                                            \
    "lla t5, \\end\\()f\n"                                                                                    \
    "lla a2, \\begin\\()f\n"                                                                                  \
    "sub a2, t5, a2\n"                                                                                        \
    "srli a2, a2, 4\n"                                                                                        \
    "mul a2, a2, s7\n"                                                                                        \
    "sub t5, t5, a2\n"                                                                                        \
    ".endm\n"                                                                                                 \
    ".macro tg_begin\n"                                                                                       \
    "lw t1, 0(s6)\n"                                                                                          \
    "addi s6, s6, 4\n"                                                                                        \
    "add a0, a0, s7\n"                                                                                        \
    "add a1, a1, s10\n"                                                                                       \
    "slli t0, t1, 8\n"                                                                                        \
    "add t0, t0, t1\n"                                                                                        \
    ".endm\n"                                                                                                 \
    ".macro tg_flush p, q, total_p, total_q, high_p, high_q\n"                                                \
    "slli a2, \\q, 8\n"                                                                                       \
    "sub \\p, \\p, a2\n"                                                                                      \
    "add \\total_p, \\total_p, \\p\n"                                                                         \
    "srai \\p, \\p, 16\n"                                                                                     \
    "add \\high_p, \\high_p, \\p\n"                                                                           \
    "add \\total_q, \\total_q, \\q\n"                                                                         \
    "srai \\q, \\q, 16\n"                                                                                     \
    "add \\high_q, \\high_q, \\q\n"                                                                           \
    ".endm\n"

/* a4: channels; a5: out; t0: prescale; t1: shift; t2: what is added in the end; t3: 256. No short instructions: outputs
 * that there are none of are left out by a jump */
#define REQUANTIZE                                                                                            \
    ".macro tg_low total, high\n"                                                                             \
    "slli a2, \\high, 16\n"                                                                                   \
    "sub \\total, \\total, a2\n"                                                                              \
    ".endm\n"                                                                                                 \
    ".macro tg_scale sum\n"                                                                                   \
    "sll \\sum, \\sum, t0\n"                                                                                  \
    "add \\sum, \\sum, a2\n"                                                                                  \
    "mulh \\sum, \\sum, a3\n"                                                                                 \
    ".endm\n"                                                                                                 \
    ".macro tg_saturate sum\n"                                                                                \
    "sra \\sum, \\sum, t1\n"                                                                                  \
    "addi a2, \\sum, 128\n"                                                                                   \
    "bltu a2, t3, 1f\n"                                                                                       \
    "srai \\sum, \\sum, 31\n"                                                                                 \
    "xori \\sum, \\sum, 127\n"                                                                                \
    "1:\n"                                                                                                    \
    ".endm\n"                                                                                                 \
    ".macro tg_output at, sum\n"                                                                              \
    "lw a2, 8 * \\at(a4)\n"                                                                                   \
    "lw a3, 8 * \\at + 4(a4)\n"                                                                               \
    "tg_scale \\sum\n"                                                                                        \
    "tg_saturate \\sum\n"                                                                                     \
    "sb \\sum, \\at(a5)\n"                                                                                    \
    ".endm\n"

#define FORGET_MACROS                                                                                         \
    ".purgem tg_word\n"                                                                                       \
    ".purgem tg_four\n"                                                                                       \
    ".purgem tg_eight\n"                                                                                      \
    ".purgem tg_enter\n"                                                                                      \
    ".purgem tg_begin\n"                                                                                      \
    ".purgem tg_flush\n"                                                                                      \
    ".purgem tg_low\n"                                                                                        \
    ".purgem tg_scale\n"                                                                                      \
    ".purgem tg_saturate\n"                                                                                   \
    ".purgem tg_output\n"

/* On the stack: 0 to 31 sums of general outputs, 32 inputs, 36 starts, 40 minus 2^15 for each block; a7: outputs left
 * t4: struct tg_swar_output; s11: whether it is general */
TG_KERNEL TG_NAKED void tg_swar_dense_rv32(const struct tg_swar_dense *dense __attribute__((unused)))
{
    __asm__ volatile(TAKE_INPUTS ENTER REQUANTIZE);
    __asm__ volatile(
        "addi sp, sp, -96\n"
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
        "sw ra, 92(sp)\n"
        "lw a1, 0(a0)\n"
        "lw a3, 4(a0)\n"
        "sw a1, 32(sp)\n"
        "sw a3, 36(sp)\n"
        "lw a1, 8(a0)\n"
        "lw t4, 12(a0)\n"
        "lw a7, 16(a0)\n"
        "lw s7, 20(a0)\n"
        "lw a2, 24(a0)\n"
        "lw a5, 28(a0)\n"
        "slli a6, a2, 2\n"
        "add a6, a6, a3\n"
        "slli a2, a2, 15\n"
        "sub a2, zero, a2\n"
        "sw a2, 40(sp)\n"
        "lw a4, 0(t4)\n"
        "lb s11, 10(t4)\n"
        "li t6, 0x00ff00ff\n"
        "slli s10, s7, 3\n"
        "tg_enter 3, 2\n"
        /* the next four or eight outputs */
        "10:\n"
        "lw a0, 32(sp)\n"
        "lw s6, 36(sp)\n"
        "lw s0, 40(sp)\n"
        "mv s1, s0\n"
        "li s2, 0\n"
        "li s3, 0\n"
        "li a2, 4\n"
        "ble a7, a2, 20f\n"
        "mv s4, s0\n"
        "mv s5, s0\n"
        "li s8, 0\n"
        "li s9, 0\n"
        "1:\n"
        "tg_begin\n"
        "mv t2, t0\n"
        "mv t3, t1\n"
        "jr t5\n"
        "3:\n"
        ".irp at, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "tg_eight \\at\n"
        ".endr\n"
        "2:\n"
        "tg_flush t0, t1, s0, s1, s2, s3\n"
        "tg_flush t2, t3, s4, s5, s8, s9\n"
        "bne s6, a6, 1b\n"
        "tg_low s4, s8\n"
        "tg_low s5, s9\n"
        "j 30f\n"
        /* four: they are the last ones */
        "20:\n"
        "slli s10, s7, 2\n"
        "tg_enter 6, 5\n"
        "4:\n"
        "tg_begin\n"
        "jr t5\n"
        "6:\n"
        ".irp at, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n"
        "tg_four \\at\n"
        ".endr\n"
        "5:\n"
        "tg_flush t0, t1, s0, s1, s2, s3\n"
        "bne s6, a6, 4b\n"
        /* sums to int8 */
        "30:\n"
        "tg_low s0, s2\n"
        "tg_low s1, s3\n"
        "lb t0, 8(t4)\n"
        "lb t1, 9(t4)\n"
        "li t3, 256\n"
        "bnez s11, 40f\n"
        "li a2, 8\n"
        "bge a7, a2, 31f\n"
        "sub a2, a2, a7\n"
        "li a3, 44\n"
        "mul a2, a2, a3\n"
        "lla a3, 31f\n"
        "add a2, a2, a3\n"
        "jr a2\n"
        ".option push\n"
        ".option norvc\n"
        ".balign 4\n"
        "31:\n"
        "tg_output 7, s9\n"
        "tg_output 6, s5\n"
        "tg_output 5, s8\n"
        "tg_output 4, s4\n"
        "tg_output 3, s3\n"
        "tg_output 2, s1\n"
        "tg_output 1, s2\n"
        "tg_output 0, s0\n"
        ".option pop\n"
        "addi a4, a4, 64\n"
        "addi a5, a5, 8\n"
        "addi a7, a7, -8\n"
        "bgtz a7, 10b\n"
        "j 50f\n"
        /* the same with sign terms, one after the other */
        "40:\n"
        "lw t2, 4(t4)\n"
        "sw s0, 0(sp)\n"
        "sw s2, 4(sp)\n"
        "sw s1, 8(sp)\n"
        "sw s3, 12(sp)\n"
        "sw s4, 16(sp)\n"
        "sw s8, 20(sp)\n"
        "sw s5, 24(sp)\n"
        "sw s9, 28(sp)\n"
        "mv a0, sp\n"
        "addi s0, sp, 32\n"
        "41:\n"
        "lw ra, 0(a0)\n"
        "lw a2, 0(a4)\n"
        "lw a3, 4(a4)\n"
        "lw s1, 8(a4)\n"
        "tg_scale ra\n"
        "srai a3, ra, 31\n"
        "not a3, a3\n"
        "and s1, s1, a3\n"
        "add ra, ra, s1\n"
        "add ra, ra, t2\n"
        "tg_saturate ra\n"
        "sb ra, 0(a5)\n"
        "addi a4, a4, 12\n"
        "addi a5, a5, 1\n"
        "addi a7, a7, -1\n"
        "beqz a7, 50f\n"
        "addi a0, a0, 4\n"
        "bne a0, s0, 41b\n"
        "j 10b\n"
        "50:\n"
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
        "lw ra, 92(sp)\n"
        "addi sp, sp, 96\n"
        "ret\n" FORGET_MACROS);
}

#else

TG_KERNEL void tg_swar_dense_rv32(const struct tg_swar_dense *dense)
{
    tg_swar_run_dense(dense, 2);
}

#endif
