/* See tg_depthwise_planes.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_3x3_s8_dsp.h"
#include "tg_planes_twos.h"
#include "tg_planes_unpack.h"

#define TAP_WORDS 6

static void compute(struct tg_planes_task *task)
{
    tg_planes_unpack(task, TAP_WORDS, 0);
    tg_depthwise_3x3_compute_dsp(task);
}

TG_KERNEL void tg_depthwise_3x3_packed_twos_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in,
    int8_t *out, void *scratch)
{
    tg_planes_run_twos_dsp(layer, in, out, scratch, tg_packed_words(TAP_WORDS, 0), compute);
}
