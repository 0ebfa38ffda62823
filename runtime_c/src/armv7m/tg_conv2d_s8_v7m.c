/* 2-D convolution with one pair of pixels at a time. See tg_conv2d_swar.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#include "tg_conv2d_swar_core.h"
#include "tg_swar_pack_v7m.h"
#include "tg_swar_pass_v7m.h"

static const struct tg_swar_core tg_core_v7m = {tg_swar_pass_v7m, tg_swar_pack_v7m, 1};

TG_KERNEL void tg_conv2d_s8_v7m_rows(const struct tg_conv2d_swar *layer, const int8_t *const *rows,
                                    int8_t *const *out, int32_t row_count, void *scratch)
{
    const struct tg_swar_image image = {rows, out, 0, 0, 0, 0, 0};

    tg_conv2d_swar_image(layer, image, row_count, scratch, tg_core_v7m);
}

TG_KERNEL void tg_conv2d_s8_v7m(const struct tg_conv2d_swar *layer, const int8_t *in, int8_t *out,
                               void *scratch)
{
    const struct tg_swar_image image = {0, 0, in, out, 0, 0, 0};

    tg_conv2d_swar_image(layer, image, layer->window.out_height, scratch, tg_core_v7m);
}
