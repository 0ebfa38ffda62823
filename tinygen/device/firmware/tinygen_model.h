/* The model under test by neutral names; the build passes the names of the generated folder. All
 * names of the firmware are chosen so that they clash with those of hardly any model. */
#ifndef TINYGEN_MODEL_H
#define TINYGEN_MODEL_H

#include TINYGEN_MODEL_HEADER

#include "tinygen_device.h"

/* Generated code may ask for no alignment of its buffers; C compilers align arrays by type. */
#define ALIGNED __attribute__((aligned(16)))

#endif
