/* Runs the golden vectors that the generated folder carries. */
#include "tinygen_model.h"

int main(void)
{
    const int result = (int)TINYGEN_MODEL_SELFTEST();
    const intptr_t report = device_open("report.txt", DEVICE_WRITE);
    device_report(report, "selftest", (uint32_t)result);
    device_close(report);
    device_stack_check();
    return DEVICE_EXIT_OK;
}
