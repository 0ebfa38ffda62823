/* See tg_taps_lanes_v6m.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_taps_lanes_v6m.h"
#include "tg_assembly.h"
#include "tg_fixedpoint.h"

TG_KERNEL void tg_taps_lanes_v6m_threes(const struct tg_taps_pass_v6m *pass);
TG_KERNEL void tg_taps_lanes_v6m_twos(const struct tg_taps_pass_v6m *pass);

#if TG_ASSEMBLY

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

#define REGISTERS \
    "sum .req r0\n x .req r1\n weight .req r2\n pair .req r3\n tap .req r4\n lower .req r5\n upper .req r6\n" \
    "half .req r7\n taps .req r8\n taps_end .req r9\n sums .req r10\n sums_end .req r11\n pair_bytes .req r12\n"

#define NO_REGISTERS \
    ".unreq sum\n .unreq x\n .unreq weight\n .unreq pair\n .unreq tap\n .unreq lower\n .unreq upper\n" \
    ".unreq half\n .unreq taps\n .unreq taps_end\n .unreq sums\n .unreq sums_end\n .unreq pair_bytes\n"

/* Saves registers, takes the fields of the pass, and begins the first pair. */
#define BEGIN \
    "push {r4-r7, lr}\n" \
    "mov r4, r8\n mov r5, r9\n mov r6, r10\n mov r7, r11\n" \
    "push {r0, r4-r7}\n" \
    "ldmia r0!, {r1-r6}\n" \
    "mov taps, r1\n mov taps_end, r2\n mov pair_bytes, r4\n mov sums, r5\n" \
    "adds r6, r6, r5\n" \
    "mov sums_end, r6\n" \
    "1: mov tap, taps\n" \
    "movs lower, #0\n" \
    "movs upper, #0\n"

/* The first product of a block, and the others. */
#define FIRST \
    "2: ldmia tap!, {x, weight}\n" \
    "ldr sum, [pair, x]\n" \
    "muls sum, weight, sum\n"
#define NEXT \
    "ldmia tap!, {x, weight}\n" \
    "ldr x, [pair, x]\n" \
    "muls x, weight, x\n" \
    "adds sum, sum, x\n"

/* The end of a block, of a pair, of a row, and of the pass. */
#define END \
    "sxth half, sum\n" \
    "adds lower, lower, half\n" \
    "subs sum, sum, half\n" \
    "asrs sum, sum, #16\n" \
    "adds upper, upper, sum\n" \
    "cmp tap, taps_end\n" \
    "bne 2b\n" \
    "mov x, sums\n" \
    "stmia x!, {lower, upper}\n" \
    "mov sums, x\n" \
    "add pair, pair_bytes\n" \
    "cmp x, sums_end\n" \
    "bne 1b\n" \
    "ldr r0, [sp]\n" \
    "ldr r2, [r0, #32]\n" \
    "cmp x, r2\n" \
    "beq 3f\n" \
    "ldr r2, [r0, #24]\n" \
    "subs x, x, r2\n" \
    "mov sums, x\n" \
    "ldr r2, [r0, #20]\n" \
    "adds x, x, r2\n" \
    "mov sums_end, x\n" \
    "ldr r2, [r0, #28]\n" \
    "adds pair, pair, r2\n" \
    "b 1b\n" \
    "3: pop {r0, r4-r7}\n" \
    "mov r8, r4\n mov r9, r5\n mov r10, r6\n mov r11, r7\n" \
    "pop {r4-r7, pc}\n"

/* 31 cycles for each three taps of two outputs, 18 for a pair, 21 for a row. */
TG_KERNEL TG_NAKED void tg_taps_lanes_v6m_threes(const struct tg_taps_pass_v6m *pass ARGUMENT)
{
    __asm__ volatile(".syntax unified\n" REGISTERS BEGIN FIRST NEXT NEXT END NO_REGISTERS);
}

/* 24 cycles for each two taps of two outputs, 18 for a pair, 21 for a row. */
TG_KERNEL TG_NAKED void tg_taps_lanes_v6m_twos(const struct tg_taps_pass_v6m *pass ARGUMENT)
{
    __asm__ volatile(".syntax unified\n" REGISTERS BEGIN FIRST NEXT END NO_REGISTERS);
}

#else

/* The sums of one pair. */
static void run_pair(const struct tg_taps_pass_v6m *pass, const int8_t *pair, int32_t size, int32_t *sums)
{
    sums[0] = 0;
    sums[1] = 0;
    for (const struct tg_tap_v6m *tap = pass->taps; tap != pass->taps_end; tap += size) {
        uint32_t block = 0;
        int32_t lower;

        for (int32_t i = 0; i < size; i++) {
            int32_t x;

            memcpy(&x, pair + tap[i].offset, sizeof x);
            block += (uint32_t)tap[i].weight * (uint32_t)x;
        }
        lower = (int32_t)((block & 0xFFFFu) ^ 0x8000u) - 0x8000;
        sums[0] += lower;
        sums[1] += tg_wrap_int32(block - (uint32_t)lower) >> 16;
    }
}

static void run_pass(const struct tg_taps_pass_v6m *pass, int32_t size)
{
    const int8_t *pair = (const int8_t *)pass->pair;
    int32_t *sums = pass->sums;

    for (;;) {
        int32_t *const end = sums + pass->pairs_bytes / 4;

        for (; sums != end; sums += 2) {
            run_pair(pass, pair, size, sums);
            pair += pass->pair_bytes;
        }
        if (end == pass->sums_end) {
            return;
        }
        sums -= pass->unkept / 4;
        pair += pass->row_advance;
    }
}

TG_KERNEL void tg_taps_lanes_v6m_threes(const struct tg_taps_pass_v6m *pass)
{
    run_pass(pass, 3);
}

TG_KERNEL void tg_taps_lanes_v6m_twos(const struct tg_taps_pass_v6m *pass)
{
    run_pass(pass, 2);
}

#endif
