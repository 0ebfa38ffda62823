/* See tg_conv2d_winograd_fast.h.
 *
 * Cycles on M4: 16 for each step of a position (2 input channels, 2 tiles, 4 output channels) and about 25 for each position;
 * then about 18 for each output, 2 more with a sign term.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_winograd_fast.h"
#include "tg_conv2d_winograd_multiply.h"
#include "tg_conv2d_winograd_parts.h"

#if TG_ASSEMBLY

/* Sums m [36 positions][2 tiles][4 channels] of products of x [steps][36][2] and u [36][steps][4], for 8 steps: 146
 * cycles for a position. r12 runs over x, lr over u. Frame: m, its end. */
INNER void multiply_8(const uint32_t *x ARGUMENT, const uint32_t *u ARGUMENT, int32_t *m ARGUMENT)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "add r4, r2, #1152\n"
        "push {r2, r4}\n"
        "mov r12, r0\n"
        "sub lr, r1, #4\n"
        ".p2align 2\n"
        "1:\n" FIRST_STEP STEPS("1, 2, 3, 4, 5, 6") LAST_STEP
        "ldr r8, [sp]\n"
        "ldr r9, [sp, #4]\n"
        "stm r8!, {r0-r7}\n"
        "add r12, r12, #8\n"
        "str r8, [sp]\n"
        "cmp r8, r9\n"
        "bne.w 1b\n"
        "add sp, sp, #8\n"
        "pop {r4-r11, pc}\n");
}

/* For more steps, a multiple of 8: 128 cycles for each 8 and 5, 26 more for a position. Frame: m, its end, from the end
 * of a position's x to the next one's start, the end of x. */
INNER void multiply_blocks(const uint32_t *x ARGUMENT, const uint32_t *u ARGUMENT, int32_t *m ARGUMENT,
                           int32_t steps ARGUMENT)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "add r4, r2, #1152\n"
        "mov r5, #288\n"
        "mul r5, r5, r3\n"
        "add r6, r0, r5\n"
        "rsb r5, r5, #8\n"
        "push {r2, r4, r5, r6}\n"
        "mov r12, r0\n"
        "sub lr, r1, #4\n"
        ".p2align 2\n"
        "1:\n" FIRST_STEP STEPS("1, 2, 3, 4, 5, 6") LAST_STEP
        "add.w r12, r12, #2304\n"
        "2:\n" STEPS("0, 1, 2, 3, 4, 5, 6") LAST_STEP
        "ldr.w r8, [sp, #12]\n"
        "add.w r12, r12, #2304\n"
        "cmp.w r12, r8\n"
        "blo.w 2b\n"
        "ldr.w r8, [sp]\n"
        "ldr.w r9, [sp, #4]\n"
        "ldr.w r10, [sp, #8]\n"
        "stm.w r8!, {r0-r7}\n"
        "add.w r12, r12, r10\n"
        "str.w r8, [sp]\n"
        "cmp.w r8, r9\n"
        "bne.w 1b\n"
        "add sp, sp, #16\n"
        "pop {r4-r11, pc}\n");
}

/* A m down the columns, for two tiles and four channels: m [6 rows][6 columns][8] becomes [4][6][8]. */
INNER void transform_columns(int32_t *m ARGUMENT)
{
    __asm__ volatile(
        "push {r4-r7, lr}\n"
        "mov r7, r0\n"
        "add r12, r0, #32\n"
        ".p2align 2\n"
        "1:\n" COLUMN(0) COLUMN(1) COLUMN(2) COLUMN(3) COLUMN(4) COLUMN(5)
        "add r7, r7, #4\n"
        "cmp r7, r12\n"
        "bne.w 1b\n"
        "pop {r4-r7, pc}\n");
}

/* With the shift in r3: 6 cycles. */
#define SHIFTED(t, to)                                                                                        \
    "and r6, lr, " t ", asr #31\n"                                                                            \
    "add r6, r6, r12\n"                                                                                       \
    "smmla " t ", " t ", r10, r6\n"                                                                           \
    "asr " t ", " t ", r3\n"                                                                                  \
    "ssat " t ", #8, " t "\n"                                                                                 \
    "strb " t ", [r11, #" to "]\n"

/* A m along the rows, for one tile of four channels, to bytes [4 rows of BLOCK_ROW][4 columns][4 channels]. r7 runs
 * over the channels of m, r8 over their words, r11 over the bytes. Frame: the end of r7, and room for the shift. */
#define FINISH(more, before, output)                                                                          \
    "push {r2-r11, lr}\n"                                                                                     \
    "mov r7, r0\n"                                                                                            \
    "add r0, r0, #16\n"                                                                                       \
    "str r0, [sp]\n"                                                                                          \
    "mov r8, r1\n"                                                                                            \
    "mov r11, r2\n"                                                                                           \
    ".p2align 2\n"                                                                                            \
    "1:\n"                                                                                                    \
    "ldm.w r8!, {r9, r10, r12, lr}\n" more ROW(0, before, output) ROW(1, before, output)                      \
        ROW(2, before, output) ROW(3, before, output)                                                         \
    "add r7, r7, #4\n"                                                                                        \
    "add r11, r11, #1\n"                                                                                      \
    "ldr r0, [sp]\n"                                                                                          \
    "cmp r7, r0\n"                                                                                            \
    "bne.w 1b\n"                                                                                              \
    "pop {r2-r11, pc}\n"

/* The shift follows the other words of a channel; r3 holds it while outputs are finished. */
#define KEEP_SHIFT "ldr r0, [r8], #4\nstr r0, [sp, #4]\n"
#define LOAD_SHIFT "ldr r3, [sp, #4]\n"

INNER void finish_plain(int32_t *m ARGUMENT, const int32_t *channels ARGUMENT, int8_t *block ARGUMENT)
{
    __asm__ volatile(FINISH("", "", PLAIN));
}

INNER void finish_signed(int32_t *m ARGUMENT, const int32_t *channels ARGUMENT, int8_t *block ARGUMENT)
{
    __asm__ volatile(FINISH("", "", SIGNED));
}

INNER void finish_shifted(int32_t *m ARGUMENT, const int32_t *channels ARGUMENT, int8_t *block ARGUMENT)
{
    __asm__ volatile(FINISH(KEEP_SHIFT, LOAD_SHIFT, SHIFTED));
}

#else

static void multiply_8(const uint32_t *x, const uint32_t *u, int32_t *m)
{
    tg_conv2d_winograd_multiply(x, u, m, 8);
}

static void multiply_blocks(const uint32_t *x, const uint32_t *u, int32_t *m, int32_t steps)
{
    tg_conv2d_winograd_multiply(x, u, m, steps);
}

/* A m down the columns, for two tiles and four channels: m [6 rows][6 columns][8] becomes [4][6][8]. */
static void transform_columns(int32_t *m)
{
    for (int32_t i = 0; i < 8 * TG_WINOGRAD_INPUTS; i++) {
        transform(m + i, 8 * TG_WINOGRAD_INPUTS);
    }
}

static void finish_plain(int32_t *m, const int32_t *channels, int8_t *block)
{
    finish_any(m, channels, TG_WINOGRAD_SHIFT, block);
}

static void finish_signed(int32_t *m, const int32_t *channels, int8_t *block)
{
    finish_any(m, channels, TG_WINOGRAD_SHIFT, block);
}

static void finish_shifted(int32_t *m, const int32_t *channels, int8_t *block)
{
    finish_any(m, channels, TG_WINOGRAD_SHIFT + 1, block);
}

#endif

static void multiply(const uint32_t *x, const uint32_t *u, int32_t *m, int32_t steps)
{
    if (steps == 8) {
        multiply_8(x, u, m);
    } else if (steps % 8 == 0) {
        multiply_blocks(x, u, m, steps);
    } else {
        tg_conv2d_winograd_multiply(x, u, m, steps);
    }
}

static void finish(const struct tg_conv2d_winograd_dsp *layer, int32_t *m, const int32_t *channels, int8_t *block)
{
    if (layer->form == TG_WINOGRAD_PLAIN) {
        finish_plain(m, channels, block);
    } else if (layer->form == TG_WINOGRAD_SIGNED) {
        finish_signed(m, channels, block);
    } else {
        finish_shifted(m, channels, block);
    }
}

TG_KERNEL void tg_conv2d_winograd_fast(const struct tg_conv2d_winograd_dsp *layer,
                                       const struct tg_winograd_image *image, const struct tg_winograd_tiles *tile,
                                       int32_t channel, const uint32_t *u, const uint32_t *x, int32_t *work)
{
    static const struct tg_winograd_method method = {multiply, transform_columns, finish};

    tg_conv2d_winograd_outputs(layer, image, tile, channel, u, x, work, &method);
}
