/* Sums of products of windows in a plane (tg_depthwise_planes_mve.h), for Helium.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_PLANE_SUMS_H
#define TG_MVE_PLANE_SUMS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* Assembly knows the offsets of the fields. */
struct tg_mve_plane_sums_task {
    int32_t steps;    /* of a window, 1 to 4 */
    int32_t shift;    /* if not 0, in 1 or 2 steps: lanes 1 and 3 see what lanes 0 and 2 see, so many values later */
    int32_t step;     /* from the windows of one vector to those of the next */
    int32_t lanes[3]; /* from the window of the first lane to those of the others */
    int32_t vectors;  /* at least 1 */
};

/* sums[4 * v + l] = `steps` times 16 weights times the window of lane l of vector v; `x` is the first of them. */
void tg_mve_plane_sums(const struct tg_mve_plane_sums_task *windows, const int8_t *weights, const int8_t *x,
                       int32_t *sums);

TG_EXTERN_C_END

#endif
