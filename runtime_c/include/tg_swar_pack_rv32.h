/* Words of two pairs of pixels on RISC-V cores with 31 registers. See tg_swar.h.
 *
 * Input i of the pixels 0 to 3 becomes the words a[0] + (a[1] << 16) and a[2] + (a[3] << 16), as sums modulo 2^32, at
 * places[i] bytes from `words`, a multiple of 4.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SWAR_PACK_RV32_H
#define TG_SWAR_PACK_RV32_H

#include "tg_swar.h"

TG_EXTERN_C_BEGIN

void tg_swar_pack_rv32(const struct tg_swar_runs *runs, const uint16_t *places, uint8_t *words);

TG_EXTERN_C_END

#endif
