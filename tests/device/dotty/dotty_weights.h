#ifndef DOTTY_WEIGHTS_H
#define DOTTY_WEIGHTS_H

#include <stdint.h>

extern const int8_t dotty_weights[64];

#endif
