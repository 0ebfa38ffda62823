/* Copies bytes. See tg_copy.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_copy.h"

TG_KERNEL void tg_copy_s8(const struct tg_copy *layer, const int8_t *in, int8_t *out)
{
    memmove(out, in, (size_t)layer->size);
}
