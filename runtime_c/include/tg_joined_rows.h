/* Answers of several models in one row; one call for each. Rule V1 of ARITHMETIC.md.
 *
 *   classes == 0: out[offset + k] = (in[k] - zero) * factor, k < count
 *   classes > 0:  out[offset + c] = in[0] == c ? factor : 0, c < classes; `in` is int32
 *
 * Overflow: the generator has proved that no column leaves int32.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_JOINED_ROWS_H
#define TG_JOINED_ROWS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

enum tg_row_type { TG_ROW_S8, TG_ROW_S16, TG_ROW_S32 };

struct tg_joined_rows {
    int32_t type; /* enum tg_row_type */
    int32_t count;
    int32_t offset;
    int32_t zero;
    int32_t factor;
    int32_t classes;
};

void tg_joined_rows_s32(const struct tg_joined_rows *layer, const void *in, int32_t *out);

TG_EXTERN_C_END

#endif
