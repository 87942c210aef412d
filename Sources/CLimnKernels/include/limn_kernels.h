// Everything the Swift side calls. Each group has a header of its own.
#ifndef LIMN_KERNELS_H
#define LIMN_KERNELS_H
#include "limn_isa.h"
#include "limn_pool.h"
#include "limn_memory.h"
#include "limn_layout.h"
#include "limn_copy.h"
#include "limn_elementwise.h"
#include "limn_reduce.h"
#include "limn_random.h"
#include "limn_moments.h"
#include "limn_gemm.h"
#include "limn_bf16.h"
#include "limn_blas.h"
#include "limn_norm.h"
#include "limn_attention.h"
#include "limn_resize.h"
#include "limn_reference.h"
#include "limn_ceiling.h"
#endif
