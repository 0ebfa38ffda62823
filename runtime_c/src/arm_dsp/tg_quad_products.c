/* See tg_quad_products.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_quad_products.h"
#include "tg_assembly.h"
#include "tg_simd.h"

TG_KERNEL void tg_quad_products_two_dsp(struct tg_quad_task *task);
TG_KERNEL void tg_quad_products_one_dsp(struct tg_quad_task *task);
TG_KERNEL void tg_quad_products_four_dsp(struct tg_quad_task *task);

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

#define REGISTERS \
    "even_a .req r0\n odd_a .req r1\n even_b .req r2\n odd_b .req r3\n" /* a, b: the windows */ \
    "sum_aa .req r4\n sum_ab .req r5\n sum_ba .req r6\n sum_bb .req r7\n" /* window, channel */ \
    "weight .req r8\n odd .req r9\n x .req r10\n w .req r11\n second .req r12\n left .req r14\n"

#define NO_REGISTERS \
    ".unreq even_a\n .unreq odd_a\n .unreq even_b\n .unreq odd_b\n" \
    ".unreq sum_aa\n .unreq sum_ab\n .unreq sum_ba\n .unreq sum_bb\n" \
    ".unreq weight\n .unreq odd\n .unreq x\n .unreq w\n .unreq second\n .unreq left\n"

/* Saves registers, begins a pair, and a run. */
#define BEGIN \
    "push {r0, r4-r11, lr}\n" \
    "3: ldr r0, [sp]\n" \
    "ldr sum_aa, [r0, #24]\n" \
    "ldr sum_ab, [r0, #28]\n" \
    "ldr w, [r0, #8]\n" \
    "ldr second, [r0, #12]\n" \
    "ldr r1, [r0]\n" \
    "mov sum_ba, sum_aa\n" \
    "mov sum_bb, sum_ab\n" \
    "1: ldr x, [r1], #4\n" \
    "ldr r2, [r0, #4]\n" \
    "ldr left, [r0, #20]\n" \
    "str r1, [r0, #44]\n" \
    "add x, x, r2\n" \
    "lsrs left, left, #1\n" \
    "bcc 2f\n" \
    "add left, left, #1\n" \
    "b 4f\n"

/* The end of a run, of a pair, and of all. */
#define END \
    "bne 2b\n" \
    "ldr r0, [sp]\n" \
    "ldr r1, [r0, #44]\n" \
    "ldr r2, [r0, #16]\n" \
    "cmp r1, r2\n" \
    "bne 1b\n" \
    "ldr r1, [r0, #32]\n" \
    "ldr r2, [r0, #4]\n" \
    "ldr r3, [r0, #40]\n" \
    "ldr left, [r0, #36]\n" \
    "stmia r1!, {r4-r7}\n" \
    "str r1, [r0, #32]\n" \
    "add r2, r2, r3\n" \
    "str r2, [r0, #4]\n" \
    "subs left, left, #1\n" \
    "str left, [r0, #36]\n" \
    "bne 3b\n" \
    "pop {r0, r4-r11, pc}\n"

#define LOAD_AND_WIDEN \
    "ldr odd_b, [x, second]\n" \
    "ldr odd_a, [x], #4\n" \
    "ldr weight, [w], #4\n" \
    "sxtb16 even_a, odd_a\n" \
    "sxtb16 odd_a, odd_a, ror #8\n" \
    "sxtb16 even_b, odd_b\n" \
    "sxtb16 odd_b, odd_b, ror #8\n"

#define MULTIPLY(channel) \
    "sxtb16 odd, weight, ror #8\n" \
    "sxtb16 weight, weight\n" \
    "smlad sum_a" channel ", even_a, weight, sum_a" channel "\n" \
    "smlad sum_b" channel ", even_b, weight, sum_b" channel "\n" \
    "smlad sum_a" channel ", odd_a, odd, sum_a" channel "\n" \
    "smlad sum_b" channel ", odd_b, odd, sum_b" channel "\n"

/* Fours, two in a turn; an odd number begins with the second of a turn. */
#define TURNS(four) ".balign 4\n2:\n" four "4:\n" four "subs left, left, #1\n"

#define FOUR_OF_TWO LOAD_AND_WIDEN MULTIPLY("a") "ldr weight, [w], #4\n" MULTIPLY("b")
#define FOUR_OF_ONE LOAD_AND_WIDEN MULTIPLY("a")

/* 24 cycles for 16 products, 20 for a run, 40 for a pair. */
TG_KERNEL TG_NAKED void tg_quad_products_two_dsp(struct tg_quad_task *task ARGUMENT)
{
    __asm__ volatile(".syntax unified\n" REGISTERS BEGIN TURNS(FOUR_OF_TWO) END NO_REGISTERS);
}

/* 16 cycles for 8 products, 20 for a run, 40 for a pair. */
TG_KERNEL TG_NAKED void tg_quad_products_one_dsp(struct tg_quad_task *task ARGUMENT)
{
    __asm__ volatile(".syntax unified\n" REGISTERS BEGIN TURNS(FOUR_OF_ONE) END NO_REGISTERS);
}

/* Four windows x, one channel: the names of the sums are those of the windows. */
#define FOUR_REGISTERS \
    "x .req r0\n w .req r1\n one .req r2\n other .req r3\n" \
    "sum_a .req r4\n sum_b .req r5\n sum_c .req r6\n sum_d .req r7\n" \
    "even .req r8\n odd .req r9\n half .req r10\n second .req r11\n fourth .req r12\n left .req r14\n"

#define NO_FOUR_REGISTERS \
    ".unreq x\n .unreq w\n .unreq one\n .unreq other\n" \
    ".unreq sum_a\n .unreq sum_b\n .unreq sum_c\n .unreq sum_d\n" \
    ".unreq even\n .unreq odd\n .unreq half\n .unreq second\n .unreq fourth\n .unreq left\n"

#define MULTIPLY_TWO(sum, other_sum) \
    "sxtb16 half, one\n" \
    "sxtb16 one, one, ror #8\n" \
    "smlad " sum ", half, even, " sum "\n" \
    "smlad " sum ", one, odd, " sum "\n" \
    "sxtb16 half, other\n" \
    "sxtb16 other, other, ror #8\n" \
    "smlad " other_sum ", half, even, " other_sum "\n" \
    "smlad " other_sum ", other, odd, " other_sum "\n"

#define FOUR_OF_FOUR \
    "ldr odd, [w], #4\n" \
    "ldr one, [x]\n" \
    "ldr other, [x, second]\n" \
    "sxtb16 even, odd\n" \
    "sxtb16 odd, odd, ror #8\n" \
    MULTIPLY_TWO("sum_a", "sum_b") \
    "ldr one, [x, second, lsl #1]\n" \
    "ldr other, [x, fourth]\n" \
    "add x, x, #4\n" \
    MULTIPLY_TWO("sum_c", "sum_d")

/* 28 cycles for 16 products, 20 for a run, 40 for four windows. */
TG_KERNEL TG_NAKED void tg_quad_products_four_dsp(struct tg_quad_task *task ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n" FOUR_REGISTERS
        "push {r0, r4-r11, lr}\n"
        "3: ldr r0, [sp]\n"
        "ldr sum_a, [r0, #24]\n"
        "ldr w, [r0, #8]\n"
        "ldr second, [r0, #12]\n"
        "ldr r2, [r0]\n"
        "mov sum_b, sum_a\n"
        "mov sum_c, sum_a\n"
        "mov sum_d, sum_a\n"
        "add fourth, second, second, lsl #1\n"
        "1: ldr r8, [r2], #4\n"
        "ldr r9, [r0, #4]\n"
        "ldr left, [r0, #20]\n"
        "str r2, [r0, #44]\n"
        "add x, r8, r9\n"
        "lsrs left, left, #1\n"
        "bcc 2f\n"
        "add left, left, #1\n"
        "b 4f\n" TURNS(FOUR_OF_FOUR)
        "bne 2b\n"
        "ldr r0, [sp]\n"
        "ldr r2, [r0, #44]\n"
        "ldr r3, [r0, #16]\n"
        "cmp r2, r3\n"
        "bne 1b\n"
        "ldr r1, [r0, #32]\n"
        "ldr r2, [r0, #4]\n"
        "ldr r3, [r0, #40]\n"
        "ldr left, [r0, #36]\n"
        "stmia r1!, {r4-r7}\n"
        "str r1, [r0, #32]\n"
        "add r2, r2, r3\n"
        "str r2, [r0, #4]\n"
        "subs left, left, #1\n"
        "str left, [r0, #36]\n"
        "bne 3b\n"
        "pop {r0, r4-r11, pc}\n" NO_FOUR_REGISTERS);
}

#else

TG_INLINE int32_t add_products(const int8_t *x, const int8_t *w, int32_t sum)
{
    const uint32_t values = tg_load_quad(x);
    const uint32_t weights = tg_load_quad(w);
    const int32_t even = tg_smlad(tg_sxtb16(values), tg_sxtb16(weights), sum);

    return tg_smlad(tg_sxtb16_ror8(values), tg_sxtb16_ror8(weights), even);
}

/* One pair. */
static void add_runs(const struct tg_quad_task *task, int32_t channels)
{
    const int8_t *w = task->weights;
    int32_t *const sums = task->sums;

    for (const int8_t *const *run = task->runs; run != task->runs_end; run++) {
        const int8_t *x = *run + task->at;

        for (int32_t left = task->run_quads; left > 0; left--) {
            for (int32_t i = 0; i < channels; i++) {
                sums[i] = add_products(x, w, sums[i]);
                sums[2 + i] = add_products(x + task->second, w, sums[2 + i]);
                w += 4;
            }
            x += 4;
        }
    }
}

static void add_all(struct tg_quad_task *task, int32_t channels)
{
    for (; task->pairs > 0; task->pairs--) {
        task->sums[0] = task->sums[2] = task->bias[0];
        task->sums[1] = task->sums[3] = task->bias[1];
        add_runs(task, channels);
        task->sums += 4;
        task->at += task->step;
    }
}

TG_KERNEL void tg_quad_products_two_dsp(struct tg_quad_task *task)
{
    add_all(task, 2);
}

TG_KERNEL void tg_quad_products_one_dsp(struct tg_quad_task *task)
{
    add_all(task, 1);
}

/* One window. */
static int32_t sum_of_runs(const struct tg_quad_task *task, int32_t at)
{
    const int8_t *w = task->weights;
    int32_t sum = task->bias[0];

    for (const int8_t *const *run = task->runs; run != task->runs_end; run++) {
        for (int32_t i = 0; i < task->run_quads; i++) {
            sum = add_products(*run + at + 4 * i, w, sum);
            w += 4;
        }
    }
    return sum;
}

TG_KERNEL void tg_quad_products_four_dsp(struct tg_quad_task *task)
{
    for (; task->pairs > 0; task->pairs--) {
        for (int32_t i = 0; i < 4; i++) {
            *task->sums++ = sum_of_runs(task, task->at + i * task->second);
        }
        task->at += task->step;
    }
}

#endif
