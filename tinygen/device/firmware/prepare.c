/* What both start-ups do before main. */
#include "tinygen_device.h"

void tgdevice_prepare(void)
{
    tgdevice_stack_paint();
    tgdevice_timer_start();
}
