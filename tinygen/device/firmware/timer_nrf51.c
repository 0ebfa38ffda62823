/* Timers of the nRF51: TIMER0 counts every tick, TIMER1 every 512th. */
#include "tinygen_device.h"

#define TIMER0(offset) (*(volatile uint32_t *)(TINYGEN_TIMER_BASE + (offset)))
#define TIMER1(offset) (*(volatile uint32_t *)(TINYGEN_TIMER_BASE + 0x1000u + (offset)))

enum {
    TASKS_START = 0x000,
    TASKS_CLEAR = 0x00C,
    TASKS_CAPTURE0 = 0x040,
    MODE = 0x504,
    BITMODE = 0x508,
    PRESCALER = 0x510,
    CC0 = 0x540
};

void tgdevice_timer_start(void)
{
    TIMER0(MODE) = 0;
    TIMER0(BITMODE) = 3; /* 32 bits */
    TIMER0(PRESCALER) = 0;
    TIMER1(MODE) = 0;
    TIMER1(BITMODE) = 3;
    TIMER1(PRESCALER) = 9;
    TIMER0(TASKS_CLEAR) = 1;
    TIMER1(TASKS_CLEAR) = 1;
    TIMER0(TASKS_START) = 1;
    TIMER1(TASKS_START) = 1;
}

uint32_t tgdevice_timer_fine(void)
{
    TIMER0(TASKS_CAPTURE0) = 1;
    return TIMER0(CC0);
}

uint32_t tgdevice_timer_coarse(void)
{
    TIMER1(TASKS_CAPTURE0) = 1;
    return TIMER1(CC0);
}
