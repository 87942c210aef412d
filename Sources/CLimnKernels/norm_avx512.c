#include "norm_rows.h"
#if defined(__x86_64__)
#include <immintrin.h>
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl"))), apply_to = function)
#define LANES 16
#define ROWS_NAME limn_rows_avx512
#include "norm_lanes.h"
#pragma clang attribute pop
#else
const limn_row_kernels limn_rows_avx512 = {0};  // never chosen
#endif
