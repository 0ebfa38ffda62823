#include "tg_tiny.h"

void tg_small_dot(const int8_t *input, const int8_t *weights, int8_t *output, int32_t size,
                  int32_t rows)
{
    for (int32_t row = 0; row < rows; row++) {
        int32_t sum = 0;
        for (int32_t k = 0; k < size; k++) {
            sum += input[k] * weights[row * size + k];
        }
        const int32_t scaled = sum >= 0 ? sum / 256 : -((255 - sum) / 256);
        output[row] = (int8_t)(scaled > 127 ? 127 : scaled < -128 ? -128 : scaled);
    }
}
