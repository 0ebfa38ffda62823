/* Words of pairs of pixels in C, for any number of pairs. See tg_swar.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SWAR_PACK_CORE_H
#define TG_SWAR_PACK_CORE_H

#include "tg_swar.h"

/* `words` and `place` are multiples of 4: a copy of bytes would be slow where the compiler cannot know that. */
TG_INLINE void tg_swar_put(uint8_t *words, int32_t place, int32_t low, int32_t high)
{
    uint32_t *const word = (uint32_t *)(void *)(words + place);

    *word = (uint32_t)low + ((uint32_t)high << 16);
}

TG_INLINE void tg_swar_pack(const struct tg_swar_runs *runs, const uint16_t *places, uint8_t *words, int32_t pairs)
{
    int32_t cell = 0;

    for (int32_t left = runs->cells; left > 0; left--) {
        for (int32_t i = cell; i < cell + runs->count; i++) {
            for (int32_t p = 0; p < pairs; p++) {
                tg_swar_put(words, *places + 4 * p, runs->from[2 * p][i], runs->from[2 * p + 1][i]);
            }
            places++;
        }
        cell += runs->count + runs->skip;
    }
}

#endif
