/* What Gaussian naive Bayes adds to linear scores. Rules T8 and T9 of ARITHMETIC.md.
 *
 *   tg_squares:         out = c, then min(c[k]^2 >> shift, 32767) of every k, c[k] = clamp(in[k], low, high) -
 *                       centers[k]
 *   tg_sharp_penalties: out[c] = scores[c] - sum of min(d * weight, limit) << scale over the groups of which c is a
 *                       member, saturated at -2^31, d = clamp((in[feature] - center)^2 >> shift, 1, 65535), of equals 0
 *
 * Groups: feature, center, weight; counts: of the members of each; members: outputs, one group after the other. Centers
 * are of the type of the features.
 * `out` may be `scores`.
 * Overflow: d * weight < 2^16 * 2^15; squares of differences are uint32; limit << scale < 2^30.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_GAUSSIAN_H
#define TG_GAUSSIAN_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_squares {
    int32_t count;
    int32_t low;
    int32_t high;
    int32_t shift;
    const void *centers;
};

struct tg_sharp_penalties {
    int32_t outputs;
    int32_t groups;
    int32_t shift;
    int32_t scale;
    int32_t limit;
    const int16_t *group;
    const uint8_t *counts;
    const uint8_t *members;
};

void tg_squares_s8(const struct tg_squares *layer, const int8_t *in, int16_t *out);
void tg_squares_s16(const struct tg_squares *layer, const int16_t *in, int16_t *out);

void tg_sharp_penalties_s8(const struct tg_sharp_penalties *layer, const int32_t *scores, const int8_t *in,
                           int32_t *out);
void tg_sharp_penalties_s16(const struct tg_sharp_penalties *layer, const int32_t *scores, const int16_t *in,
                            int32_t *out);

TG_EXTERN_C_END

#endif
