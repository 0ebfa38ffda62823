/* Elementwise sum with broadcasting, native arithmetic. See tg_add.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_add_core.h"

/* One run along the last dimension. */
static int8_t *add_run(const struct tg_add_broadcast_native *layer, const int8_t *a, const int8_t *b, int8_t *out)
{
    const struct tg_add_native_constants constants = layer->constants;
    const int32_t a_step = layer->broadcast.a_strides[3];
    const int32_t b_step = layer->broadcast.b_strides[3];
    int8_t *const end = out + layer->broadcast.shape[3];

    while (out != end) {
        *out++ = tg_add_one_native(&constants, *a, *b);
        a += a_step;
        b += b_step;
    }
    return end;
}

TG_KERNEL void tg_add_broadcast_s8_native(const struct tg_add_broadcast_native *layer, const int8_t *a, const int8_t *b,
                                   int8_t *out)
{
    const int32_t *shape = layer->broadcast.shape;
    const int32_t *sa = layer->broadcast.a_strides;
    const int32_t *sb = layer->broadcast.b_strides;

    for (int32_t i = 0; i < shape[0]; i++) {
        for (int32_t j = 0; j < shape[1]; j++) {
            for (int32_t k = 0; k < shape[2]; k++) {
                out = add_run(layer, a + i * sa[0] + j * sa[1] + k * sa[2],
                              b + i * sb[0] + j * sb[1] + k * sb[2], out);
            }
        }
    }
}
