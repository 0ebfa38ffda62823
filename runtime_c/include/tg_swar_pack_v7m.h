/* Words of a pair of pixels on cores with Thumb-2. See tg_swar.h.
 *
 * Input i of the pixels 0 and 1 becomes the word a[0] + (a[1] << 16), as a sum modulo 2^32, at places[i] bytes from
 * `words`, a multiple of 4.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SWAR_PACK_V7M_H
#define TG_SWAR_PACK_V7M_H

#include "tg_swar.h"

TG_EXTERN_C_BEGIN

void tg_swar_pack_v7m(const struct tg_swar_runs *runs, const uint16_t *places, uint8_t *words);

TG_EXTERN_C_END

#endif
