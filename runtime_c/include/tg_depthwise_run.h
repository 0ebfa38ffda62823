/* Outputs of a channel from runs of taps over lines of cells.
 *
 *   sum = sum over rows r, runs i, taps t: weights[...] * line r[start of run i + t + output]
 *   t = (sum << prescale) + offset
 *   out = saturate_int8((floor(t * multiplier / 2^32) + (t >= 0 ? sign : 0) + after) >> shift)     (tg_swar.h)
 *
 * Eight outputs are summed at a time. Of the last ones up to seven are none: as many cells are read beyond the line.
 *
 * Overflow: every accumulator of the layer fits in int32; t is proved to, its steps may wrap.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DEPTHWISE_RUN_H
#define TG_DEPTHWISE_RUN_H

#include "tg_common.h"
#include "tg_swar.h"

#define TG_DEPTHWISE_TOGETHER 8

/* Assembly knows the offsets of the fields. */
struct tg_depthwise_run {
    const int8_t *const *lines;
    int32_t line_step; /* from the pointer to a line to that of the next row's, in bytes */
    int32_t rows;
    const int16_t *runs; /* [run_count]: start, taps */
    int32_t run_count;
    const int8_t *weights;  /* [rows][run][taps] */
    const int32_t *channel; /* offset, multiplier[, sign] */
    const struct tg_swar_output *output;
    int8_t *out;
    int32_t out_step;
    int32_t count; /* of outputs, at least one */
};

#endif
