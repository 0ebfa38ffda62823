/* Measures one run of the model: executed instructions, cycles (by the markers), stack.
 * The same code measures a function without the model; the difference is the model's alone. */
#include "tinygen_model.h"

/* Whatever the element types of the model are: pointers of all types are passed alike. */
typedef void subject(const void *input, void *output);

struct measurement {
    uint32_t fine_ticks;
    uint32_t coarse_ticks;
};

static ALIGNED int8_t input[TINYGEN_MODEL_INPUT_BYTES];
static ALIGNED int8_t output[TINYGEN_MODEL_OUTPUT_BYTES];

__attribute__((noipa)) static struct measurement measure_instructions(subject *run)
{
    struct measurement result;
    const uint32_t coarse = tgdevice_timer_coarse();
    const uint32_t fine = tgdevice_timer_fine();
    run(input, output);
    result.fine_ticks = tgdevice_timer_fine() - fine;
    result.coarse_ticks = tgdevice_timer_coarse() - coarse;
    return result;
}

/* Marks the region whose cycles count; returns the bytes below the stack pointer that `run` wrote.
 * The markers use no stack. */
__attribute__((noipa)) static uint32_t measure_cycles_and_stack(subject *run)
{
    tgdevice_stack_paint();
    tgdevice_region_begin();
    run(input, output);
    tgdevice_region_end();
    return (uint32_t)(tgdevice_stack_pointer() - tgdevice_stack_lowest());
}

int main(void)
{
    const intptr_t inputs = tgdevice_open("inputs.bin", DEVICE_READ);
    if (tgdevice_read(inputs, input, TINYGEN_MODEL_INPUT_BYTES) != TINYGEN_MODEL_INPUT_BYTES) {
        return DEVICE_EXIT_FILE;
    }
    const intptr_t report = tgdevice_open("report.txt", DEVICE_WRITE);
    const struct measurement nothing = measure_instructions(TINYGEN_MODEL_NOTHING);
    const struct measurement model = measure_instructions((subject *)TINYGEN_MODEL_RUN);
    tgdevice_report(report, "empty_fine_ticks", nothing.fine_ticks);
    tgdevice_report(report, "model_fine_ticks", model.fine_ticks);
    tgdevice_report(report, "model_coarse_ticks", model.coarse_ticks);
    (void)measure_cycles_and_stack(TINYGEN_MODEL_NOTHING);
    tgdevice_report(report, "stack_bytes", measure_cycles_and_stack((subject *)TINYGEN_MODEL_RUN));
    tgdevice_report(report, "input_bytes", TINYGEN_INPUT_IS_CALLERS ? TINYGEN_MODEL_INPUT_BYTES : 0);
    tgdevice_report(report, "output_bytes", TINYGEN_MODEL_OUTPUT_BYTES);
    tgdevice_close(report);
    tgdevice_stack_check();
    return DEVICE_EXIT_OK;
}
