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

TG_COMPACT static struct tg_strips_pairing pairing_of(const struct tg_conv2d_strips_dsp *layer, int32_t whole)
{
    const int32_t width = layer->window.out_width;
    const struct tg_strips_pairing halves = {(width + 1) >> 1, 1, width >> 1, 0};
    const struct tg_strips_pairing rows = {width, 1, 0, 1};
    const struct tg_strips_pairing neighbours = {(width + 1) >> 1, 2, 1, 0};

    if (layer->pairing == TG_PAIR_NEIGHBOURS) {
        return neighbours;
    }
    return layer->pairing == TG_PAIR_ROWS && whole ? rows : halves;
}

TG_INLINE const struct tg_strips_source *handed_over(const void *scratch)
{
    const struct tg_strips_source *source;

    memcpy(&source, scratch, sizeof source);
    return source;
}

/* All places but those of input rows. */
TG_COMPACT static void find_places(const struct tg_conv2d_strips_dsp *layer, int32_t whole, void *scratch,
                                   struct tg_strips_places *places)
{
    const struct tg_window *const w = &layer->window;
    int8_t *const rows = (int8_t *)scratch + TG_PAIR_SUMS_BYTES;

    places->source = handed_over(scratch);
    places->pairing = pairing_of(layer, whole);
    places->sums = (int8_t *)scratch;
    places->rows = (const int8_t **)(void *)rows;
    places->lines = rows + w->kernel_height * POINTER_BYTES;
    places->entries = places->lines + layer->lines * layer->line_bytes;
    places->entry_bytes = w->kernel_height * PAIR_BYTES;
    places->pair_bytes = places->entry_bytes
                         * ((places->pairing.columns * w->stride_width * layer->in_channels) >> 1);
    places->next = 0;
    (void)memset(places->lines, layer->in_zero_point, (size_t)(layer->lines * layer->line_bytes));
}

/* Widens the words of `pairs` pairs, of which the first is in output row y at `column`: those of a, then those of b. */
TG_COMPACT static void widen_strip(const struct tg_conv2d_strips_dsp *layer, const struct tg_strips_places *places,
                                   int32_t y, int32_t column, int32_t pairs)
{
    const struct tg_strips_pairing *const pairing = &places->pairing;
    const int32_t words = (pairs - 1) * (places->pair_bytes / places->entry_bytes) + layer->row_words;
    const int32_t quads = (words + 1) >> 1;

    places->source->widen(layer, places, y, column, quads, places->entries);
    places->source->widen(layer, places, y + pairing->b_rows, column + pairing->b_columns, quads,
                          places->entries + TG_PAIR_WORD_BYTES);
}

/* All channels of the pairs in scratch. */
static void compute_strip(const struct tg_conv2d_strips_dsp *layer, const struct tg_strips_places *places,
                          int32_t pairs, int8_t *out, int32_t out_b, int32_t out_step)
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
                                   int32_t y, int8_t *out, int32_t to_second)
{
    const struct tg_strips_pairing *const pairing = &places->pairing;
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
        widen_strip(layer, places, y, column, pairs);
        compute_strip(layer, places, pairs, out + column * channels, to_b, pairing->columns * channels);
    }
}

TG_KERNEL TG_COMPACT void tg_conv2d_strips_run(const struct tg_conv2d_strips_dsp *layer, const int8_t *in, int8_t *out,
                                               void *scratch)
{
    const struct tg_window *const w = &layer->window;
    const int32_t row_bytes = w->out_width * layer->out_channels;
    struct tg_strips_places places;

    places.in = tg_dsp_whole_tensor(w, layer->in_channels, in);
    find_places(layer, 1, scratch, &places);
    for (int32_t y = 0; y < w->out_height; y += 1 + places.pairing.b_rows) {
        if (y + places.pairing.b_rows == w->out_height) { /* a last row alone */
            places.pairing = pairing_of(layer, 0);
        }
        places.source->load(layer, &places, (y + places.pairing.b_rows) * w->stride_height + w->kernel_height);
        compute_row(layer, &places, y, out + y * row_bytes, row_bytes);
    }
    tg_dsp_scale_clamp(&layer->scale, out, w->out_height * row_bytes);
}

TG_KERNEL void tg_conv2d_strips_run_rows(const struct tg_conv2d_strips_dsp *layer, const int8_t *const *rows,
                                         int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_window *const w = &layer->window;
    struct tg_strips_places places;
    int32_t together;

    places.in = tg_dsp_row_pointers(w, rows);
    find_places(layer, row_count > 1, scratch, &places);
    for (int32_t y = 0; y < row_count; y += together) {
        const int32_t second = y + places.pairing.b_rows;
        const int32_t to_second = second < row_count ? tg_dsp_distance(out[y], out[second]) : 0;

        if (places.pairing.b_rows == 1 && to_second == 0) { /* a last row alone, or rows too far apart */
            places.pairing = pairing_of(layer, 0);
        }
        together = 1 + places.pairing.b_rows;
        places.source->load(layer, &places, (y + together - 1) * w->stride_height + w->kernel_height);
        compute_row(layer, &places, y, out[y], to_second);
        for (int32_t i = y; i < y + together; i++) {
            tg_dsp_scale_clamp(&layer->scale, out[i], w->out_width * layer->out_channels);
        }
    }
}
