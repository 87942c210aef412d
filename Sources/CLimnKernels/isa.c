#include "limn_isa.h"
#include "processor.h"
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[LIMN_ISA_COUNT] = {[LIMN_PORTABLE] = "portable", [LIMN_AVX2] = "avx2", [LIMN_AVX512] = "avx512"};
static _Atomic int chosen = -1;

const char *limn_isa_name(limn_isa isa) { return names[isa]; }

int limn_isa_available(limn_isa isa) {
  if (isa == LIMN_PORTABLE) return 1;
  const unsigned has = limn_processor();
  if (isa == LIMN_AVX2) return (has & LIMN_HAS_AVX2) != 0;
  if (isa == LIMN_AVX512) return (has & LIMN_HAS_AVX2) && (has & LIMN_HAS_AVX512);
  return 0;
}

int limn_isa_use(limn_isa isa) {
  if (!limn_isa_available(isa)) return 0;
  atomic_store_explicit(&chosen, (int)isa, memory_order_relaxed);
  return 1;
}

limn_isa limn_isa_current(void) {
  int now = atomic_load_explicit(&chosen, memory_order_relaxed);
  if (now >= 0) return (limn_isa)now;
  int best = LIMN_PORTABLE;
  for (int i = 0; i < LIMN_ISA_COUNT; i++)
    if (limn_isa_available((limn_isa)i)) best = i;
  const char *asked = getenv("LIMN_ISA");
  if (asked)
    for (int i = 0; i < LIMN_ISA_COUNT; i++)
      if (!strcmp(asked, names[i]) && limn_isa_available((limn_isa)i)) best = i;
  atomic_store_explicit(&chosen, best, memory_order_relaxed);
  return (limn_isa)best;
}
