/* What the assembly of tg_fully_connected_few_dsp.h and of its brothers names.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_FEW_PLACES_H
#define TG_FEW_PLACES_H

#include "tg_assembly.h"

/* Of a naked function: it comes in a register, and the compiler sees no use of it. */
#define ARGUMENT __attribute__((unused))

/* Fields of the layer in r0. */
#define WEIGHTS "[r0]"
#define WORDS "[r0, #4]"
#define DEPTH "[r0, #8]"
#define TWO_BYTES "[r0, #12]"
#define TWOS "[r0, #16]"
#define ONES "[r0, #20]"
#define FORM "[r0, #24]"

/* What lies on the stack: the layer, the inputs and their end, where the next outputs and words are, what is left of
 * twos and ones. */
#define AT_LAYER "[sp]"
#define AT_IN "[sp, #4]"
#define AT_END "[sp, #8]"
#define AT_OUT "[sp, #12]"
#define AT_WORDS "[sp, #16]"
#define AT_TWOS "[sp, #20]"
#define AT_ONES "[sp, #24]"

#endif
