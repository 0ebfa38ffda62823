#include "dotty.h"

static const int8_t golden_input[DOTTY_INPUT_SIZE] = {
    -128, -112, -96, -80, -64, -48, -32, -16, 0, 16, 32, 48, 64, 80, 96, 112,
};
static const int8_t golden_output[DOTTY_OUTPUT_SIZE] = {-66, 38, 13, 69};

int dotty_selftest(void)
{
    int8_t output[DOTTY_OUTPUT_SIZE];
    int differences = 0;
    dotty_run(golden_input, output);
    for (int i = 0; i < DOTTY_OUTPUT_SIZE; i++) {
        differences += output[i] != golden_output[i];
    }
    return differences;
}
