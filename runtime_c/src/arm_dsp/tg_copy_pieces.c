/* See tg_copy_pieces.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_copy_pieces.h"
#include "tg_simd.h"

/* Of each piece two units of 2 or 4 bytes, the second so many bytes behind the begin of the first. */
TG_INLINE void copy_two(const int8_t *from, int32_t from_step, int8_t *to, int32_t to_step, int32_t count,
                        int32_t other, size_t bytes)
{
    for (; count > 0; count--) {
        uint32_t first = 0;
        uint32_t second = 0;

        memcpy(&first, from, bytes);
        memcpy(&second, from + other, bytes);
        tg_keep_loads_here(); /* loads in a row take a cycle each */
        memcpy(to, &first, bytes);
        memcpy(to + other, &second, bytes);
        from += from_step;
        to += to_step;
    }
}

/* Two words of each piece, the next two of each, and so on; the last one ends with the piece. */
TG_KERNEL void tg_copy_pieces(const int8_t *from, int32_t from_step, int8_t *to, int32_t to_step, int32_t bytes,
                              int32_t count)
{
    for (; bytes >= 4; bytes -= 8) {
        copy_two(from, from_step, to, to_step, count, bytes < 8 ? bytes - 4 : 4, 4);
        from += 8;
        to += 8;
    }
    if (bytes >= 2) {
        copy_two(from, from_step, to, to_step, count, bytes - 2, 2);
    } else if (bytes == 1) {
        for (int32_t i = 0; i < count; i++) {
            to[i * to_step] = from[i * from_step];
        }
    }
}
