/* Types and macros that every tinygen kernel shares.
 *
 * SPDX-License-Identifier: MIT-0 */
#ifndef TG_COMMON_H
#define TG_COMMON_H

#include <stdint.h>
#include <string.h>

/* The version of the structs and of their meaning. Generated code checks it at compile time. */
#define TG_RUNTIME_VERSION 1

/* An attribute that puts all kernels into a section, e.g. of fast memory. */
#ifndef TG_KERNEL_SECTION
#define TG_KERNEL_SECTION
#endif

#if defined(__GNUC__) || defined(__clang__)
/* Weak: two models in one firmware bring the same kernels, and the linker keeps one copy. */
#define TG_KERNEL __attribute__((weak)) TG_KERNEL_SECTION
#define TG_INLINE static inline __attribute__((always_inline))
/* For hot loops that need all registers for themselves. */
#define TG_NOINLINE __attribute__((noinline))
/* For code of which every run needs little: compiled for size. */
#define TG_COMPACT __attribute__((cold, noinline))
/* For code that only such code calls, and that runs often all the same. */
#define TG_HOT __attribute__((hot, noinline))
#define TG_ALIGNED(bytes) __attribute__((aligned(bytes)))
#elif defined(__ICCARM__)
#define TG_KERNEL __weak TG_KERNEL_SECTION
#define TG_INLINE static inline
#define TG_NOINLINE
#define TG_COMPACT
#define TG_HOT
#define TG_ALIGNED(bytes) _Pragma("data_alignment=8")
#else
#error "tinygen needs GCC, Clang, Arm Compiler 6 or IAR: its kernels are weak symbols and its arrays are aligned"
#endif

/* For hot loops whose plain variables GCC would make vectors of, which then do not fit in registers. */
#if defined(__ARM_FEATURE_MVE) && defined(__GNUC__) && !defined(__clang__)
#define TG_SCALAR __attribute__((noinline, optimize("no-tree-vectorize", "no-tree-slp-vectorize")))
#else
#define TG_SCALAR TG_NOINLINE
#endif

#ifdef __cplusplus
#define TG_EXTERN_C_BEGIN extern "C" {
#define TG_EXTERN_C_END }
#else
#define TG_EXTERN_C_BEGIN
#define TG_EXTERN_C_END
#endif

/* Does nothing; but the compiler moves no load across it. Otherwise it would load all that an unrolled loop needs
 * ahead of time, and run out of registers. */
#if defined(__GNUC__)
TG_INLINE void tg_keep_order(void)
{
    __asm__ volatile("" ::: "memory");
}
#else
TG_INLINE void tg_keep_order(void)
{
}
#endif

/* A sliding window over the height and width of an NHWC tensor. */
struct tg_window {
    int16_t in_height;
    int16_t in_width;
    int16_t out_height;
    int16_t out_width;
    int16_t kernel_height;
    int16_t kernel_width;
    int16_t stride_height;
    int16_t stride_width;
    int16_t dilation_height;
    int16_t dilation_width;
    int16_t pad_top;
    int16_t pad_left;
    int16_t pad_right;
};

#endif
