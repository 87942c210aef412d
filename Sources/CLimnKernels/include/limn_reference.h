// What the fast kernels mean, one value at a time. Tests compare bits; nothing else calls this.
#ifndef LIMN_REFERENCE_H
#define LIMN_REFERENCE_H
#include "limn_elementwise.h"

float limn_reference_unary(limn_unary op, float x, float p, float q);
float limn_reference_binary(limn_binary op, float a, float b, float p, float q);
float limn_reference_from_f16(uint16_t h);
uint16_t limn_reference_to_f16(float x);
float limn_reference_from_bf16(uint16_t h);
uint16_t limn_reference_to_bf16(float x);

#endif
