/* See tg_conv2d_strips.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_strips.h"
#include "tg_dsp_steps.h"

/* Room for a pointer in scratch, on every core. */
#define POINTER_BYTES 8

/* A word of a, a word of b. */
#define PAIR_BYTES 8

TG_KERNEL void tg_conv2d_strips_widen_dsp(int8_t *to, const int8_t *const *lines, int32_t count, int32_t at,
                                          int32_t quads);

#if TG_ASSEMBLY

/* Widens 4 * quads values from lines[i] + at on, for each of `count` lines, into word i of the entries. 42 cycles for
 * each 16 values, 15 for each 4 of the rest. */
TG_NAKED void tg_conv2d_strips_widen_dsp(int8_t *to TG_PAIR_ARGUMENT, const int8_t *const *lines TG_PAIR_ARGUMENT,
                                         int32_t count TG_PAIR_ARGUMENT, int32_t at TG_PAIR_ARGUMENT,
                                         int32_t quads TG_PAIR_ARGUMENT)
{
    __asm__ volatile(
        ".syntax unified\n"
        "from .req r4\n left .req r5\n even .req r7\n odd .req r8\n two_entries .req r9\n"
        "push {r4-r11, lr}\n"
        "ldr r6, [sp, #36]\n"     /* quads */
        "add r7, r1, r2, lsl #2\n" /* the lines' end */
        "push {r6, r7}\n"
        "lsl two_entries, r2, #4\n"
        ".macro tg_widen bytes\n"
        "sxtb16 r12, \\bytes, ror #8\n"
        "sxtb16 \\bytes, \\bytes\n"
        "pkhbt lr, \\bytes, r12, lsl #16\n"
        "pkhtb r12, r12, \\bytes, asr #16\n"
        "str lr, [even]\n"
        "str r12, [odd]\n"
        "add even, even, two_entries\n"
        "add odd, odd, two_entries\n"
        ".endm\n"
        "1: ldr from, [r1]\n"
        "ldr left, [sp]\n"
        "adds r1, r1, #4\n"
        "mov even, r0\n"
        "add odd, r0, two_entries, lsr #1\n"
        "adds r0, r0, #8\n"
        "add from, from, r3\n"
        "subs left, left, #4\n"
        "blt 3f\n"
        ".balign 4\n"
        "2: ldr r2, [from]\n"
        "ldr r6, [from, #4]\n"
        "ldr r10, [from, #8]\n"
        "ldr r11, [from, #12]\n"
        "adds from, from, #16\n"
        "tg_widen r2\n"
        "tg_widen r6\n"
        "tg_widen r10\n"
        "tg_widen r11\n"
        "subs left, left, #4\n"
        "bge 2b\n"
        "3: adds left, left, #3\n"
        "blt 5f\n"
        "4: ldr r2, [from]\n"
        "adds from, from, #4\n"
        "tg_widen r2\n"
        "subs left, left, #1\n"
        "bge 4b\n"
        "5: ldr r2, [sp, #4]\n"
        "cmp r1, r2\n"
        "bne 1b\n"
        "add sp, sp, #8\n"
        "pop {r4-r11, pc}\n"
        ".purgem tg_widen\n"
        ".unreq from\n .unreq left\n .unreq even\n .unreq odd\n .unreq two_entries\n");
}

#else

TG_KERNEL void tg_conv2d_strips_widen_dsp(int8_t *to, const int8_t *const *lines, int32_t count, int32_t at,
                                          int32_t quads)
{
    const int32_t entry = count * PAIR_BYTES;

    for (int32_t i = 0; i < count; i++) {
        const int8_t *from = lines[i] + at;
        int8_t *word = to + i * PAIR_BYTES;

        for (int32_t left = quads; left > 0; left--) {
            const uint32_t bytes = tg_load_quad(from);
            const uint32_t even = tg_sxtb16(bytes);
            const uint32_t odd = tg_sxtb16_ror8(bytes);
            const uint32_t first = tg_pkhbt_lsl16(even, odd);
            const uint32_t second = tg_pkhtb_asr16(odd, even);
            memcpy(word, &first, sizeof first);
            memcpy(word + entry, &second, sizeof second);
            word += 2 * entry;
            from += 4;
        }
    }
}

#endif

/* Which pixels are computed together. */
struct pairing {
    int32_t pairs;     /* of an output row */
    int32_t columns;   /* from a pair to the next */
    int32_t b_columns; /* from a to b */
    int32_t b_rows;
};

TG_COMPACT static struct pairing pairing_of(const struct tg_conv2d_strips_dsp *layer, int32_t whole)
{
    const int32_t width = layer->window.out_width;
    const struct pairing halves = {(width + 1) >> 1, 1, width >> 1, 0};
    const struct pairing rows = {width, 1, 0, 1};
    const struct pairing neighbours = {(width + 1) >> 1, 2, 1, 0};

    if (layer->pairing == TG_PAIR_NEIGHBOURS) {
        return neighbours;
    }
    return layer->pairing == TG_PAIR_ROWS && whole ? rows : halves;
}

TG_COMPACT static struct tg_strips_places places_in(const struct tg_conv2d_strips_dsp *layer,
                                                    const struct pairing *pairing, const struct tg_dsp_rows *in,
                                                    void *scratch, const struct tg_strips_source *source)
{
    const struct tg_window *const w = &layer->window;
    int8_t *const rows = (int8_t *)scratch + TG_PAIR_SUMS_BYTES;
    int8_t *const lines = rows + w->kernel_height * POINTER_BYTES;
    int8_t *const entries = lines + layer->lines * layer->line_bytes;
    const int32_t entry_bytes = w->kernel_height * PAIR_BYTES;
    const int32_t pair_values = pairing->columns * w->stride_width * layer->in_channels;
    const int32_t pair_bytes = (pair_values >> 1) * entry_bytes;
    const struct tg_strips_places places = {(int8_t *)scratch, (const int8_t **)(void *)rows, entries,
                                            lines,             entry_bytes,                   pair_bytes,
                                            0,                 in,                            source};

    (void)memset(lines, layer->in_zero_point, (size_t)(layer->lines * layer->line_bytes));
    return places;
}

/* Widens a's or b's words of `pairs` pairs, of which the first is in output row y at `column`. */
TG_COMPACT static void widen_strip(const struct tg_conv2d_strips_dsp *layer, const struct tg_strips_places *places,
                                   int32_t y, int32_t column, int32_t pairs, int8_t *to)
{
    const int32_t words = (pairs - 1) * (places->pair_bytes / places->entry_bytes) + layer->row_words;

    places->source->widen(layer, places, y, column, (words + 1) >> 1, to);
}

/* All channels of the pairs in scratch. */
static void compute_strip(const struct tg_conv2d_strips_dsp *layer, const struct tg_strips_places *places, int32_t pairs,
                          int8_t *out, int32_t out_b, int32_t out_step)
{
    struct tg_pair_task task;

    task.x = places->entries;
    task.x_step = places->pair_bytes;
    task.out = out;
    task.out_b = out_b;
    task.out_step = out_step;
    task.pairs = pairs;
    task.weights = layer->weights;
    task.weights_bytes = layer->row_words * layer->window.kernel_height * TG_PAIR_STEP_BYTES;
    task.block = layer->scale.blocks;
    tg_pair_run_channels(&task, &layer->scale, layer->out_channels, places->sums, tg_dsp_steps_run);
}

/* Output row y at `out`, and if pairs are rows the one below, so many bytes further on. */
TG_COMPACT static void compute_row(const struct tg_conv2d_strips_dsp *layer, const struct tg_strips_places *places,
                        const struct pairing *pairing, int32_t y, int8_t *out, int32_t to_second)
{
    const int32_t channels = layer->out_channels;
    const int32_t width = layer->window.out_width;
    const int32_t out_b = pairing->b_columns * channels + pairing->b_rows * to_second;
    const int32_t is_odd = pairing->columns == 2 && width % 2 != 0; /* the last neighbour is none */
    int32_t pairs;

    for (int32_t done = 0; done < pairing->pairs; done += pairs) {
        const int32_t column = done * pairing->columns;
        const int32_t left = pairing->pairs - done;
        const int32_t to_b = is_odd && left == 1 ? 0 : out_b; /* a is stored over b */

        pairs = left < layer->strip ? left : layer->strip;
        if (is_odd && pairs == left && pairs > 1) {
            pairs -= 1;
        }
        widen_strip(layer, places, y, column, pairs, places->entries);
        widen_strip(layer, places, y + pairing->b_rows, column + pairing->b_columns, pairs,
                    places->entries + TG_PAIR_WORD_BYTES);
        compute_strip(layer, places, pairs, out + column * channels, to_b, pairing->columns * channels);
    }
}

TG_KERNEL TG_COMPACT void tg_conv2d_strips_run(const struct tg_conv2d_strips_dsp *layer, const int8_t *in, int8_t *out,
                                               void *scratch, const struct tg_strips_source *source)
{
    const struct tg_window *const w = &layer->window;
    const struct tg_dsp_rows rows = tg_dsp_whole_tensor(w, layer->in_channels, in);
    const int32_t row_bytes = w->out_width * layer->out_channels;
    struct pairing pairing = pairing_of(layer, 1);
    struct tg_strips_places places = places_in(layer, &pairing, &rows, scratch, source);

    for (int32_t y = 0; y < w->out_height; y += 1 + pairing.b_rows) {
        if (y + pairing.b_rows == w->out_height) { /* a last row alone */
            pairing = pairing_of(layer, 0);
        }
        source->load(layer, &places, (y + pairing.b_rows) * w->stride_height + w->kernel_height);
        compute_row(layer, &places, &pairing, y, out + y * row_bytes, row_bytes);
    }
    tg_dsp_scale_clamp(&layer->scale, out, w->out_height * row_bytes);
}

TG_KERNEL void tg_conv2d_strips_run_rows(const struct tg_conv2d_strips_dsp *layer, const int8_t *const *rows,
                                         int8_t *const *out, int32_t row_count, void *scratch,
                                         const struct tg_strips_source *source)
{
    const struct tg_window *const w = &layer->window;
    const struct tg_dsp_rows in = tg_dsp_row_pointers(w, rows);
    struct pairing pairing = pairing_of(layer, row_count > 1);
    struct tg_strips_places places = places_in(layer, &pairing, &in, scratch, source);
    int32_t together;

    for (int32_t y = 0; y < row_count; y += together) {
        const int32_t to_second = y + pairing.b_rows < row_count ? tg_dsp_distance(out[y], out[y + pairing.b_rows]) : 0;

        if (pairing.b_rows == 1 && to_second == 0) { /* a last row alone, or rows too far apart */
            pairing = pairing_of(layer, 0);
        }
        together = 1 + pairing.b_rows;
        source->load(layer, &places, (y + pairing.b_rows) * w->stride_height + w->kernel_height);
        compute_row(layer, &places, &pairing, y, out[y], to_second);
        for (int32_t i = y; i < y + together; i++) {
            tg_dsp_scale_clamp(&layer->scale, out[i], w->out_width * layer->out_channels);
        }
    }
}
