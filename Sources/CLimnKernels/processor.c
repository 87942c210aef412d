#include "processor.h"
#if defined(__x86_64__)
#include <cpuid.h>
#include <stdint.h>

/// The register state that the system saves for us. CPUID says what the processor could do; without this, the first wide instruction of a
/// program under a system that knows nothing of it would be its last.
static uint64_t saved_state(void) {
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

static unsigned look(void) {
  enum { sse_avx = 1 << 1 | 1 << 2, masks_zmm = 1 << 5 | 1 << 6 | 1 << 7, tiles = 1 << 17 | 1 << 18 };
  unsigned a, b, c, d, one_c, unused, found = 0;
  if (!__get_cpuid(1, &unused, &unused, &one_c, &unused) || !(one_c & 1u << 27)) return 0;  // no XGETBV
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  const unsigned most = a;
  const uint64_t state = saved_state();
  const int avx = (one_c & 1u << 28) && (one_c & 1u << 12) && (one_c & 1u << 29);  // avx, fma, f16c
  if ((state & sse_avx) != sse_avx || !avx || !(b & 1u << 5)) return 0;
  found |= LIMN_HAS_AVX2;
  if ((state & masks_zmm) != masks_zmm) return found;
  const unsigned wide = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // f, dq, bw, vl
  if ((b & wide) != wide) return found;
  found |= LIMN_HAS_AVX512;
  const unsigned amx = 1u << 22 | 1u << 24;  // amx-bf16, amx-tile
  if ((state & tiles) == tiles && (d & amx) == amx) found |= LIMN_HAS_AMX_BF16;
  if (most >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & 1u << 5)) found |= LIMN_HAS_AVX512_BF16;
  return found;
}

unsigned limn_processor(void) {
  static _Atomic unsigned found;  // bit 31: looked
  unsigned now = found;
  if (!now) found = now = look() | 1u << 31;
  return now;
}
#else
unsigned limn_processor(void) { return 0; }
#endif
