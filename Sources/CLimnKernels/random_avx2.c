#include "random_rows.h"
#if defined(__x86_64__)
#include <string.h>
#pragma STDC FP_CONTRACT OFF
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define LANES 8
#define ROW limn_normals_avx2
#include "random_body.h"
#pragma clang attribute pop
#else
void limn_normals_avx2(float *d, long groups) { limn_normals_portable(d, groups); }
#endif
