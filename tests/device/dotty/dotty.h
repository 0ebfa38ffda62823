/* A hand-made folder of the shape that tinygen generates: two layers, int8. */
#ifndef DOTTY_H
#define DOTTY_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DOTTY_INPUT_SIZE 16
#define DOTTY_OUTPUT_SIZE 4
#define DOTTY_INPUT_BYTES 16
#define DOTTY_OUTPUT_BYTES 4
#define DOTTY_ARENA_BYTES 16

void dotty_run(const int8_t input[DOTTY_INPUT_SIZE], int8_t output[DOTTY_OUTPUT_SIZE]);
int dotty_selftest(void);

#ifdef DOTTY_LAYER_HOOK
void DOTTY_LAYER_HOOK(int layer_index, const void *output, uint32_t output_bytes);
#endif

#ifdef __cplusplus
}
#endif

#endif
