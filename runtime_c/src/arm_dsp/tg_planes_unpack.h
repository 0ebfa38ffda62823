/* Channels of depthwise kernels as flash holds them where it is short. See tg_depthwise_planes.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_PLANES_UNPACK_H
#define TG_PLANES_UNPACK_H

#include "tg_planes.h"

/* Words of a packed channel, which becomes `tap_words` of taps and the factors. */
TG_INLINE int32_t tg_packed_words(int32_t tap_words, int32_t is_shifted)
{
    return (is_shifted ? 4 : 2) + (tap_words + 1) / 2;
}

/* Gives the task's channels as words, unless it has them already. */
void tg_planes_unpack(struct tg_planes_task *task, int32_t tap_words, int32_t is_shifted);

#endif
