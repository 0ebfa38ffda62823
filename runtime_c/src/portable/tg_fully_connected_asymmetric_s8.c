/* Fully connected layer, weights with a zero point, TFLite Micro's arithmetic. See tg_fully_connected_core.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_fully_connected_core.h"

TG_KERNEL void tg_fully_connected_asymmetric_s8(const struct tg_fully_connected *layer, const int8_t *in,
                                                int8_t *out)
{
    tg_fully_connected_asymmetric_whole(layer, in, out, TG_TFLM);
}
