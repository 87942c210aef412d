// What the checks share: numbers to feed kernels with, memory with marks around it, counting.
#ifndef CHECK_H
#define CHECK_H
#include <stddef.h>
#include <stdint.h>
#include "limn_kernels.h"

/// Prints the line and counts a failure if `fine` is 0; counts either way.
void check(int fine, const char *format, ...) __attribute__((format(printf, 2, 3)));

/// The next of a fixed series of floats in [-1, 1).
float any(void);
/// `count` of them in memory aligned to 64 with marked space on both sides.
float *numbers(long count);
void *space(size_t bytes);
/// Whether the marks around `memory` are as they were. Frees it.
int kept(void *memory);

/// The first of n floats whose bits differ, NaN payloads apart, or -1.
long difference(const float *a, const float *b, long n);

void check_rows(int full);   // instruction sets against each other
void check_bf16(int full);   // bf16 units against each other and against double
void check_attention(int full);  // attention on them

#endif
