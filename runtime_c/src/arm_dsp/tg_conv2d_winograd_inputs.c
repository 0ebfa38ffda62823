/* See tg_conv2d_winograd_inputs.h.
 *
 * Cycles on M4: 84 for each column of four channels, 34 for each row of six columns of two channels; so 12.5 for each
 * input value of a long row of tiles.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_assembly.h"
#include "tg_conv2d_winograd_inputs.h"
#include "tg_fixedpoint.h"
#include "tg_simd.h"

/* Words of a column of four channels: two pairs of channels, six transformed rows. */
#define COLUMN_WORDS (2 * TG_WINOGRAD_INPUTS)

/* Columns of an image: offset and step in six rows, and where the words of the last pair of channels begin. */
struct columns {
    const int8_t *rows[TG_WINOGRAD_INPUTS];
    int32_t offset;
    int32_t step;
    const uint32_t *last;
};

#if TG_ASSEMBLY

/* Arguments are registers that the compiler does not see read; `used` keeps it from leaving them out. */
#define INNER TG_NAKED __attribute__((used)) static
#define ARGUMENT __attribute__((unused))

/* B d for two of the four channels in the words r2 to r7, stored at r1; `first` is where the result 0 goes and whether
 * r1 moves. r8 to r11 and lr are lost. 31 cycles. */
#define COLUMN(widen, first, at)                                                                              \
    "sxtb16 r8, r4" widen "\n" /* 4 (d0 - d2) + (d4 - d2) */                                                  \
    "sxtb16 r9, r2" widen "\n"                                                                                \
    "ssub16 r9, r9, r8\n"                                                                                     \
    "sadd16 r9, r9, r9\n"                                                                                     \
    "sadd16 r9, r9, r9\n"                                                                                     \
    "sxtb16 r10, r6" widen "\n"                                                                               \
    "ssub16 r11, r10, r8\n"                                                                                   \
    "sadd16 r9, r9, r11\n"                                                                                    \
    "str r9, [r1, #" first "\n"                                                                               \
    "sadd16 r8, r8, r8\n" /* d4 - 4 d2 */                                                                     \
    "sadd16 r8, r8, r8\n"                                                                                     \
    "ssub16 r10, r10, r8\n"                                                                                   \
    "sxtb16 r8, r3" widen "\n"                                                                                \
    "sxtb16 r9, r5" widen "\n"                                                                                \
    "ssub16 lr, r8, r9\n" /* 2 (d1 - d3) */                                                                   \
    "sadd16 lr, lr, lr\n"                                                                                     \
    "sadd16 r8, r8, r8\n" /* d3 - 4 d1 */                                                                     \
    "sadd16 r8, r8, r8\n"                                                                                     \
    "ssub16 r8, r9, r8\n"                                                                                     \
    "ssub16 r9, lr, r9\n" /* 4 (d1 - d3) - d3 + d5 */                                                         \
    "sadd16 r9, r9, lr\n"                                                                                     \
    "sxtab16 r9, r9, r7" widen "\n"                                                                           \
    "str r9, [r1, #" at "+20]\n"                                                                              \
    "sadd16 r9, r10, r8\n"                                                                                    \
    "str r9, [r1, #" at "+4]\n"                                                                               \
    "ssub16 r9, r10, r8\n"                                                                                    \
    "str r9, [r1, #" at "+8]\n"                                                                               \
    "ssub16 r9, r11, lr\n"                                                                                    \
    "str r9, [r1, #" at "+12]\n"                                                                              \
    "sadd16 r9, r11, lr\n"                                                                                    \
    "str r9, [r1, #" at "+16]\n"

/* Transforms down the columns: v [columns][2][6 rows]. r1 runs 24 bytes behind v, r12 is the offset in the rows. */
INNER void transform_columns(const struct columns *columns ARGUMENT, uint32_t *v ARGUMENT)
{
    __asm__ volatile(
        "push {r4-r11, lr}\n"
        "ldr r12, [r0, #24]\n"
        "sub r1, r1, #24\n"
        ".p2align 2\n"
        "1:\n"
        "ldm.w r0, {r2-r7}\n"
        "ldr.w r2, [r2, r12]\n"
        "ldr.w r3, [r3, r12]\n"
        "ldr.w r4, [r4, r12]\n"
        "ldr.w r5, [r5, r12]\n"
        "ldr.w r6, [r6, r12]\n"
        "ldr.w r7, [r7, r12]\n" COLUMN("", "24]", "24") COLUMN(", ror #8", "48]!", "0")
        "ldr r2, [r0, #28]\n" /* step */
        "ldr r3, [r0, #32]\n" /* last */
        "add r12, r12, r2\n"
        "cmp r1, r3\n"
        "bne 1b\n"
        "pop {r4-r11, pc}\n");
}

/* B d of the six words in r2 to r7, in place; r8, r9, r10 are lost. 20 cycles. */
#define TRANSFORM                                                                                             \
    "ssub16 r8, r6, r4\n"                                                                                     \
    "ssub16 r9, r5, r3\n"                                                                                     \
    "ssub16 r2, r2, r4\n" /* d0 = 4 (d0 - d2) + (d4 - d2) */                                                  \
    "sadd16 r2, r2, r2\n"                                                                                     \
    "sadd16 r2, r2, r2\n"                                                                                     \
    "sadd16 r2, r2, r8\n"                                                                                     \
    "ssub16 r7, r7, r5\n" /* d5 = d5 - d3 - 4 (d3 - d1) */                                                    \
    "sadd16 r9, r9, r9\n"                                                                                     \
    "sadd16 r10, r9, r9\n"                                                                                    \
    "ssub16 r7, r7, r10\n"                                                                                    \
    "sadd16 r4, r4, r4\n" /* d4 - 4 d2 */                                                                     \
    "sadd16 r4, r4, r4\n"                                                                                     \
    "ssub16 r6, r6, r4\n"                                                                                     \
    "sadd16 r3, r3, r3\n" /* d3 - 4 d1 */                                                                     \
    "sadd16 r3, r3, r3\n"                                                                                     \
    "ssub16 r5, r5, r3\n"                                                                                     \
    "sadd16 r3, r6, r5\n"                                                                                     \
    "ssub16 r4, r6, r5\n"                                                                                     \
    "sadd16 r5, r8, r9\n" /* d4 - d2 +- 2 (d3 - d1) */                                                        \
    "ssub16 r6, r8, r9\n"

/* One row of a tile: six words 48 bytes apart, to every second word. r0 runs 4 bytes behind. 33 cycles. */
#define ROW(n)                                                                                                \
    "ldr r2, [r0, #4*" #n "+4]\n"                                                                             \
    "ldr r3, [r0, #4*" #n "+52]\n"                                                                            \
    "ldr r4, [r0, #4*" #n "+100]\n"                                                                           \
    "ldr r5, [r0, #4*" #n "+148]\n"                                                                           \
    "ldr r6, [r0, #4*" #n "+196]\n"                                                                           \
    "ldr r7, [r0, #4*" #n "+244]\n" TRANSFORM                                                                 \
    "str r2, [r1, #48*" #n "+48]\n"                                                                           \
    "str r3, [r1, #48*" #n "+56]\n"                                                                           \
    "str r4, [r1, #48*" #n "+64]\n"                                                                           \
    "str r5, [r1, #48*" #n "+72]\n"                                                                           \
    "str r6, [r1, #48*" #n "+80]\n"                                                                           \
    "str r7, [r1, #48*" #n "+88]\n"

/* Transforms along the rows of tiles, two steps: from v to x. */
INNER void transform_tiles(const uint32_t *v ARGUMENT, uint32_t *x ARGUMENT, int32_t tiles ARGUMENT, int32_t pair_words ARGUMENT)
{
    __asm__ volatile(
        "push {r2, r4-r11, lr}\n"
        "sub r0, r0, #4\n"
        "sub r1, r1, #48\n"
        "movw r12, #572\n"
        "rsb lr, r12, r3, lsl #2\n" /* from the end of a second tile to the next pair's first one */
        "sub lr, lr, #8\n"
        "rsb r12, r12, #0\n" /* from the end of a first tile to the second one */
        ".p2align 2\n"
        "1:\n"
        "add r11, r1, #576\n"
        ".p2align 2\n"
        "2:\n" ROW(0) ROW(1) ROW(2)
        "ldr r3, [r0, #64]\n"
        "ldr r4, [r0, #112]\n"
        "ldr r5, [r0, #160]\n"
        "ldr r6, [r0, #208]\n"
        "ldr r7, [r0, #256]\n"
        "ldr r2, [r0, #16]!\n" TRANSFORM
        "str r2, [r1, #192]!\n"
        "str r3, [r1, #8]\n"
        "str r4, [r1, #16]\n"
        "str r5, [r1, #24]\n"
        "str r6, [r1, #32]\n"
        "str r7, [r1, #40]\n"
        "cmp r1, r11\n"
        "bne 2b\n"
        "add r0, r0, #144\n"
        "add r1, r1, r12\n"
        "ldr r3, [sp]\n"
        "mov r2, r12\n"
        "mov r12, lr\n"
        "mov lr, r2\n"
        "subs r3, r3, #1\n"
        "str r3, [sp]\n"
        "bne 1b\n"
        "pop {r2, r4-r11, pc}\n");
}

#else

/* B d of six words, in place. */
TG_INLINE void transform(uint32_t *d)
{
    const uint32_t p = tg_ssub16(d[4], d[2]);
    const uint32_t q = tg_ssub16(d[3], d[1]);
    const uint32_t two_q = tg_sadd16(q, q);
    const uint32_t first = tg_ssub16(d[0], d[2]);
    const uint32_t two_d2 = tg_sadd16(d[2], d[2]);
    const uint32_t two_d1 = tg_sadd16(d[1], d[1]);
    const uint32_t r = tg_ssub16(d[4], tg_sadd16(two_d2, two_d2));
    const uint32_t s = tg_ssub16(d[3], tg_sadd16(two_d1, two_d1));
    const uint32_t two_first = tg_sadd16(first, first);

    d[0] = tg_sadd16(tg_sadd16(two_first, two_first), p);
    d[5] = tg_ssub16(tg_ssub16(d[5], d[3]), tg_sadd16(two_q, two_q));
    d[1] = tg_sadd16(r, s);
    d[2] = tg_ssub16(r, s);
    d[3] = tg_sadd16(p, two_q);
    d[4] = tg_ssub16(p, two_q);
}

/* Transforms down the columns: v [columns][2][6 rows]. */
static void transform_columns(const struct columns *columns, uint32_t *v)
{
    const uint32_t *const end = columns->last + TG_WINOGRAD_INPUTS;

    for (int32_t offset = columns->offset; v != end; offset += columns->step) {
        for (int32_t i = 0; i < TG_WINOGRAD_INPUTS; i++) {
            const uint32_t bytes = tg_load_quad(columns->rows[i] + offset);

            v[i] = tg_sxtb16(bytes);
            v[i + TG_WINOGRAD_INPUTS] = tg_sxtb16_ror8(bytes);
        }
        transform(v);
        transform(v + TG_WINOGRAD_INPUTS);
        v += COLUMN_WORDS;
    }
}

/* Transforms along the rows of tiles, two steps: from v to x. */
static void transform_tiles(const uint32_t *v, uint32_t *x, int32_t tiles, int32_t pair_words)
{
    for (int32_t tile = 0; tile < tiles; tile++) {
        const uint32_t *from = v + tile * TG_WINOGRAD_TILE * COLUMN_WORDS;
        uint32_t *to = x + tile / 2 * pair_words + tile % 2;

        for (int32_t row = 0; row < COLUMN_WORDS; row++) {
            uint32_t d[TG_WINOGRAD_INPUTS];

            for (int32_t i = 0; i < TG_WINOGRAD_INPUTS; i++) {
                d[i] = from[row + i * COLUMN_WORDS];
            }
            transform(d);
            for (int32_t i = 0; i < TG_WINOGRAD_INPUTS; i++) {
                to[2 * (TG_WINOGRAD_INPUTS * row + i)] = d[i];
            }
        }
    }
}

#endif

/* Input row `index`, counted from the first that the first output row reads. Rows that only outputs beyond the last
 * would read do not exist: any other one will do. */
static const int8_t *input_row(const struct tg_conv2d_winograd_dsp *layer, const struct tg_winograd_image *image,
                               int32_t index)
{
    const struct tg_window *w = &layer->window;
    const int32_t last = image->row_count + 1;
    const int32_t i = index < last ? index : last;
    const int32_t y = i - w->pad_top;

    if (image->in_rows != NULL) {
        return image->in_rows[i];
    }
    if (y < 0 || y >= w->in_height) {
        return image->pad_row;
    }
    return image->in + y * w->in_width * layer->in_channels;
}

/* Columns begin .. end of `work`, which are padding for all channels. */
static void transform_padding(const uint32_t *zeros, int32_t begin, int32_t end, uint32_t *work)
{
    struct columns columns;

    if (begin == end) {
        return;
    }
    for (int32_t i = 0; i < TG_WINOGRAD_INPUTS; i++) {
        columns.rows[i] = (const int8_t *)zeros;
    }
    columns.offset = 0;
    columns.step = 0;
    columns.last = work + end * COLUMN_WORDS - TG_WINOGRAD_INPUTS;
    transform_columns(&columns, work + begin * COLUMN_WORDS);
}

TG_KERNEL TG_COMPACT void tg_conv2d_winograd_inputs(const struct tg_conv2d_winograd_dsp *layer,
                                         const struct tg_winograd_image *image,
                                         const struct tg_winograd_tiles *tiles, uint32_t *x, uint32_t *work)
{
    const int32_t channels = layer->in_channels;
    const int32_t steps = tg_winograd_steps(layer);
    const int32_t count = 2 * TG_WINOGRAD_TILE * tiles->pairs + 2;
    const int32_t first = 2 * TG_WINOGRAD_TILE * tiles->pair - layer->window.pad_left;
    const int32_t left = tg_clamp(-first, 0, count);
    const int32_t right = tg_clamp(layer->window.in_width - first, left, count);
    const uint32_t zeros = ((uint32_t)layer->in_zero_point & 0xFFu) * 0x01010101u;
    struct columns columns;

    transform_padding(&zeros, 0, left, work);
    transform_padding(&zeros, right, count, work);
    for (int32_t i = 0; i < TG_WINOGRAD_INPUTS; i++) {
        columns.rows[i] = input_row(layer, image, TG_WINOGRAD_TILE * tiles->row + i);
    }
    columns.step = channels;
    columns.last = work + right * COLUMN_WORDS - TG_WINOGRAD_INPUTS;
    for (int32_t step = 0; step < steps; step += 2) {
        const int32_t channel = 2 * step < channels - 4 ? 2 * step : channels - 4;

        columns.offset = (first + left) * channels + channel;
        if (left < right) {
            transform_columns(&columns, work + left * COLUMN_WORDS);
        }
        transform_tiles(work, x, 2 * tiles->pairs, steps * TG_WINOGRAD_STEP_WORDS);
        x += 2 * TG_WINOGRAD_STEP_WORDS;
    }
}
