#ifndef TG_TINY_H
#define TG_TINY_H

#include <stdint.h>

/* output[i] = min(-input[i], 127) */
void tg_negate_saturate(const int8_t *input, int8_t *output, int32_t size);

/* output[r] = clamp(sum over k of input[k] weights[r size + k] / 256, rounded down) */
void tg_small_dot(const int8_t *input, const int8_t *weights, int8_t *output, int32_t size,
                  int32_t rows);

#endif
