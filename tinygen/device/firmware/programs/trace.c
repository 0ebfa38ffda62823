/* Runs the model on the first vector of inputs.bin and writes every layer's output to layers.bin:
 * layer index, size in bytes, the bytes. */
#include "tinygen_model.h"

void tgdevice_layer_hook(int layer, const void *output, uint32_t output_bytes);

static ALIGNED int8_t input[TINYGEN_MODEL_INPUT_BYTES];
static ALIGNED int8_t output[TINYGEN_MODEL_OUTPUT_BYTES];
static intptr_t layers;

void tgdevice_layer_hook(int layer, const void *layer_output, uint32_t output_bytes)
{
    const uint32_t header[2] = {(uint32_t)layer, output_bytes};
    tgdevice_write(layers, header, sizeof header);
    tgdevice_write(layers, layer_output, output_bytes);
}

int main(void)
{
    const intptr_t inputs = tgdevice_open("inputs.bin", DEVICE_READ);
    if (tgdevice_read(inputs, input, TINYGEN_MODEL_INPUT_BYTES) != TINYGEN_MODEL_INPUT_BYTES) {
        return DEVICE_EXIT_FILE;
    }
    layers = tgdevice_open("layers.bin", DEVICE_WRITE);
    TINYGEN_MODEL_RUN((const void *)input, (void *)output);
    tgdevice_close(layers);
    tgdevice_stack_check();
    return DEVICE_EXIT_OK;
}
