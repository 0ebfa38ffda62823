/* The C versions of what the Helium kernels do in assembly: any compiler, the same layouts, the same bytes.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_C_H
#define TG_MVE_C_H

#include "tg_fixedpoint.h"
#include "tg_mve.h"

/* One output from a sum. `words`: lane `lane` of a tile's vectors; `stride` from one vector to the next. */
TG_INLINE int8_t tg_mve_output(const struct tg_mve_dense *d, int32_t sum, const int32_t *words,
                               int32_t stride)
{
    if (d->form == TG_MVE_TEXTBOOK) {
        const int32_t acc = tg_wrap_int32((uint32_t)sum + (uint32_t)words[0]);
        const int32_t shift = words[2 * stride] + words[3 * stride];
        const int32_t y = tg_requantize_tflm(acc, words[stride], shift);

        return (int8_t)tg_clamp(y + d->zero_point, -128, 127);
    }
    const int32_t t = tg_wrap_int32((uint32_t)sum * (uint32_t)d->factor + (uint32_t)words[0]);
    const int32_t high = tg_multiply_high(t, words[stride]);

    if (d->form == TG_MVE_PLAIN) {
        return (int8_t)tg_saturate_s8(high >> 16);
    }
    return (int8_t)tg_saturate_s8(((high + (t >= 0 ? words[2 * stride] : 0)) >> 16) + d->zero_point);
}

/* Vectors of words that a tile has. */
TG_INLINE int32_t tg_mve_vectors(int32_t form)
{
    return form == TG_MVE_PLAIN ? 2 : form == TG_MVE_SIGNED ? 3 : 4;
}

/* The place of a channel: its tile times four, plus its lane. */
TG_INLINE int32_t tg_mve_place(int32_t channel, int32_t channels)
{
    const int32_t in_pairs = channels / TG_MVE_PAIR * TG_MVE_PAIR;
    const int32_t first = channel / TG_MVE_PAIR * TG_MVE_PAIR;

    if (channel >= in_pairs) {
        return channel;
    }
    return first + (channel % 2) * TG_MVE_TILE + (channel - first) / 2;
}

/* All outputs of one vector. */
TG_INLINE void tg_mve_dense_c(const struct tg_mve_dense *d, const int8_t *x, int8_t *out)
{
    const int32_t tile_weights = d->steps * TG_MVE_STEP * TG_MVE_TILE;
    const int32_t tile_words = tg_mve_vectors(d->form) * TG_MVE_TILE;

    for (int32_t c = 0; c < d->channels; c++) {
        const int32_t place = tg_mve_place(c, d->channels);
        const int32_t tile = place / TG_MVE_TILE;
        const int32_t lane = place % TG_MVE_TILE;
        const int8_t *w = d->weights + tile * tile_weights + lane * TG_MVE_STEP;
        uint32_t sum = 0;

        for (int32_t step = 0; step < d->steps; step++) {
            for (int32_t i = 0; i < TG_MVE_STEP; i++) {
                sum += (uint32_t)(w[step * TG_MVE_STEP * TG_MVE_TILE + i] * x[step * TG_MVE_STEP + i]);
            }
        }
        out[c] = tg_mve_output(d, tg_wrap_int32(sum), d->words + tile * tile_words + lane, TG_MVE_TILE);
    }
}

#endif
