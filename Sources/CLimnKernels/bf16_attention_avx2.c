#include "bf16_attention.h"
#if defined(__x86_64__)
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define LANES_NAME limn_bf16_attention_avx2
#include "bf16_attention_lanes.h"
#pragma clang attribute pop
#else
const limn_bf16_attention_kernels limn_bf16_attention_avx2 = {0};  // never chosen
#endif
