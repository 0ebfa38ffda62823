/* Mean over dimensions, native arithmetic. See tg_mean_core.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_mean_core.h"

TG_KERNEL void tg_mean_s8_native(const struct tg_mean *layer, const int8_t *in, int8_t *out)
{
    tg_mean_whole(layer, in, out, TG_NATIVE);
}
