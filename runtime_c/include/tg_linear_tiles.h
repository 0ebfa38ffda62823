/* Linear functions of a row of int8 with weights of 8 bits. Rule T4 of ARITHMETIC.md.
 *
 *   out[c] = bias[c] + sum over k of max(in[k], -127) * weights[c][k]
 *
 * Layout: bias and tiles of four outputs, whole ones. A tile is, for each quad of features, four bytes of each output:
 * weights + 128; of the _dsp kernel two int16 of each, 256 w1 + w0 and 256 w3 + w2.
 * Scratch: 8 bytes for each quad of features, aligned to 4.
 * Overflow: the generator has proved that sums of features with 255, and the bias, fit in int32; for the _dsp kernel that
 * sums of absolute products stay below 2^23.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_LINEAR_TILES_H
#define TG_LINEAR_TILES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_linear_tiles {
    int32_t outputs;
    int32_t depth;
    const uint8_t *tiles;
    const int32_t *bias;
};

void tg_linear_tiles_s8(const struct tg_linear_tiles *layer, const int8_t *in, int32_t *out, void *scratch);
void tg_linear_tiles_s8_dsp(const struct tg_linear_tiles *layer, const int8_t *in, int32_t *out, void *scratch);

TG_EXTERN_C_END

#endif
