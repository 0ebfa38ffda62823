/* From a sum to int8. See tg_swar.h.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SWAR_FINISH_H
#define TG_SWAR_FINISH_H

#include "tg_fixedpoint.h"
#include "tg_swar.h"

/* `channel`: its words */
TG_INLINE int8_t tg_swar_finish(const struct tg_swar_output *output, const int32_t *channel, uint32_t sum)
{
    const int32_t t = tg_wrap_int32((sum << output->prescale) + (uint32_t)channel[0]);
    const int32_t sign = output->general && t >= 0 ? channel[2] : 0;
    const int32_t h = tg_multiply_high(t, channel[1]) + sign + output->after;

    return (int8_t)tg_saturate_s8(h >> output->shift);
}

TG_INLINE int32_t tg_swar_channel_words(const struct tg_swar_output *output)
{
    return output->general ? 3 : 2;
}

/* Where saturation to int8 is not enough. */
TG_INLINE void tg_swar_clamp(const struct tg_swar_output *output, int8_t *out, int32_t count)
{
    for (; count > 0; count--) {
        *out = (int8_t)tg_clamp(*out, output->out_min, output->out_max);
        out++;
    }
}

#endif
