/* Pointwise kernels: pairs of pixels widened in scratch, then a loop of the kernel's own over them.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DSP_POINTWISE_H
#define TG_DSP_POINTWISE_H

#include "tg_conv2d_1x1_dsp.h"
#include "tg_dsp_scale_finish.h"

#define TG_POINTWISE_WORD_BYTES 4

/* Words of a pair, and of weights, for each step. */
#define TG_POINTWISE_STEP_WORDS 2

/* What follows the words of a pair: where the next outputs of both pixels go; a pixel alone is a pair with itself. */
struct tg_pointwise_outputs {
    int8_t *a;
    int8_t *b;
};

/* Consecutive blocks of channels for consecutive pairs of pixels. The outputs in the pairs move on by one block. */
struct tg_pointwise_task {
    const int32_t *block; /* weights, then words: tg_dsp_scale.h */
    int32_t block_bytes;
    int32_t blocks; /* 1 or more */
    int8_t *pairs;
    int8_t *last; /* the outputs of the last pair */
    int32_t steps;
    int32_t form; /* with a rule, the outputs are not int8 but the four int32 accumulators */
    const struct tg_dsp_scale *scale;
};

/* A kernel's loop over the blocks and pairs of a task. */
typedef void tg_pointwise_run(const struct tg_pointwise_task *task);

/* The whole output, and rows of it, as tg_conv2d_1x1_dsp.h says. */
void tg_pointwise_whole(const struct tg_conv2d_1x1_dsp *layer, const int8_t *in, int8_t *out, void *scratch,
                        tg_pointwise_run *run);
void tg_pointwise_rows(const struct tg_conv2d_1x1_dsp *layer, const int8_t *const *rows, int8_t *const *out,
                       int32_t row_count, void *scratch, tg_pointwise_run *run);

#endif
