/* See tg_depthwise_planes.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_depthwise_3x3_s8_dsp.h"
#include "tg_planes_twos.h"

/* Six of taps, start, multiplier. */
#define CHANNEL_WORDS 8

TG_KERNEL void tg_depthwise_3x3_twos_s8_dsp(const struct tg_depthwise_planes *layer, const int8_t *in, int8_t *out,
    void *scratch)
{
    tg_planes_run_twos_dsp(layer, in, out, scratch, CHANNEL_WORDS, tg_depthwise_3x3_compute_dsp);
}
