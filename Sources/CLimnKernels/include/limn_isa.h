// Which instruction set the kernels use: chosen once from what the CPU has, or by LIMN_ISA=portable|avx2|avx512.
#ifndef LIMN_ISA_H
#define LIMN_ISA_H

// ORDER: every kernel table has one row for each of these.
typedef enum { LIMN_PORTABLE = 0, LIMN_AVX2 = 1, LIMN_AVX512 = 2, LIMN_ISA_COUNT = 3 } limn_isa;

// The instruction set in use.
limn_isa limn_isa_current(void);
// Whether this CPU can run `isa`.
int limn_isa_available(limn_isa isa);
// Uses `isa` from now on (for tests; call it while no kernel runs). Returns 0 if the CPU lacks it.
int limn_isa_use(limn_isa isa);
// "portable", "avx2", "avx512" (its f, bw, dq and vl parts).
const char *limn_isa_name(limn_isa isa);

#endif
