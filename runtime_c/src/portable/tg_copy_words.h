/* Short copies between aligned places, for which a call of memcpy takes longer than the copy.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_COPY_WORDS_H
#define TG_COPY_WORDS_H

#include "tg_common.h"

enum { TG_WORD_BYTES = 4, TG_WORDS_TOGETHER = 4 * TG_WORD_BYTES };

/* What the compiler may know of the place. */
#if defined(__GNUC__)
#define TG_AT_WORD(place) __builtin_assume_aligned(place, TG_WORD_BYTES)
#else
#define TG_AT_WORD(place) (place)
#endif

/* Copies `size` bytes between places that do not overlap; all three are multiples of 4. */
TG_INLINE void tg_copy_words(int8_t *to, const int8_t *from, int32_t size)
{
    for (; size >= TG_WORDS_TOGETHER; size -= TG_WORDS_TOGETHER) {
        memcpy(TG_AT_WORD(to), TG_AT_WORD(from), TG_WORDS_TOGETHER);
        to += TG_WORDS_TOGETHER;
        from += TG_WORDS_TOGETHER;
    }
    for (; size > 0; size -= TG_WORD_BYTES) {
        memcpy(TG_AT_WORD(to), TG_AT_WORD(from), TG_WORD_BYTES);
        to += TG_WORD_BYTES;
        from += TG_WORD_BYTES;
    }
}

#endif
