/* The smallest firmware with the model: one call. Sizes are taken from it, it is never run. */
#include "model.h"

ALIGNED int8_t device_model_input[MODEL_INPUT_BYTES];
ALIGNED int8_t device_model_output[MODEL_OUTPUT_BYTES];

int main(void)
{
    MODEL_RUN(device_model_input, device_model_output);
    device_stack_check();
    return DEVICE_EXIT_OK;
}
