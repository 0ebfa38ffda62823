/* The hot loop of convolutions whose windows lie side by side, both pixels of a pair interleaved.
 *
 * Step i of a pair has a word (d, e) of pixel a at x + 8 * i, the same of b behind it, and the weights mix(A, B) and
 * mix(C, D) of (d, e).
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_DSP_STEPS_H
#define TG_DSP_STEPS_H

#include "tg_dsp_pair.h"

void tg_dsp_steps_run(struct tg_pair_task *task);

#endif
