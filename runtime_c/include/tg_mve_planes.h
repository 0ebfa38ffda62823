/* A row of pixels to planes of channels, for Helium: how tg_depthwise_planes_s8_mve gets its input.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_MVE_PLANES_H
#define TG_MVE_PLANES_H

#include "tg_common.h"

TG_EXTERN_C_BEGIN

/* Channels that have planes at the same time. */
enum { TG_MVE_PLANES = 16 };

/* Assembly knows the offsets of the fields. */
struct tg_mve_planes_task {
    int32_t width;      /* pixels of the row */
    int32_t pixel_step; /* bytes from pixel to pixel in the row */
    int32_t pitch;      /* bytes from pixel to pixel in a plane */
    int32_t plane;      /* bytes of a plane, at most 4095 */
    int32_t channels;   /* 1 to TG_MVE_PLANES */
};

/* to[c * plane + x * pitch] = row[x * pixel_step + c] */
void tg_mve_planes(const struct tg_mve_planes_task *planes, const int8_t *row, int8_t *to);

TG_EXTERN_C_END

#endif
