#include "dotty.h"

#include "dotty_weights.h"
#include "tinygen/tg_tiny.h"

#ifdef DOTTY_LAYER_HOOK
#define LAYER(index, data, bytes) DOTTY_LAYER_HOOK(index, data, bytes)
#else
#define LAYER(index, data, bytes) ((void)0)
#endif

static int8_t arena[DOTTY_ARENA_BYTES];

void dotty_run(const int8_t input[DOTTY_INPUT_SIZE], int8_t output[DOTTY_OUTPUT_SIZE])
{
    tg_negate_saturate(input, arena, DOTTY_INPUT_SIZE);
    LAYER(0, arena, DOTTY_INPUT_SIZE);
    tg_small_dot(arena, dotty_weights, output, DOTTY_INPUT_SIZE, DOTTY_OUTPUT_SIZE);
    LAYER(1, output, DOTTY_OUTPUT_SIZE);
}
