/* How an elementwise kernel walks two inputs, parts of which repeat.
 *
 * Element [i, j, k, l] of the output has row-major order over `shape`; it is computed from the elements of a and b at
 * offset i * strides[0] + j * strides[1] + k * strides[2] + l * strides[3] of each. A stride of 0 repeats.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_BROADCAST_H
#define TG_BROADCAST_H

#include "tg_common.h"

struct tg_broadcast {
    const int32_t *shape;     /* [4], of the output */
    const int32_t *a_strides; /* [4], in elements */
    const int32_t *b_strides; /* [4] */
};

#endif
