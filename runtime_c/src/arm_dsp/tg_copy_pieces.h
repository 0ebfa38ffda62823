/* Copies the channels of a group, which lie apart, or back.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_COPY_PIECES_H
#define TG_COPY_PIECES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* `count` pieces of `bytes` bytes; from one to the next are so many bytes. */
void tg_copy_pieces(const int8_t *from, int32_t from_step, int8_t *to, int32_t to_step, int32_t bytes, int32_t count);

TG_EXTERN_C_END

#endif
