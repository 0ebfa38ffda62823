/* Depthwise convolution with any window, int8, for cores with registers for eight sums. Rules C1, C2 and C4 of
 * ARITHMETIC.md; see tg_depthwise_conv2d.h for the formula.
 *
 * A channel of an input row is copied into a line, padding included, so that with a stride or a dilation everything that
 * is summed together lies side by side: column x goes to part x mod `parts` of the line, and there to place x / parts,
 * where parts is the least common multiple of stride and dilation. Outputs that are parts / stride = `phases` apart then
 * see neighbouring cells, and so do taps that are parts / dilation = `chains` apart. A run is the taps of a chain in a row
 * of the window: the cells of neighbouring outputs under it overlap, and each is loaded once for eight of them
 * (tg_depthwise_run.h).
 *
 * Layout: weights [in_channels * M][kernel_height][chain][taps of the chain], M = channel_multiplier.
 * With stride 1, M = 1 and an output as large as the input, `out` may be `in`: a row is copied before it is overwritten.
 * Overflow: see tg_depthwise_run.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_RUNS_H
#define TG_DEPTHWISE_RUNS_H

#include "tg_common.h"
#include "tg_swar.h"

TG_EXTERN_C_BEGIN

struct tg_depthwise_runs {
    struct tg_window window;
    int16_t in_channels;
    int16_t channel_multiplier;
    int16_t parts;
    int16_t part_bytes;
    int16_t phases;
    int16_t chains;
    int8_t in_zero_point;
    const int16_t *runs; /* [phases][chains]: where in a line the run of the first output starts, and its taps */
    const int8_t *weights;
    struct tg_swar_output output;
    const int8_t *pad_row; /* in_width * in_channels times in_zero_point; 0 without padding above or below */
};

/* Computes the whole output. `scratch`: tinygen/kernels/depthwise_runs.py, 8-byte aligned. */
void tg_depthwise_conv2d_s8_rv32(const struct tg_depthwise_runs *layer, const int8_t *in, int8_t *out, void *scratch);

/* Computes row_count output rows out[0 .. row_count) from input rows (tg_rows.h). */
void tg_depthwise_conv2d_s8_rv32_rows(const struct tg_depthwise_runs *layer, const int8_t *const *rows,
                                      int8_t *const *out, int32_t row_count, void *scratch);

TG_EXTERN_C_END

#endif
