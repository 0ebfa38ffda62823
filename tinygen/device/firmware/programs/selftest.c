/* Runs the golden vectors that the generated folder carries. */
#include "tinygen_model.h"

int main(void)
{
    const int result = (int)TINYGEN_MODEL_SELFTEST(TGDEVICE_MEMORY);
    const intptr_t report = tgdevice_open("report.txt", DEVICE_WRITE);
    tgdevice_report(report, "selftest", (uint32_t)result);
    tgdevice_close(report);
    tgdevice_stack_check();
    return DEVICE_EXIT_OK;
}
