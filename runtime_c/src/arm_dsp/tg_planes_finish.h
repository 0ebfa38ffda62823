/* The last step of the kernels in channel planes, in C. See tg_depthwise_planes.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_PLANES_FINISH_H
#define TG_PLANES_FINISH_H

#include "tg_common.h"
#include "tg_simd.h"

/* What follows the weight words of a channel. */
enum tg_planes_channel { TG_PLANES_START, TG_PLANES_MULTIPLIER, TG_PLANES_OFFSET, TG_PLANES_SIGN, TG_PLANES_SHIFT };

/* int8 of a scaled sum; `channel` points behind the weight words. */
TG_INLINE int8_t tg_planes_finish(int32_t sum, const int32_t *channel, int32_t is_signed, int32_t is_shifted)
{
    const int32_t offset = is_signed ? channel[TG_PLANES_OFFSET] : 0;
    const int32_t sign = is_signed && sum < 0 ? channel[TG_PLANES_SIGN] : 0;

    const int32_t shift = is_shifted ? channel[TG_PLANES_SHIFT] : 16;

    return (int8_t)tg_ssat8((tg_smmla(sum, channel[TG_PLANES_MULTIPLIER], offset) + sign) >> shift);
}

#endif
