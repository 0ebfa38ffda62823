/* How depthwise kernels go over a tensor in channel planes. See tg_depthwise_planes.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_PLANES_H
#define TG_PLANES_H

#include "tg_depthwise_planes.h"
#include "tg_planes_split.h"

/* Some output channels in one tile: what a kernel's inner function computes. Steps are in bytes. */
struct tg_planes_task {
    const uint32_t *plane;  /* first word of the first output row and channel */
    const int32_t *channel; /* the first channel's words */
    int8_t *out;            /* first output of the first channel; the next channel's is beside it */
    int32_t rows;           /* 1 or more, as all counts */
    int32_t width;
    int32_t channels;
    int32_t plane_steps[2]; /* from one output channel to the next, by turns; 0 where they share a plane */
    int32_t line_step;   /* from one output row to the next in the plane */
    int32_t column_step; /* from one output to the next */
    int32_t row_step;
    int32_t window_step;   /* from one output's window to the next in a line */
    int32_t pairs;         /* of taps in a kernel row, those between dilated ones included */
    int32_t kernel_height;
    int32_t tap_line_step; /* from one kernel row to the next in the plane */
    int32_t *unpacked;     /* room for the words of packed channels, behind the planes */
    const struct tg_depthwise_planes *layer;
};

/* It may replace the channels by words of its own; they stay until the walk comes to other channels. */
typedef void tg_planes_compute(struct tg_planes_task *task);

/* Where the rows are: in whole tensors, or behind row pointers (tg_rows.h). */
struct tg_planes_rows {
    const int8_t *in;
    int8_t *out;
    const int8_t *const *in_rows; /* NULL: whole tensors */
    int8_t *const *out_rows;
    int32_t count; /* output rows */
};

/* Two columns of padding: the zero point in the upper half of both int16. */
TG_INLINE uint32_t tg_planes_padding(const struct tg_depthwise_planes *layer)
{
    return ((uint32_t)layer->in_zero_point & 0xFFu) * 0x01000100u;
}

/* Bytes from a column to the next and from a row to the next, of input and output; what does not change in a layer. */
TG_INLINE void tg_planes_place(const struct tg_depthwise_planes *layer, struct tg_planes_split *split,
                               struct tg_planes_task *task)
{
    const struct tg_window *w = &layer->window;
    const int32_t line_bytes = TG_LINE_WORDS * (int32_t)sizeof(uint32_t);
    const int32_t in_pixel = layer->in_channels;
    const int32_t out_pixel = in_pixel * layer->channel_multiplier;

    if (layer->is_turned) {
        split->channels = w->in_height * in_pixel;
        split->row_bytes = in_pixel;
        task->column_step = w->out_height * out_pixel;
        task->row_step = out_pixel;
    } else {
        split->channels = in_pixel;
        split->row_bytes = w->in_width * in_pixel;
        task->column_step = out_pixel;
        task->row_step = w->out_width * out_pixel;
    }
    split->padding = ((uint32_t)layer->in_zero_point & 0xFFu) * 0x01010101u;
    task->line_step = w->stride_height * line_bytes;
    task->window_step = w->stride_width * (int32_t)sizeof(int16_t);
    task->pairs = ((w->kernel_width - 1) * w->dilation_width + 2) >> 1;
    task->kernel_height = w->kernel_height;
    task->tap_line_step = w->dilation_height * line_bytes;
    task->layer = layer;
}

/* Computes all rows. `channel_words`: words of one output channel. */
void tg_planes_run_dsp(const struct tg_depthwise_planes *layer, const struct tg_planes_rows *rows,
                                 void *scratch, int32_t channel_words, tg_planes_compute *compute);

#endif
