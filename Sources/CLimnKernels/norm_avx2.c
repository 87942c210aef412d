#include "norm_rows.h"
#if defined(__x86_64__)
#include <immintrin.h>
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define LANES 8
#define ROWS_NAME limn_rows_avx2
#include "norm_lanes.h"
#pragma clang attribute pop
#else
const limn_row_kernels limn_rows_avx2 = {0};  // never chosen
#endif
