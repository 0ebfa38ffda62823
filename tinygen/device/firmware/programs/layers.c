/* Measures every layer of one run by the layer hook.
 * A record spans from the end of one hook to the begin of the next; a record of two hooks called
 * one after the other is the cost of the hook itself, which the host subtracts. */
#include "tinygen_model.h"

enum { FIRST = -1, NOTHING = -2, LAST = -3 };

void tgdevice_layer_hook(int layer, const void *output, uint32_t output_bytes);

static ALIGNED int8_t input[TINYGEN_MODEL_INPUT_BYTES];
static ALIGNED int8_t output[TINYGEN_MODEL_OUTPUT_BYTES];
static intptr_t report;
static uint32_t resumed_at;

__attribute__((noipa)) void tgdevice_layer_hook(int layer, const void *layer_output,
                                              uint32_t output_bytes)
{
    tgdevice_region_end();
    const uint32_t ticks = tgdevice_timer_fine() - resumed_at;
    (void)layer_output;
    (void)output_bytes;
    tgdevice_report(report, "layer", (uint32_t)layer);
    tgdevice_report(report, "ticks", ticks);
    resumed_at = tgdevice_timer_fine();
    tgdevice_region_begin();
}

int main(void)
{
    const intptr_t inputs = tgdevice_open("inputs.bin", DEVICE_READ);
    if (tgdevice_read(inputs, input, TINYGEN_MODEL_INPUT_BYTES) != TINYGEN_MODEL_INPUT_BYTES) {
        return DEVICE_EXIT_FILE;
    }
    report = tgdevice_open("report.txt", DEVICE_WRITE);
    tgdevice_layer_hook(FIRST, output, TINYGEN_MODEL_OUTPUT_BYTES);
    tgdevice_layer_hook(NOTHING, output, TINYGEN_MODEL_OUTPUT_BYTES);
    TINYGEN_MODEL_RUN((const void *)input, (void *)output);
    tgdevice_layer_hook(LAST, output, TINYGEN_MODEL_OUTPUT_BYTES);
    tgdevice_close(report);
    tgdevice_stack_check();
    return DEVICE_EXIT_OK;
}
