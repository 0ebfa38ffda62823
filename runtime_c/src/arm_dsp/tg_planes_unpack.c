/* See tg_planes_unpack.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_planes_unpack.h"
#include "tg_fixedpoint.h"
#include "tg_simd.h"

/* The even bytes of a word. */
#define EVEN 0x00FF00FFu

/* Two taps: bytes with 128 added, so that a shift carries nothing from one half into the other. */
TG_INLINE int32_t two_taps(uint32_t bytes, int32_t shift, uint32_t zeros)
{
    return tg_wrap_int32(tg_ssub16((bytes & EVEN) << shift, zeros));
}

TG_KERNEL TG_COMPACT void tg_planes_unpack(struct tg_planes_task *task, int32_t tap_words, int32_t is_shifted)
{
    const int32_t shift = task->layer->tap_shift;
    const uint32_t zeros = 0x00800080u << shift;
    const int32_t *from = task->channel;
    int32_t *to = task->unpacked;

    if (from == to) {
        return;
    }
    for (int32_t left = task->channels; left > 0; left--) {
        const int32_t *taps = from + (is_shifted ? 4 : 2);
        int32_t *const factors = to + tap_words;

        for (; to < factors; to += 2) { /* of an odd number the last is lost again */
            to[0] = two_taps((uint32_t)*taps, shift, zeros);
            to[1] = two_taps((uint32_t)*taps >> 8, shift, zeros);
            taps++;
        }
        factors[0] = from[0];
        factors[1] = from[1];
        to = factors + 2;
        if (is_shifted) {
            factors[2] = from[2];
            factors[3] = from[3] >> 8;
            factors[4] = from[3] & 0xFF;
            to = factors + 5;
        }
        from = taps;
    }
    task->channel = task->unpacked;
}
