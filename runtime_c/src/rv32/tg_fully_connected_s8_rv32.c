/* Fully connected layer, four outputs at a time. See tg_fully_connected_swar.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fully_connected_swar_core.h"
#include "tg_swar_dense_rv32.h"

TG_KERNEL void tg_fully_connected_s8_rv32(const struct tg_fully_connected_swar *layer, const int8_t *in,
                                         int8_t *out, void *scratch)
{
    tg_fully_connected_swar_rows(layer, in, out, scratch, tg_swar_dense_rv32);
}
