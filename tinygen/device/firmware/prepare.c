/* What both start-ups do before main. */
#include "tinygen_device.h"

void device_prepare(void)
{
    device_stack_paint();
    device_timer_start();
}
