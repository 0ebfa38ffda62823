/* The smallest firmware with the model: one call. Sizes are taken from it, it is never run. */
#include "tinygen_model.h"

ALIGNED int8_t tgdevice_model_input[TINYGEN_MODEL_INPUT_BYTES];
ALIGNED int8_t tgdevice_model_output[TINYGEN_MODEL_OUTPUT_BYTES];

int main(void)
{
    TINYGEN_MODEL_RUN(tgdevice_model_input, tgdevice_model_output);
    tgdevice_stack_check();
    return DEVICE_EXIT_OK;
}
