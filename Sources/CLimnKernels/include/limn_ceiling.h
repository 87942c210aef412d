// What the processor can do at best, to hold kernels against. Not kernels themselves: nothing computes with these.
#ifndef LIMN_CEILING_H
#define LIMN_CEILING_H

// Single-precision multiply-adds in registers, in floating-point operations a second over so many threads.
double limn_ceiling_f32(int threads);
// Products of bf16 numbers summed in f32 on the matrix unit, its operands streamed from the second-level cache as a convolution streams
// them, or on AVX-512 where there is no matrix unit; 0 where there is neither.
double limn_ceiling_bf16(int threads);
// Bytes read a second, from memory that no cache holds.
double limn_ceiling_memory(int threads);

#endif
