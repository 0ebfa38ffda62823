/* See tg_conv2d_3_wide.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_3_wide.h"
#include "tg_dsp_rows.h"

/* Channels of a part, and what they take. */
#define PART 8
#define PART_BYTES TG_3_WIDE_PART_BYTES
#define PART_WORDS TG_3_WIDE_PART_WORDS

#if TG_ASSEMBLY

/* Widens eight channels of `count` pixels that lie `step` bytes apart. 29 cycles for two pixels. */
TG_NAKED void tg_conv2d_3_wide_widen_dsp(int8_t *to TG_PAIR_ARGUMENT, const int8_t *from TG_PAIR_ARGUMENT,
                                         int32_t step TG_PAIR_ARGUMENT, int32_t count TG_PAIR_ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "push {r4-r11, lr}\n"
        "add lr, r1, r2\n"
        "lsls r2, r2, #1\n"
        "subs r3, r3, #2\n"
        "blt 2f\n"
        ".balign 4\n"
        "1: ldr r4, [r1]\n"
        "ldr r6, [r1, #4]\n"
        "ldr r8, [lr]\n"
        "ldr r10, [lr, #4]\n"
        "add r1, r1, r2\n"
        "add lr, lr, r2\n"
        "sxtb16 r5, r4, ror #8\n"
        "sxtb16 r4, r4\n"
        "sxtb16 r7, r6, ror #8\n"
        "sxtb16 r6, r6\n"
        "sxtb16 r9, r8, ror #8\n"
        "sxtb16 r8, r8\n"
        "sxtb16 r11, r10, ror #8\n"
        "sxtb16 r10, r10\n"
        "stmia r0!, {r4-r11}\n"
        "subs r3, r3, #2\n"
        "bge 1b\n"
        "2: adds r3, r3, #2\n"
        "beq 3f\n"
        "ldr r4, [r1]\n"
        "ldr r6, [r1, #4]\n"
        "sxtb16 r5, r4, ror #8\n"
        "sxtb16 r4, r4\n"
        "sxtb16 r7, r6, ror #8\n"
        "sxtb16 r6, r6\n"
        "stmia r0!, {r4-r7}\n"
        "3: pop {r4-r11, pc}\n");
}

#else

TG_KERNEL void tg_conv2d_3_wide_widen_dsp(int8_t *to, const int8_t *from, int32_t step, int32_t count)
{
    for (; count > 0; count--) {
        const uint32_t low = tg_load_quad(from);
        const uint32_t high = tg_load_quad(from + 4);
        const uint32_t words[PART_WORDS] = {tg_sxtb16(low), tg_sxtb16_ror8(low), tg_sxtb16(high), tg_sxtb16_ror8(high)};

        memcpy(to, words, sizeof words);
        to += sizeof words;
        from += step;
    }
}

#endif

static struct tg_3_wide_buffer buffer_in(const struct tg_conv2d_3_wide_dsp *layer, void *scratch)
{
    const struct tg_window *const w = &layer->window;
    const int32_t parts = layer->in_channels / PART;
    const int32_t pitch = (w->pad_left + w->in_width + w->pad_right) * PART_BYTES;
    const struct tg_3_wide_buffer buffer = {(int8_t *)scratch + TG_PAIR_SUMS_BYTES, parts * pitch, pitch, parts,
                                            w->out_width};

    return buffer;
}

TG_KERNEL void tg_conv2d_3_wide_fill(int8_t *to, int32_t zero_point, int32_t bytes)
{
    const uint32_t half = (uint32_t)zero_point & 0xFFFFu;
    const uint32_t words[2] = {half | (half << 16), half | (half << 16)};

    for (; bytes > 0; bytes -= (int32_t)sizeof words) {
        memcpy(to, words, sizeof words);
        to += sizeof words;
    }
}

/* Puts an input row between the padding at its sides; NULL is a row of padding. */
static void load_row(const struct tg_conv2d_3_wide_dsp *layer, const struct tg_3_wide_buffer *buffer, const int8_t *row,
                     int8_t *to)
{
    const struct tg_window *const w = &layer->window;
    int8_t *at = to + w->pad_left * PART_BYTES;

    for (int32_t part = 0; part < buffer->parts; part++) {
        if (row == NULL) {
            tg_conv2d_3_wide_fill(at, layer->in_zero_point, w->in_width * PART_BYTES);
        } else {
            tg_conv2d_3_wide_widen_dsp(at, row + part * PART, layer->in_channels, w->in_width);
        }
        at += buffer->pitch;
    }
}

/* Output rows from `out` on, or those that `outs` points to. */
static void compute_rows(const struct tg_conv2d_3_wide_dsp *layer, const struct tg_dsp_rows *rows, int8_t *out,
                         int8_t *const *outs, int32_t row_count, void *scratch)
{
    const int32_t height = layer->window.kernel_height;
    const int32_t stride = layer->window.stride_height;
    const struct tg_3_wide_buffer buffer = buffer_in(layer, scratch);
    tg_pair_run *const run = tg_pair_handed_over(scratch);
    int32_t next = 0;      /* the input row to load, */
    int32_t next_slot = 0; /* and where to; afterwards it is the slot of the oldest row */

    tg_conv2d_3_wide_fill(buffer.rows, layer->in_zero_point, height * buffer.row_bytes);
    for (int32_t y = 0; y < row_count; y++) {
        const int32_t end = y * stride + height;
        for (next = next < end - height ? end - height : next; next < end; next++) {
            load_row(layer, &buffer, tg_dsp_row(rows, next), buffer.rows + next_slot * buffer.row_bytes);
            next_slot = next_slot + 1 < height ? next_slot + 1 : 0;
        }
        tg_3_wide_compute(layer, &buffer, next_slot, outs == NULL ? out : outs[y], (int8_t *)scratch, run);
        out += layer->window.out_width * layer->out_channels;
    }
}

TG_KERNEL void tg_conv2d_3_wide_whole(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *in, int8_t *out,
                                      void *scratch)
{
    const struct tg_dsp_rows rows = tg_dsp_whole_tensor(&layer->window, layer->in_channels, in);

    compute_rows(layer, &rows, out, NULL, layer->window.out_height, scratch);
}

TG_KERNEL void tg_conv2d_3_wide_rows(const struct tg_conv2d_3_wide_dsp *layer, const int8_t *const *rows,
                                     int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_dsp_rows in = tg_dsp_row_pointers(&layer->window, rows);

    compute_rows(layer, &in, NULL, out, row_count, scratch);
}
