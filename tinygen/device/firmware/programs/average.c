/* Runs the model on every vector of inputs.bin, writes outputs.bin, and reports the instructions of all runs together:
 * those of a model may depend on its input. A function without the model is measured in the same way. */
#include "tinygen_model.h"

typedef void subject(const void *input, void *output);

static ALIGNED int8_t input[TINYGEN_MODEL_INPUT_BYTES];
static ALIGNED int8_t output[TINYGEN_MODEL_OUTPUT_BYTES];

__attribute__((noipa)) static uint32_t ticks_of(subject *run)
{
    const uint32_t fine = tgdevice_timer_fine();
    run(input, output);
    return tgdevice_timer_fine() - fine;
}

int main(void)
{
    const intptr_t inputs = tgdevice_open("inputs.bin", DEVICE_READ);
    const intptr_t outputs = tgdevice_open("outputs.bin", DEVICE_WRITE);
    const intptr_t report = tgdevice_open("report.txt", DEVICE_WRITE);
    uint32_t empty = 0, model = 0;
    while (tgdevice_read(inputs, input, TINYGEN_MODEL_INPUT_BYTES) == TINYGEN_MODEL_INPUT_BYTES) {
        empty += ticks_of(TINYGEN_MODEL_NOTHING);
        model += ticks_of((subject *)TINYGEN_MODEL_RUN);
        tgdevice_write(outputs, output, TINYGEN_MODEL_OUTPUT_BYTES);
    }
    tgdevice_report(report, "empty_fine_ticks", empty);
    tgdevice_report(report, "model_fine_ticks", model);
    tgdevice_close(outputs);
    tgdevice_close(report);
    tgdevice_stack_check();
    return DEVICE_EXIT_OK;
}
