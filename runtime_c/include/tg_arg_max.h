/* The class with the largest score. Rule T3 of ARITHMETIC.md.
 *
 *   out[0] = the first index of the largest in[c]; of a single score: 1 if in[0] > threshold, else 0
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_ARG_MAX_H
#define TG_ARG_MAX_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

struct tg_arg_max {
    int32_t count;
    int32_t threshold;
};

void tg_arg_max_s32(const struct tg_arg_max *layer, const int32_t *in, int32_t *out);

TG_EXTERN_C_END

#endif
