/* See tg_conv2d_winograd_outputs.h.
 *
 * Cycles on M4: 16 for each step of a position (2 input channels, 2 tiles, 4 output channels) and about 25 for each position;
 * then about 18 for each output, 2 more with a sign term.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_assembly.h"
#include "tg_conv2d_winograd_outputs.h"
#include "tg_fixedpoint.h"
#include "tg_simd.h"

/* Bytes of a row of finished outputs of a pair of tiles. */
#define BLOCK_ROW 32

#if TG_ASSEMBLY

/* Arguments are registers that the compiler does not see read; `used` keeps it from leaving them out. */
#define INNER TG_NAKED __attribute__((used)) static
#define ARGUMENT __attribute__((unused))

#define ADD(sum, x, w) "smlad " sum "," x "," w "," sum "\n"
#define SET(sum, x, w) "smuad " sum "," x "," w "\n"

/* Step j: x0, x1 in r8, r9 are the tiles, r10, r11 weights of four channels; sums in r0-r3 and r4-r7. 16 cycles and
 * 56 bytes. lr runs 4 bytes behind the weights, so that the last load of a block can move it. */
#define STEP(j, sum, last)                                                                                    \
    "ldr.w r8, [r12, #288*" j "]\n"                                                                           \
    "ldr.w r9, [r12, #288*" j "+4]\n"                                                                         \
    "ldr.w r10, [lr, #16*" j "+4]\n"                                                                          \
    "ldr.w r11, [lr, #16*" j "+8]\n" sum("r0", "r8", "r10") sum("r4", "r9", "r10") sum("r1", "r8", "r11")     \
        sum("r5", "r9", "r11") "ldr.w r10, [lr, #16*" j "+12]\n"                                              \
    "ldr.w r11, [lr, #16*" j "+16]" last "\n" sum("r2", "r8", "r10") sum("r6", "r9", "r10")                   \
        sum("r3", "r8", "r11") sum("r7", "r9", "r11")
#define FIRST_STEP STEP("0", SET, "")
#define STEPS(list) ".irp j, " list "\n" STEP("\\j", ADD, "") ".endr\n"
#define LAST_STEP STEP("7", ADD, "!")

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

/* For any other number of steps, even: 37 cycles more for a position, and 7 for each block of 8 but the first.
 *
 * A position starts with two steps that set the sums, and goes on somewhere in a block of 8, such that the last block
 * ends with the last step. Frame: m, its end, from the end of a position's x to the next one's start, the end of x; and
 * how to enter the first block: change of r12, of lr, address in the code. */
INNER void multiply_any(const uint32_t *x ARGUMENT, const uint32_t *u ARGUMENT, int32_t *m ARGUMENT,
                        int32_t steps ARGUMENT)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "sub sp, sp, #28\n"
        "mov r12, r0\n"
        "sub lr, r1, #4\n"
        "add r4, r2, #1152\n"
        "strd r2, r4, [sp]\n"
        "mov r5, #288\n"
        "mul r6, r5, r3\n"
        "add r7, r0, r6\n"
        "rsb r6, r6, #8\n"
        "strd r6, r7, [sp, #8]\n"
        /* r6: steps of the first block that are skipped: 0, 2, 4 or 6, and all 8 if there are only two steps */
        "subs r6, r3, #2\n"
        "rsb r6, r6, #8\n"
        "and r6, r6, #7\n"
        "it eq\n"
        "moveq r6, #8\n"
        "rsb r7, r6, #2\n"
        "mul r8, r7, r5\n"
        "lsl r9, r7, #4\n"
        "it eq\n"
        "moveq r9, #32\n" /* the load that moves lr is skipped, too */
        "mov r5, #56\n"
        "mul r6, r6, r5\n"
        "adr r10, 2f\n"
        "add r10, r10, r6\n"
        "orr r10, r10, #1\n"
        "strd r8, r9, [sp, #16]\n"
        "str r10, [sp, #24]\n"
        ".p2align 2\n"
        "1:\n" FIRST_STEP STEPS("1")
        "ldr.w r8, [sp, #16]\n"
        "ldr.w r9, [sp, #20]\n"
        "ldr.w r10, [sp, #24]\n"
        "add.w r12, r12, r8\n"
        "add.w lr, lr, r9\n"
        "bx r10\n"
        ".p2align 2\n"
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
        "add sp, sp, #28\n"
        "pop {r4-r11, pc}\n");
}

/* A m of the six words in r0 to r5: r0, r4, r2, r5; r6 is lost. 10 cycles. */
#define TRANSFORM                                                                                             \
    "add r6, r1, r2\n"                                                                                        \
    "sub r1, r1, r2\n"                                                                                        \
    "add r2, r3, r4\n"                                                                                        \
    "sub r3, r3, r4\n"                                                                                        \
    "sub r4, r2, r6\n"                                                                                        \
    "add r0, r4, r0, lsl #1\n"                                                                                \
    "rsb r4, r1, r3, lsl #1\n"                                                                                \
    "rsb r2, r6, r2, lsl #2\n"                                                                                \
    "add r5, r5, r3\n"                                                                                        \
    "rsb r5, r1, r5, lsl #3\n"

/* Column n at r7, in place: 192 bytes from row to row, six rows become four. 21 cycles. */
#define COLUMN(n)                                                                                             \
    "ldr r0, [r7, #32*" #n "]\n"                                                                              \
    "ldr r1, [r7, #32*" #n "+192]\n"                                                                          \
    "ldr r2, [r7, #32*" #n "+384]\n"                                                                          \
    "ldr r3, [r7, #32*" #n "+576]\n"                                                                          \
    "ldr r4, [r7, #32*" #n "+768]\n"                                                                          \
    "ldr r5, [r7, #32*" #n "+960]\n" TRANSFORM                                                                \
    "str r0, [r7, #32*" #n "]\n"                                                                              \
    "str r4, [r7, #32*" #n "+192]\n"                                                                          \
    "str r2, [r7, #32*" #n "+384]\n"                                                                          \
    "str r5, [r7, #32*" #n "+576]\n"

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

/* int8 of t: r10 is the multiplier, r12 the offset, lr the sign term, r3 a shift. 3, 5 and 6
 * cycles with the store. */
#define PLAIN(t, to)                                                                                          \
    "smmla " t ", " t ", r10, r12\n"                                                                          \
    "ssat " t ", #8, " t ", asr #16\n"                                                                        \
    "strb " t ", [r11, #" to "]\n"
#define SIGNED(t, to)                                                                                         \
    "and r6, lr, " t ", asr #31\n"                                                                            \
    "add r6, r6, r12\n"                                                                                       \
    "smmla " t ", " t ", r10, r6\n"                                                                           \
    "ssat " t ", #8, " t ", asr #16\n"                                                                        \
    "strb " t ", [r11, #" to "]\n"
#define SHIFTED(t, to)                                                                                        \
    "and r6, lr, " t ", asr #31\n"                                                                            \
    "add r6, r6, r12\n"                                                                                       \
    "smmla " t ", " t ", r10, r6\n"                                                                           \
    "asr " t ", " t ", r3\n"                                                                                  \
    "ssat " t ", #8, " t "\n"                                                                                 \
    "strb " t ", [r11, #" to "]\n"

/* Row n at r7: the bias, which has the factor -1 in every output, then four outputs. 18 and 4 outputs. */
#define ROW(n, before, output)                                                                                \
    "ldr r0, [r7, #192*" #n "]\n"                                                                             \
    "ldr r1, [r7, #192*" #n "+32]\n"                                                                          \
    "ldr r2, [r7, #192*" #n "+64]\n"                                                                          \
    "ldr r3, [r7, #192*" #n "+96]\n"                                                                          \
    "ldr r4, [r7, #192*" #n "+128]\n"                                                                         \
    "ldr r5, [r7, #192*" #n "+160]\n"                                                                         \
    "sub r1, r1, r9\n" TRANSFORM before output("r0", #n "*32") output("r4", #n "*32+4")                       \
        output("r2", #n "*32+8") output("r5", #n "*32+12")

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

/* Sums m [36 positions][2 tiles][4 channels] of products of x [steps][36][2] and u [36][steps][4]. */
static void multiply_any(const uint32_t *x, const uint32_t *u, int32_t *m, int32_t steps)
{
    for (int32_t position = 0; position < TG_WINOGRAD_POSITIONS; position++) {
        const uint32_t *tiles = x + 2 * position;

        for (int32_t i = 0; i < 8; i++) {
            m[i] = 0;
        }
        for (int32_t step = 0; step < steps; step++) {
            for (int32_t c = 0; c < 4; c++) {
                m[c] = tg_smlad(tiles[0], u[c], m[c]);
                m[4 + c] = tg_smlad(tiles[1], u[c], m[4 + c]);
            }
            tiles += TG_WINOGRAD_STEP_WORDS;
            u += 4;
        }
        m += 8;
    }
}

static void multiply_8(const uint32_t *x, const uint32_t *u, int32_t *m)
{
    multiply_any(x, u, m, 8);
}

static void multiply_blocks(const uint32_t *x, const uint32_t *u, int32_t *m, int32_t steps)
{
    multiply_any(x, u, m, steps);
}

/* A m of six words that lie `step` words apart, in place: four words. Modulo 2^32. */
TG_INLINE void transform(int32_t *m, int32_t step)
{
    uint32_t w[TG_WINOGRAD_INPUTS];

    for (int32_t i = 0; i < TG_WINOGRAD_INPUTS; i++) {
        w[i] = (uint32_t)m[i * step];
    }
    {
        const uint32_t a = w[1] + w[2];
        const uint32_t b = w[1] - w[2];
        const uint32_t c = w[3] + w[4];
        const uint32_t d = w[3] - w[4];

        m[0] = tg_wrap_int32((w[0] << 1) + c - a);
        m[step] = tg_wrap_int32((d << 1) - b);
        m[2 * step] = tg_wrap_int32((c << 2) - a);
        m[3 * step] = tg_wrap_int32(((w[5] + d) << 3) - b);
    }
}

/* A m down the columns, for two tiles and four channels: m [6 rows][6 columns][8] becomes [4][6][8]. */
static void transform_columns(int32_t *m)
{
    for (int32_t i = 0; i < 8 * TG_WINOGRAD_INPUTS; i++) {
        transform(m + i, 8 * TG_WINOGRAD_INPUTS);
    }
}

/* A m along the rows, for one tile of four channels, to bytes [4 rows of BLOCK_ROW][4 columns][4 channels]. */
static void finish_any(int32_t *m, const int32_t *channels, int32_t words, int8_t *block)
{
    for (int32_t c = 0; c < 4; c++) {
        const int32_t shift = words > TG_WINOGRAD_SHIFT ? channels[TG_WINOGRAD_SHIFT] : 16;

        for (int32_t row = 0; row < TG_WINOGRAD_TILE; row++) {
            int32_t *const y = m + row * 8 * TG_WINOGRAD_INPUTS + c;

            /* the bias has the factor -1 in every output */
            y[8] = tg_wrap_int32((uint32_t)y[8] - (uint32_t)channels[TG_WINOGRAD_BIAS]);
            transform(y, 8);
            for (int32_t x = 0; x < TG_WINOGRAD_TILE; x++) {
                const int32_t t = y[8 * x];
                const int32_t sign = t < 0 ? channels[TG_WINOGRAD_SIGN] : 0;
                const int32_t h = tg_smmla(t, channels[TG_WINOGRAD_MULTIPLIER], channels[TG_WINOGRAD_OFFSET] + sign);

                block[row * BLOCK_ROW + 4 * x + c] = (int8_t)tg_ssat8(h >> shift);
            }
        }
        channels += words;
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

/* Pixels of four channels; `step` bytes from one to the next. */
static void store_fours(const int8_t *from, int8_t *to, int32_t step, int32_t count)
{
    if (count == 2 * TG_WINOGRAD_TILE) {
        memcpy(to, from, 4);
        memcpy(to + step, from + 4, 4);
        memcpy(to + 2 * step, from + 8, 4);
        memcpy(to + 3 * step, from + 12, 4);
        to += 4 * step;
        memcpy(to, from + 16, 4);
        memcpy(to + step, from + 20, 4);
        memcpy(to + 2 * step, from + 24, 4);
        memcpy(to + 3 * step, from + 28, 4);
        return;
    }
    for (int32_t x = 0; x < count; x++) {
        memcpy(to, from + 4 * x, 4);
        to += step;
    }
}

/* Stores what lies inside of the image: `channels` of four, some of the columns, some of the rows. */
static void store(const struct tg_conv2d_winograd_dsp *layer, const struct tg_winograd_image *image,
                  const struct tg_winograd_tiles *tile, int32_t columns, int32_t channel, const int8_t *block)
{
    const int32_t step = layer->out_channels;
    const int32_t offset = tile->pair * 2 * TG_WINOGRAD_TILE * step + channel;
    const int32_t channels = step - channel;
    const int32_t first = tile->row * TG_WINOGRAD_TILE;
    const int32_t end = tg_clamp(image->row_count, first, first + TG_WINOGRAD_TILE);

    for (int32_t y = first; y < end; y++) {
        int8_t *row = image->out_rows != NULL ? image->out_rows[y] : image->out + y * layer->window.out_width * step;

        if (channels >= 4) {
            store_fours(block, row + offset, step, columns);
        } else {
            for (int32_t x = 0; x < columns; x++) {
                memcpy(row + offset + x * step, block + 4 * x, (size_t)channels);
            }
        }
        block += BLOCK_ROW;
    }
}

static void clamp(const struct tg_conv2d_winograd_dsp *layer, int8_t *block)
{
    if (layer->out_min == INT8_MIN && layer->out_max == INT8_MAX) {
        return;
    }
    for (int32_t i = 0; i < TG_WINOGRAD_TILE * BLOCK_ROW; i++) {
        block[i] = (int8_t)tg_clamp(block[i], layer->out_min, layer->out_max);
    }
}

TG_KERNEL void tg_conv2d_winograd_outputs(const struct tg_conv2d_winograd_dsp *layer,
                                          const struct tg_winograd_image *image,
                                          const struct tg_winograd_tiles *tile, int32_t channel, const uint32_t *u,
                                          const uint32_t *x, int32_t *work)
{
    const int32_t words = layer->form == TG_WINOGRAD_SHIFTED ? TG_WINOGRAD_SHIFT + 1 : TG_WINOGRAD_SHIFT;
    const int32_t *const channels = layer->channels + channel * words;
    const int32_t left = layer->window.out_width - tile->pair * 2 * TG_WINOGRAD_TILE;
    const int32_t columns = left < 2 * TG_WINOGRAD_TILE ? left : 2 * TG_WINOGRAD_TILE;
    const int32_t steps = tg_winograd_steps(layer);
    int8_t *const block = (int8_t *)(work + TG_WINOGRAD_SUM_WORDS);

    if (steps == 8) {
        multiply_8(x, u, work);
    } else if (steps % 8 == 0) {
        multiply_blocks(x, u, work, steps);
    } else {
        multiply_any(x, u, work, steps);
    }
    transform_columns(work);
    finish(layer, work, channels, block);
    if (columns > TG_WINOGRAD_TILE) {
        finish(layer, work + 4, channels, block + 4 * TG_WINOGRAD_TILE);
    }
    clamp(layer, block);
    store(layer, image, tile, columns, channel, block);
}
