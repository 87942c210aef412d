#define _GNU_SOURCE
// Which bf16 unit is used.
#include "bf16_tile.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "limn_isa.h"
#include "processor.h"

static const char *const names[LIMN_BF16_UNIT_COUNT] = {
    [LIMN_BF16_NONE] = "none", [LIMN_BF16_EMULATED_AVX512] = "emulated-avx512", [LIMN_BF16_EMULATED_AMX] = "emulated-amx",
    [LIMN_BF16_AVX512] = "avx512", [LIMN_BF16_AMX] = "amx"};
static _Atomic int chosen = -1;

static int tiles_granted;
static pthread_once_t tiles_once = PTHREAD_ONCE_INIT;

/// A tile register is 8 KB of state more for every thread, so Linux wants to be asked (5.16 and later; earlier ones do not save tiles at all).
/// It refuses when an alternate signal stack is too small for it.
static void ask_for_tiles(void) {
#if defined(__x86_64__)
  enum { arch_req_xcomp_perm = 0x1023, tile_data = 18 };
  if (limn_processor() & LIMN_HAS_AMX_BF16) tiles_granted = syscall(SYS_arch_prctl, arch_req_xcomp_perm, tile_data) == 0;
#endif
}

const char *limn_bf16_name(limn_bf16_unit unit) { return names[unit]; }

int limn_bf16_available(limn_bf16_unit unit) {
  switch (unit) {
    case LIMN_BF16_AVX512: return (limn_processor() & LIMN_HAS_AVX512_BF16) != 0;
    case LIMN_BF16_AMX: pthread_once(&tiles_once, ask_for_tiles); return tiles_granted;
    default: return unit < LIMN_BF16_UNIT_COUNT;
  }
}

int limn_bf16_use(limn_bf16_unit unit) {
  if (!limn_bf16_available(unit)) return 0;
  atomic_store_explicit(&chosen, (int)unit, memory_order_relaxed);
  return 1;
}

limn_bf16_unit limn_bf16_current(void) {
  int now = atomic_load_explicit(&chosen, memory_order_relaxed);
  if (now >= 0) return (limn_bf16_unit)now;
  int best = LIMN_BF16_NONE;
  if (limn_isa_current() == LIMN_AVX512)
    for (int unit = LIMN_BF16_AVX512; unit <= LIMN_BF16_AMX; unit++)
      if (limn_bf16_available((limn_bf16_unit)unit)) best = unit;
  const char *asked = getenv("LIMN_BF16");
  if (asked && !strcmp(asked, "emulated")) best = LIMN_BF16_EMULATED_AMX;
  for (int unit = 0; asked && unit < LIMN_BF16_UNIT_COUNT; unit++)
    if (!strcmp(asked, names[unit]) && limn_bf16_available((limn_bf16_unit)unit)) best = unit;
  atomic_store_explicit(&chosen, best, memory_order_relaxed);
  return (limn_bf16_unit)best;
}

const limn_bf16_kernels *limn_bf16_choice(void) {
  static const limn_bf16_kernels *const table[LIMN_BF16_UNIT_COUNT] = {
      [LIMN_BF16_NONE] = &limn_bf16_emulated_amx, [LIMN_BF16_EMULATED_AVX512] = &limn_bf16_emulated_avx512,
      [LIMN_BF16_EMULATED_AMX] = &limn_bf16_emulated_amx, [LIMN_BF16_AVX512] = &limn_bf16_avx512,
      [LIMN_BF16_AMX] = &limn_bf16_amx};
  return table[limn_bf16_current()];
}
