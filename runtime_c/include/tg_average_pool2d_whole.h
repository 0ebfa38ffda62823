/* Average of all pixels of each channel, int8: rule P1 of ARITHMETIC.md for a window as large as the image.
 *
 *   out[c] = clamp((sum over i of in[i][c]) / pixels, rounded half away from zero)
 *
 * Layout: in [pixels][channels], out [channels].
 * Overflow: the generator keeps pixels below 2^23.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_AVERAGE_POOL2D_WHOLE_H
#define TG_AVERAGE_POOL2D_WHOLE_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_average_pool2d_whole {
    int32_t pixels;
    int16_t channels;
    int8_t out_min;
    int8_t out_max;
};

void tg_average_pool2d_whole_s8(const struct tg_average_pool2d_whole *layer, const int8_t *in, int8_t *out);

TG_EXTERN_C_END

#endif
