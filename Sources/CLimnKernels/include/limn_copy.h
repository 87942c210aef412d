// Moving elements between layouts and types.
#ifndef LIMN_COPY_H
#define LIMN_COPY_H
#include "limn_layout.h"
#include <stddef.h>
#include <stdint.h>

// to = from, elements of `width` bytes (1, 2, 4 or 8), any strides, also negative.
void limn_copy(int width, int rank, limn_dims shape, const void *from, limn_dims fs, void *to, limn_dims ts);
// The same between types. Floats go to bf16 and f16 to nearest even, subnormals kept; to integers toward zero, NaN to 0, out of range to
// the nearest end; to bool by x ≠ 0. Integers go to narrower ones by their low bits.
void limn_convert(limn_dtype from_type, limn_dtype to_type, int rank, limn_dims shape, const void *from, limn_dims fs, void *to,
                  limn_dims ts);
// Writes `count` floats of value `value`.
void limn_fill_f32(float *to, size_t count, float value);

// Dense conversions of n values on the calling thread, for kernels that widen as they go.
void limn_widen_f16(const uint16_t *from, float *to, long n);
void limn_narrow_f16(const float *from, uint16_t *to, long n);
void limn_widen_bf16(const uint16_t *from, float *to, long n);
void limn_narrow_bf16(const float *from, uint16_t *to, long n);

#endif
