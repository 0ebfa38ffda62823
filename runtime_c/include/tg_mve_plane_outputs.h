/* Outputs of a channel from their sums (tg_depthwise_planes_mve.h), for Helium. The forms are those of tg_mve.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_PLANE_OUTPUTS_H
#define TG_MVE_PLANE_OUTPUTS_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* Assembly knows the offsets of the fields. */
struct tg_mve_plane_outputs_task {
    int32_t form; /* enum tg_mve_form */
    int32_t factor;
    int32_t zero_point;
    int32_t step;     /* from the outputs of one vector to those of the next */
    int32_t vectors;  /* but the last */
    int32_t mask;     /* four bits for each lane that exists */
    int32_t end_mask; /* the same of the last vector */
    int8_t *lanes[4]; /* where lanes go */
};

/* lanes[l][offset + v * step] = the output of sums[4 * v + l], of all vectors. `words`: those of the channel. */
void tg_mve_plane_outputs(const struct tg_mve_plane_outputs_task *outputs, const int32_t *words, const int32_t *sums,
                          int32_t offset);

TG_EXTERN_C_END

#endif
