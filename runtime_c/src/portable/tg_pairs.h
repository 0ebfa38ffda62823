/* How an elementwise function of two values runs over two tensors. The file that includes this one defines, for its own
 * function, TG_PAIR_CONSTANTS (a struct) and TG_PAIR_ONE(constants, a, b).
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_PAIRS_H
#define TG_PAIRS_H

#include "tg_broadcast.h"

/* `size` elements; a and b advance by their steps, which may be 0. */
TG_INLINE void tg_pairs_run(const TG_PAIR_CONSTANTS *constants, int32_t size, const int8_t *a, int32_t a_step,
                            const int8_t *b, int32_t b_step, int8_t *out)
{
    const TG_PAIR_CONSTANTS k = *constants;
    const int8_t *const end = out + size;

    while (out != end) {
        *out++ = TG_PAIR_ONE(&k, *a, *b);
        a += a_step;
        b += b_step;
    }
}

TG_INLINE void tg_pairs_repeated(const struct tg_broadcast *broadcast, const TG_PAIR_CONSTANTS *constants,
                                 const int8_t *a, const int8_t *b, int8_t *out)
{
    const int32_t *shape = broadcast->shape;
    const int32_t *sa = broadcast->a_strides;
    const int32_t *sb = broadcast->b_strides;

    for (int32_t i = 0; i < shape[0]; i++) {
        for (int32_t j = 0; j < shape[1]; j++) {
            for (int32_t k = 0; k < shape[2]; k++) {
                tg_pairs_run(constants, shape[3], a + i * sa[0] + j * sa[1] + k * sa[2], sa[3],
                             b + i * sb[0] + j * sb[1] + k * sb[2], sb[3], out);
                out += shape[3];
            }
        }
    }
}

#endif
