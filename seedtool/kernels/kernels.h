/* What the kernels share. They do numpy's operations in numpy's order: a machine that computes
 * float32 in more than that, or a compiler that fuses a product with a sum, would choose other
 * points. seedtool/accelerator.py declares and calls them. */
#ifndef SEEDTOOL_KERNELS_H
#define SEEDTOOL_KERNELS_H

#include <float.h>
#include <stddef.h>
#include <stdint.h>

#if !defined(__GNUC__) || FLT_EVAL_METHOD != 0
#error "no vectors, or float32 is not computed as such: seedtool does without these kernels"
#endif

#define PUBLIC __attribute__((visibility("default")))

/* One build for all of x86-64: more instructions where a machine has them, chosen on loading. */
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__)
#define MULTIVERSIONED __attribute__((target_clones("avx2", "default")))
#else
#define MULTIVERSIONED
#endif

/* Into each build of the function that calls it, or its instructions are those of all machines. */
#define INLINED static inline __attribute__((always_inline))

/* Four lanes, which every machine with vectors has. */
#define VECTOR 4
typedef float floats __attribute__((vector_size(4 * VECTOR), aligned(4)));
typedef int32_t ints __attribute__((vector_size(4 * VECTOR), aligned(4)));
typedef int16_t shorts __attribute__((vector_size(2 * VECTOR), aligned(2)));
#define EVERY(x) ((floats){0} + (x)) /* the same in all lanes */
#define SELECT(mask, yes, no) ((floats)(((mask) & (ints)(yes)) | (~(mask) & (ints)(no))))

#endif
