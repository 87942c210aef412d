#include "winograd_rows.h"
#if defined(__x86_64__)
#include <immintrin.h>
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define LANES 16
#define WINOGRAD_NAME limn_winograd_avx512
#include "winograd_lanes.h"
#pragma clang attribute pop
#else
const limn_winograd_kernels limn_winograd_avx512 = {0};  // never chosen
#endif
