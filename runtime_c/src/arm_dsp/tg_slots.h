/* Words that an assembly function keeps outside of the core registers: slots 0 to 15 in the FPU, where a word is moved
 * in a cycle, or else on the stack; slots 16 to 22 always on the stack.
 *
 *   keep slot, register     recall register, slot
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_SLOTS_H
#define TG_SLOTS_H

#if defined(__ARM_FP) && (__ARM_FP & 4)
#define TG_SLOTS_MACROS                                  \
    ".macro keep slot, register\n"                      \
    ".if \\slot < 16\n"                                 \
    "vmov s\\slot, \\register\n"                        \
    ".else\n"                                           \
    "str \\register, [sp, #4 * (\\slot - 16)]\n"        \
    ".endif\n"                                          \
    ".endm\n"                                           \
    ".macro recall register, slot\n"                    \
    ".if \\slot < 16\n"                                 \
    "vmov \\register, s\\slot\n"                        \
    ".else\n"                                           \
    "ldr \\register, [sp, #4 * (\\slot - 16)]\n"        \
    ".endif\n"                                          \
    ".endm\n"
#define TG_SLOTS_RESERVE "sub sp, sp, #28\n"
#define TG_SLOTS_RELEASE "add sp, sp, #28\n"
#else
#define TG_SLOTS_MACROS                                  \
    ".macro keep slot, register\n"                      \
    "str \\register, [sp, #4 * \\slot]\n"               \
    ".endm\n"                                           \
    ".macro recall register, slot\n"                    \
    "ldr \\register, [sp, #4 * \\slot]\n"               \
    ".endm\n"
#define TG_SLOTS_RESERVE "sub sp, sp, #92\n"
#define TG_SLOTS_RELEASE "add sp, sp, #92\n"
#endif

/* Behind the last instruction: the names are free again. */
#define TG_SLOTS_END ".purgem keep\n.purgem recall\n"

#endif
