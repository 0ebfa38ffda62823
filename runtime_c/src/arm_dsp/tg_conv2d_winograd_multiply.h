/* The products of a Winograd convolution.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_CONV2D_WINOGRAD_MULTIPLY_H
#define TG_CONV2D_WINOGRAD_MULTIPLY_H

#include <stdint.h>

/* Sums m [36 positions][2 tiles][4 channels] of products of x [steps][36][2] and u [36][steps][4], for an even number
 * of steps. */
void tg_conv2d_winograd_multiply(const uint32_t *x, const uint32_t *u, int32_t *m, int32_t steps);

#endif
