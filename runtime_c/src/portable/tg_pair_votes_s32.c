/* See tg_pair_votes.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_pair_votes.h"

TG_KERNEL void tg_pair_votes_s32(const struct tg_pair_votes *layer, const int32_t *in, int32_t *out)
{
    const int32_t classes = layer->classes;

    for (int32_t c = 0; c < classes; c++) {
        out[c] = 0;
    }
    for (int32_t i = 0; i < classes; i++) {
        for (int32_t j = i + 1; j < classes; j++) {
            out[*in++ > 0 ? i : j]++;
        }
    }
}
