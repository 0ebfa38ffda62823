/* See tg_copy_pieces.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_copy_pieces.h"
#include "tg_simd.h"

/* Copies `count` words; from one to the next are so many bytes. */
static TG_NOINLINE void copy_words(const int8_t *from, int32_t from_step, int8_t *to, int32_t to_step, int32_t count)
{
    for (; count >= 4; count -= 4) {
        const uint32_t first = tg_load_quad(from);
        const uint32_t second = tg_load_quad(from + from_step);
        const uint32_t third = tg_load_quad(from + 2 * from_step);
        const uint32_t fourth = tg_load_quad(from + 3 * from_step);

        tg_keep_loads_here(); /* loads in a row take a cycle each */
        memcpy(to, &first, sizeof first);
        memcpy(to + to_step, &second, sizeof second);
        memcpy(to + 2 * to_step, &third, sizeof third);
        memcpy(to + 3 * to_step, &fourth, sizeof fourth);
        from += 4 * from_step;
        to += 4 * to_step;
    }
    for (; count > 0; count--) {
        memcpy(to, from, sizeof(uint32_t));
        from += from_step;
        to += to_step;
    }
}

/* A word of each piece, the next word of each, and so on. */
TG_KERNEL void tg_copy_pieces(const int8_t *from, int32_t from_step, int8_t *to, int32_t to_step, int32_t bytes,
                              int32_t count)
{
    for (; bytes >= 4; bytes -= 4) {
        copy_words(from, from_step, to, to_step, count);
        from += 4;
        to += 4;
    }
    for (; bytes > 0; bytes--) {
        for (int32_t i = 0; i < count; i++) {
            to[i * to_step] = from[i * from_step];
        }
        from++;
        to++;
    }
}
