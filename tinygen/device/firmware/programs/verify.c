/* Runs the model on every vector of inputs.bin and writes outputs.bin.
 * The buffers take all alignments in turn and lie between guards: the model may neither assume an
 * alignment, nor write its input, nor write outside its output. */
#include "tinygen_model.h"

#include <string.h>

enum { GUARD_BYTES = 16, GUARD = 0x5A, ALIGNMENTS = 4 };

static ALIGNED uint8_t input[TINYGEN_MODEL_INPUT_BYTES + ALIGNMENTS];
static ALIGNED uint8_t output[GUARD_BYTES + TINYGEN_MODEL_OUTPUT_BYTES + ALIGNMENTS + GUARD_BYTES];

static uint32_t checksum(const uint8_t *data, uint32_t bytes)
{
    uint32_t sum = 2166136261u; /* FNV-1a: any single write changes it */
    for (uint32_t i = 0; i < bytes; i++) {
        sum = (sum ^ data[i]) * 16777619u;
    }
    return sum;
}

static void require_guard(const uint8_t *data, const uint8_t *end)
{
    while (data < end) {
        if (*data++ != GUARD) {
            tgdevice_exit(DEVICE_EXIT_OUT_OF_BOUNDS);
        }
    }
}

static void run_one(uint32_t offset)
{
    uint8_t *const result = output + GUARD_BYTES + offset;
    memset(output, GUARD, sizeof output);
    const uint32_t before = checksum(input, sizeof input);
    TINYGEN_MODEL_RUN((const void *)(input + offset), (void *)result);
    if (checksum(input, sizeof input) != before) {
        tgdevice_exit(DEVICE_EXIT_INPUT_WRITTEN);
    }
    require_guard(output, result);
    require_guard(result + TINYGEN_MODEL_OUTPUT_BYTES, output + sizeof output);
    tgdevice_stack_check();
}

int main(void)
{
    const intptr_t inputs = tgdevice_open("inputs.bin", DEVICE_READ);
    const intptr_t outputs = tgdevice_open("outputs.bin", DEVICE_WRITE);
    uint32_t offset = 0;
    while (tgdevice_read(inputs, input + offset, TINYGEN_MODEL_INPUT_BYTES) == TINYGEN_MODEL_INPUT_BYTES) {
        run_one(offset);
        tgdevice_write(outputs, output + GUARD_BYTES + offset, TINYGEN_MODEL_OUTPUT_BYTES);
        offset = (offset + TINYGEN_ALIGNMENT_STEP) % ALIGNMENTS;
    }
    tgdevice_close(outputs);
    return DEVICE_EXIT_OK;
}
