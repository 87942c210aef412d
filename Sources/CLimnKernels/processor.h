// What the processor has and the system lets a program use: instructions by CPUID, register state by XCR0. Private to this module.
#ifndef LIMN_PROCESSOR_H
#define LIMN_PROCESSOR_H

enum {
  LIMN_HAS_AVX2 = 1,         // avx2, fma, f16c
  LIMN_HAS_AVX512 = 2,       // avx512 f, bw, dq, vl
  LIMN_HAS_AVX512_BF16 = 4,  // vdpbf16ps
  LIMN_HAS_AMX_BF16 = 8,     // amx-tile, amx-bf16; using it takes the system's permission as well
};
unsigned limn_processor(void);

#endif
