/* What the depthwise DSP kernels share: taking channels apart, and going over the tensor. See
 * tg_depthwise_conv2d_dsp.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_CONV2D_DSP_CORE_H
#define TG_DEPTHWISE_CONV2D_DSP_CORE_H

#include "tg_depthwise_conv2d_dsp.h"
#include "tg_dsp_finish.h"
#include "tg_dsp_rows.h"

/* Input channels that are taken apart together: the bytes of a word. */
#define TG_DW_PLANES 4

/* Computes `rows` output rows of one output channel from a plane. out[0] is its first value; the next pixel is
 * in_channels * channel_multiplier bytes on, the next row row_bytes. */
typedef void tg_dw_channel(const struct tg_depthwise_conv2d_dsp *layer, const uint32_t *plane,
                           const int32_t *weights, const int32_t *channel, int32_t rows, int8_t *out,
                           int32_t row_bytes);

/* Where output rows go: to a whole tensor, or to an array of row pointers. */
struct tg_dw_output {
    int8_t *const *pointers; /* NULL: a whole tensor */
    int8_t *tensor;
    int32_t row_bytes;
};

/* One word of every plane: the channels of two pixels, a and b. */
TG_INLINE void tg_dw_split(uint32_t a, uint32_t b, uint32_t *line, int32_t plane_words)
{
    const uint32_t low = tg_pkhbt_lsl16(a, b);
    const uint32_t high = tg_pkhtb_asr16(b, a);

    line[0] = tg_sxtb16(low);
    line[plane_words] = tg_sxtb16_ror8(low);
    line[2 * plane_words] = tg_sxtb16(high);
    line[3 * plane_words] = tg_sxtb16_ror8(high);
}

/* Word j of a line gets the columns 2j and 2j + 1. `row` points at the first channel of the first column. */
TG_INLINE void tg_dw_split_pairs(const int8_t *row, int32_t channels, int32_t pairs, uint32_t *line,
                                 int32_t plane_words)
{
    uint32_t *const end = line + pairs;
    const int32_t step = 2 * channels;

    while (line != end) {
        tg_dw_split(tg_load_quad(row), tg_load_quad(row + channels), line, plane_words);
        row += step;
        line++;
    }
}

/* Four channels of a pixel that may be padding. The word at a tensor's last pixel of fewer is not ours to read. */
TG_INLINE uint32_t tg_dw_pixel(const struct tg_depthwise_conv2d_dsp *layer, const int8_t *row, int32_t column)
{
    const int32_t channels = layer->in_channels;
    uint32_t quad = 0;

    if (column < 0 || column >= layer->window.in_width) {
        return ((uint32_t)layer->in_zero_point & 0xFFu) * 0x01010101u;
    }
    if (channels >= TG_DW_PLANES) {
        return tg_load_quad(row + column * channels);
    }
    for (int32_t k = channels - 1; k >= 0; k--) {
        quad = quad << 8 | (uint8_t)row[column * channels + k];
    }
    return quad;
}

/* The same as tg_dw_split_pairs for the words first .. end - 1 of a line, pixel by pixel. */
static inline void tg_dw_split_edge(const struct tg_depthwise_conv2d_dsp *layer, const int8_t *row,
                                    int32_t first, int32_t end, uint32_t *line, int32_t plane_words)
{
    for (int32_t j = first; j < end; j++) {
        const int32_t column = 2 * j - layer->window.pad_left;
        tg_dw_split(tg_dw_pixel(layer, row, column), tg_dw_pixel(layer, row, column + 1), line + j,
                    plane_words);
    }
}

/* One line of padding in every plane. */
static inline void tg_dw_split_padding(const struct tg_depthwise_conv2d_dsp *layer, uint32_t *line,
                                       int32_t plane_words)
{
    const uint32_t zeros = ((uint32_t)layer->in_zero_point & 0xFFFFu) * 0x00010001u;

    for (int32_t k = 0; k < TG_DW_PLANES; k++) {
        for (int32_t j = 0; j < layer->read_words; j++) {
            line[j] = zeros;
        }
        line += plane_words;
    }
}

/* Fills one line of every plane. `row` points at the first channel of column 0; NULL is a row of padding. */
static inline void tg_dw_split_row(const struct tg_depthwise_conv2d_dsp *layer, const int8_t *row,
                                   uint32_t *line)
{
    const int32_t plane_words = layer->pass_lines * layer->line_words;
    const int32_t pad = layer->window.pad_left;
    const int32_t words = layer->read_words;
    const int32_t first = (pad + 1) / 2 < words ? (pad + 1) / 2 : words;
    int32_t end = tg_clamp((pad + layer->window.in_width) / 2, first, words);

    if (layer->in_channels < TG_DW_PLANES) {
        end = first;
    }
    tg_dw_split_edge(layer, row, 0, first, line, plane_words);
    tg_dw_split_pairs(row + (2 * first - pad) * layer->in_channels, layer->in_channels, end - first,
                      line + first, plane_words);
    tg_dw_split_edge(layer, row, end, words, line, plane_words);
}

/* Moves the lines that the next pass reads again to the front of every plane. Returns how many. */
static inline int32_t tg_dw_keep_lines(const struct tg_depthwise_conv2d_dsp *layer, uint32_t *lines)
{
    const int32_t done = layer->pass_rows * layer->window.stride_height;
    const int32_t kept = layer->pass_lines - done;

    if (kept <= 0) {
        return 0;
    }
    for (int32_t k = 0; k < TG_DW_PLANES; k++) {
        uint32_t *plane = lines + k * layer->pass_lines * layer->line_words;
        memmove(plane, plane + done * layer->line_words,
                (size_t)kept * (size_t)layer->line_words * sizeof *plane);
    }
    return kept;
}

/* The output channels of input channel `c`, from its plane. */
TG_INLINE void tg_dw_compute_channel(const struct tg_depthwise_conv2d_dsp *layer, const uint32_t *plane,
                                     int32_t c, int32_t first_row, int32_t rows,
                                     const struct tg_dw_output *out, int32_t weight_words,
                                     tg_dw_channel *compute)
{
    const int32_t end = (c + 1) * layer->channel_multiplier;

    for (int32_t o = c * layer->channel_multiplier; o < end; o++) {
        const int32_t *weights = layer->weights + o * weight_words;
        const int32_t *channel = layer->output.channels + o * TG_DSP_CHANNEL_WORDS;
        if (out->pointers == NULL) {
            compute(layer, plane, weights, channel, rows, out->tensor + first_row * out->row_bytes + o,
                    out->row_bytes);
            continue;
        }
        for (int32_t y = 0; y < rows; y++) {
            compute(layer, plane + y * layer->window.stride_height * layer->line_words, weights, channel, 1,
                    out->pointers[first_row + y] + o, 0);
        }
    }
}

/* All output rows of the input channels first .. first + TG_DW_PLANES - 1, of which those before `from` are done. */
TG_INLINE void tg_dw_compute_planes(const struct tg_depthwise_conv2d_dsp *layer,
                                    const struct tg_dsp_rows *in, int32_t first, int32_t from,
                                    const struct tg_dw_output *out, int32_t row_count, uint32_t *lines,
                                    int32_t weight_words, tg_dw_channel *compute)
{
    const struct tg_window *w = &layer->window;
    const int32_t planes = layer->in_channels < TG_DW_PLANES ? layer->in_channels : TG_DW_PLANES;
    const int32_t lines_after = layer->pass_lines - (layer->pass_rows - 1) * w->stride_height;
    int32_t filled = 0;

    for (int32_t y = 0; y < row_count; y += layer->pass_rows) {
        const int32_t rest = row_count - y;
        const int32_t rows = rest < layer->pass_rows ? rest : layer->pass_rows;
        const int32_t end = (rows - 1) * w->stride_height + lines_after;
        for (int32_t i = filled; i < end; i++) {
            const int8_t *row = tg_dsp_row(in, y * w->stride_height + i);
            uint32_t *line = lines + i * layer->line_words;
            if (row == NULL) {
                tg_dw_split_padding(layer, line, layer->pass_lines * layer->line_words);
            } else {
                tg_dw_split_row(layer, row + first, line);
            }
        }
        for (int32_t c = from; c < first + planes; c++) {
            const uint32_t *plane = lines + (c - first) * layer->pass_lines * layer->line_words;
            tg_dw_compute_channel(layer, plane, c, y, rows, out, weight_words, compute);
        }
        filled = tg_dw_keep_lines(layer, lines);
    }
}

/* Applies the activation's clamps to `row_count` finished rows. */
static inline void tg_dw_clamp(const struct tg_depthwise_conv2d_dsp *layer, const struct tg_dw_output *out,
                               int32_t row_count)
{
    const int32_t bytes = layer->window.out_width * layer->in_channels * layer->channel_multiplier;

    for (int32_t y = 0; y < row_count; y++) {
        int8_t *row = out->pointers == NULL ? out->tensor + y * out->row_bytes : out->pointers[y];
        tg_dsp_clamp(&layer->output, row, bytes);
    }
}

/* All channels. The last group of channels overlaps the one before it where their number is no multiple of 4. */
TG_NOINLINE static void tg_dw_compute(const struct tg_depthwise_conv2d_dsp *layer,
                                      const struct tg_dsp_rows *in, const struct tg_dw_output *out,
                                      int32_t row_count, void *scratch,
                                      int32_t weight_words, tg_dw_channel *compute)
{
    const int32_t last = layer->in_channels < TG_DW_PLANES ? 0 : layer->in_channels - TG_DW_PLANES;

    for (int32_t c = 0; c < layer->in_channels; c += TG_DW_PLANES) {
        const int32_t first = c < last ? c : last;
        tg_dw_compute_planes(layer, in, first, c, out, row_count, (uint32_t *)scratch, weight_words, compute);
    }
    tg_dw_clamp(layer, out, row_count);
}

TG_INLINE void tg_dw_whole(const struct tg_depthwise_conv2d_dsp *layer, const int8_t *in, int8_t *out,
                           void *scratch, int32_t weight_words, tg_dw_channel *compute)
{
    const struct tg_window *w = &layer->window;
    const int32_t row_bytes = w->out_width * layer->in_channels * layer->channel_multiplier;
    const struct tg_dsp_rows rows = tg_dsp_whole_tensor(w, layer->in_channels, in);
    const struct tg_dw_output output = {NULL, out, row_bytes};

    tg_dw_compute(layer, &rows, &output, w->out_height, scratch, weight_words, compute);
}

TG_INLINE void tg_dw_rows(const struct tg_depthwise_conv2d_dsp *layer, const int8_t *const *rows,
                          int8_t *const *out, int32_t row_count, void *scratch, int32_t weight_words,
                          tg_dw_channel *compute)
{
    const struct tg_dsp_rows in = tg_dsp_row_pointers(&layer->window, rows);
    const struct tg_dw_output output = {out, NULL, 0};

    tg_dw_compute(layer, &in, &output, row_count, scratch, weight_words, compute);
}

#endif
