/* Fully connected layer with symmetric weights for Armv6-M, int8: four output channels in each word of weights.
 *
 *   out[row][o] = requantize(sum in[row][k] * weights[o][k])
 *
 * Layout: tg_quads_multiply_v6m.h.
 * Overflow: see there and tg_requantize_narrow_s8_v6m.h; the generator proves both for every channel.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FULLY_CONNECTED_QUADS_V6M_H
#define TG_FULLY_CONNECTED_QUADS_V6M_H

#include "tg_common.h"
#include "tg_quads_gather_v6m.h"
#include "tg_quads_multiply_v6m.h"
#include "tg_requantize_narrow_s8_v6m.h"

TG_EXTERN_C_BEGIN

struct tg_fully_connected_quads_v6m {
    int32_t rows;
    int32_t depth;
    int32_t channels;
    struct tg_quads_v6m quads;
    struct tg_narrow_v6m narrow;
};

/* Computes the whole output. `scratch`, 8-byte aligned: _quads_scratch_bytes of
 * tinygen/kernels/fully_connected_v6m.py. */
void tg_fully_connected_quads_s8_v6m(const struct tg_fully_connected_quads_v6m *layer, const int8_t *in,
                                     int8_t *out, void *scratch);

TG_EXTERN_C_END

#endif
