/* Runs the golden vectors that the generated folder carries. */
#include "model.h"

int MODEL_SELFTEST(void);

int main(void)
{
    const int result = MODEL_SELFTEST();
    const intptr_t report = device_open("report.txt", DEVICE_WRITE);
    device_report(report, "selftest", (uint32_t)result);
    device_close(report);
    device_stack_check();
    return DEVICE_EXIT_OK;
}
