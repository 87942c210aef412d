// Groups of sixteen uniform numbers in [0, 1) become sixteen normal ones, for each instruction set.
#ifndef LIMN_RANDOM_ROWS_H
#define LIMN_RANDOM_ROWS_H
#include "limn_isa.h"
#include "limn_random.h"

void limn_normals_portable(float *d, long groups);
void limn_normals_avx2(float *d, long groups);

#endif
