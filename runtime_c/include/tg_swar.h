/* Two pixels in a word: dense products for cores without SIMD instructions.
 *
 * A word x = a + (b << 16), as a sum modulo 2^32, holds the inputs a and b of two pixels. With an int8 weight w the
 * product w * x holds w * a in its low half and w * b above it, and so do sums of products, as long as the low sum
 * stays in int16. The generator orders the inputs into blocks for which it has proved that of every channel
 * (tinygen/proofs/lanes.py). After each block, with its sum P,
 *
 *   high += floor((P + 2^15) / 2^16)     P is wrapped to int32; the sum of b is exact
 *   total += P                           modulo 2^32
 *
 * and in the end the sum of a is total - (high << 16), modulo 2^32. Then, for channel words (offset, multiplier[, sign]),
 *
 *   t = (sum << prescale) + offset
 *   out = saturate_int8((floor(t * multiplier / 2^32) + (t >= 0 ? sign : 0) + after) >> shift)
 *
 * where most layers have a shift of 16, no sign terms and 0 as `after`: they are not `general`, and save instructions;
 * and the generator has proved that this is the textbook's value before the activation's bounds (tinygen/proofs/requantization.py,
 * Place.SUM).
 *
 * Overflow: `high` and every sum are accumulators of the layer, which fit in int32; everything else wraps or is proved.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SWAR_H
#define TG_SWAR_H

#include "tg_common.h"

#define TG_SWAR_CHANNELS 3 /* channels that a pass computes side by side */
#define TG_SWAR_MAX_PAIRS 2

/* How the sums of a layer become int8. */
struct tg_swar_output {
    const int32_t *channels; /* offset, multiplier, and if it is general the sign term, for each channel */
    int32_t after;
    int8_t prescale;
    int8_t shift;
    int8_t general; /* whether there are sign terms, or a shift that is not 16 */
    int8_t clamps;  /* whether saturation to int8 leaves values outside of out_min .. out_max */
    int8_t out_min;
    int8_t out_max;
};

/* Cells of as many inputs of some pixels, that lie alike. Assembly knows the offsets of the fields. */
struct tg_swar_runs {
    const int8_t *from[2 * TG_SWAR_MAX_PAIRS]; /* the first cell of each pixel */
    int32_t count; /* inputs of a cell, at least 1 */
    int32_t cells; /* at least 1 */
    int32_t skip;  /* bytes from the end of a cell to the next one */
};

/* All channels of some pairs of pixels. Assembly knows the offsets of the fields, here and above. */
struct tg_swar_pass {
    const uint32_t *words; /* [blocks][block][pairs] */
    const int8_t *weights; /* [threes of channels][blocks][block][3], zeros beyond the last channel */
    const struct tg_swar_output *output;
    int32_t channel_count;
    int32_t block; /* inputs of a block: 2, 3, 4, 5, 6 or 8 */
    int32_t blocks;
    int8_t *out[2 * TG_SWAR_MAX_PAIRS]; /* two for each pair; may be equal for pixels that are the same */
};

#endif
