/* The firmware without a model: what start-up and exit cost. */
#include "tinygen_device.h"

int main(void)
{
    tgdevice_stack_check();
    return DEVICE_EXIT_OK;
}
