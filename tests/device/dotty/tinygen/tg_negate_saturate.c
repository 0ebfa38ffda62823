#include "tg_tiny.h"

void tg_negate_saturate(const int8_t *input, int8_t *output, int32_t size)
{
    for (int32_t i = 0; i < size; i++) {
        const int32_t value = -(int32_t)input[i];
        output[i] = (int8_t)(value > 127 ? 127 : value);
    }
}
