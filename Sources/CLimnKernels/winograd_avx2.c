#include "winograd_rows.h"
#if defined(__x86_64__)
#include <immintrin.h>
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define WINOGRAD_NAME limn_winograd_avx2
#include "winograd_lanes.h"
#pragma clang attribute pop
#else
const limn_winograd_kernels limn_winograd_avx2 = {0};  // never chosen
#endif
