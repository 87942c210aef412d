// Loops that do nothing but keep one part of the processor busy. Each thread runs its loop at the same moment; rates add up.
#define _GNU_SOURCE
#include "limn_ceiling.h"
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { most_threads = 64 };

typedef struct {
  int index, threads;
  const float *memory;  // all threads' together
  long floats;
  double rate;
  pthread_barrier_t *together;
} part;

typedef void *(*loop)(void *);

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

// Uses the sums, so that the loop that made them is not left out.
static void keep(const void *sums, int count) {
  volatile float sink = 0;
  for (int i = 0; i < count; i++) {
    float value;
    memcpy(&value, (const char *)sums + 4 * i, 4);
    sink += value;
  }
}

// The best of three tries: a neighbour only ever takes from it.
static double best(loop body, int threads, const float *memory, long floats) {
  if (threads > most_threads) threads = most_threads;
  double most = 0;
  for (int try = 0; try < 3; try++) {
    pthread_barrier_t together;
    pthread_t thread[most_threads];
    part parts[most_threads];
    pthread_barrier_init(&together, NULL, (unsigned)threads);
    for (int i = 0; i < threads; i++) parts[i] = (part){i, threads, memory, floats, 0, &together};
    int begun = 1;
    while (begun < threads && !pthread_create(&thread[begun], NULL, body, &parts[begun])) begun++;
    if (begun < threads) {  // without all of them the barrier would never open
      for (int i = 1; i < begun; i++) pthread_cancel(thread[i]), pthread_join(thread[i], NULL);
      return most;
    }
    body(&parts[0]);
    double sum = parts[0].rate;
    for (int i = 1; i < threads; i++) pthread_join(thread[i], NULL), sum += parts[i].rate;
    pthread_barrier_destroy(&together);
    if (sum > most) most = sum;
  }
  return most;
}

#if defined(__x86_64__)
#include <immintrin.h>

// Twelve independent sums hide the latency of the multiply-add.
#define MULTIPLY_ADDS(name, features, vector, lanes, set, fma)                                    \
  __attribute__((target(features))) static void *name(void *p) {                                  \
    part *own = p;                                                                                \
    vector sum[12], factor = set(1.0001f), term = set(1e-6f);                                     \
    for (int i = 0; i < 12; i++) sum[i] = set((float)i);                                          \
    const long rounds = 6000000;                                                                  \
    pthread_barrier_wait(own->together);                                                          \
    const double start = seconds();                                                               \
    for (long k = 0; k < rounds; k++)                                                             \
      for (int i = 0; i < 12; i++) sum[i] = fma(sum[i], factor, term);                            \
    own->rate = 2.0 * lanes * 12 * (double)rounds / (seconds() - start);                          \
    keep(sum, lanes * 12);                                                                        \
    return NULL;                                                                                  \
  }
MULTIPLY_ADDS(multiply_adds_avx2, "avx2,fma", __m256, 8, _mm256_set1_ps, _mm256_fmadd_ps)
MULTIPLY_ADDS(multiply_adds_avx512, "avx512f", __m512, 16, _mm512_set1_ps, _mm512_fmadd_ps)

__attribute__((target("avx512f,avx512bf16"))) static void *products_avx512(void *p) {
  part *own = p;
  __m512 sum[12];
  __m512bh factor;
  memset(&factor, 0x3c, sizeof factor);
  for (int i = 0; i < 12; i++) sum[i] = _mm512_set1_ps((float)i);
  const long rounds = 4000000;
  pthread_barrier_wait(own->together);
  const double start = seconds();
  for (long k = 0; k < rounds; k++)
    for (int i = 0; i < 12; i++) sum[i] = _mm512_dpbf16_ps(sum[i], factor, factor);
  own->rate = 4.0 * 16 * 12 * (double)rounds / (seconds() - start);
  keep(sum, 16 * 12);
  return NULL;
}

__attribute__((target("amx-tile,amx-bf16,avx512f"))) static void *products_amx(void *p) {
  part *own = p;
  struct {
    uint8_t palette, start, rest[14];
    uint16_t bytes[16];
    uint8_t rows[16];
  } __attribute__((packed)) tiles;
  memset(&tiles, 0, sizeof tiles);
  tiles.palette = 1;
  for (int i = 0; i < 8; i++) tiles.bytes[i] = 64, tiles.rows[i] = 16;
  _tile_loadconfig(&tiles);
  enum { depth = 512 };  // two panels of 32 KiB: more than the first level holds beside each other
  uint16_t *a = aligned_alloc(64, 32 * depth * 2), *b = aligned_alloc(64, 32 * depth * 2);
  float *c = aligned_alloc(64, 32 * 32 * 4);
  const int can = a && b && c;
  for (int i = 0; can && i < 32 * depth; i++) a[i] = b[i] = (uint16_t)(0x3f80 + (i & 63));
  const long rounds = 50000;
  pthread_barrier_wait(own->together);
  const double start = seconds();
  for (long r = 0; can && r < rounds; r++) {
    _tile_zero(0), _tile_zero(1), _tile_zero(2), _tile_zero(3);
    for (int k = 0; k < depth / 32; k++) {
      _tile_loadd(4, a + k * 1024, 64), _tile_loadd(5, a + k * 1024 + 512, 64);
      _tile_loadd(6, b + k * 1024, 64), _tile_loadd(7, b + k * 1024 + 512, 64);
      _tile_dpbf16ps(0, 4, 6), _tile_dpbf16ps(1, 4, 7), _tile_dpbf16ps(2, 5, 6), _tile_dpbf16ps(3, 5, 7);
    }
    _tile_stored(0, c, 128), _tile_stored(1, c + 16, 128), _tile_stored(2, c + 512, 128), _tile_stored(3, c + 528, 128);
  }
  own->rate = can ? 2.0 * 32 * 32 * depth * (double)rounds / (seconds() - start) : 0;
  _tile_release();
  free(a), free(b), free(c);
  return NULL;
}
#endif

// One multiplication and one addition of separate sums, as any processor does them.
static void *multiply_adds_portable(void *p) {
  part *own = p;
  float sum[32];
  for (int i = 0; i < 32; i++) sum[i] = (float)i;
  const long rounds = 4000000;
  pthread_barrier_wait(own->together);
  const double start = seconds();
  for (long k = 0; k < rounds; k++)
    for (int i = 0; i < 32; i++) sum[i] = sum[i] * 1.0001f + 1e-6f;
  own->rate = 2.0 * 32 * (double)rounds / (seconds() - start);
  keep(sum, 32);
  return NULL;
}

static void *reads(void *p) {
  part *own = p;
  const long count = own->floats / own->threads / 64 * 64;
  const float *from = own->memory + own->index * count;
  float sum[64] = {0};
  pthread_barrier_wait(own->together);
  const double start = seconds();
  for (long i = 0; i < count; i += 64)
    for (int k = 0; k < 64; k++) sum[k] += from[i + k];
  own->rate = 4.0 * (double)count / (seconds() - start);
  keep(sum, 64);
  return NULL;
}

double limn_ceiling_f32(int threads) {
  loop body = multiply_adds_portable;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) body = multiply_adds_avx2;
  if (__builtin_cpu_supports("avx512f")) body = multiply_adds_avx512;
#endif
  return best(body, threads, NULL, 0);
}

double limn_ceiling_bf16(int threads) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  enum { ask_for_feature = 0x1023, tile_data = 18 };  // arch_prctl: the kernel grants the matrix unit on demand
  if (__builtin_cpu_supports("amx-bf16") && syscall(SYS_arch_prctl, ask_for_feature, tile_data) == 0) return best(products_amx, threads, NULL, 0);
  if (__builtin_cpu_supports("avx512bf16")) return best(products_avx512, threads, NULL, 0);
#endif
  return 0;
}

double limn_ceiling_memory(int threads) {
  const long floats = 1l << 26;  // 256 MiB
  float *memory = malloc((size_t)floats * sizeof(float));
  if (!memory) return 0;
  for (long i = 0; i < floats; i++) memory[i] = (float)(i & 7);
  const double rate = best(reads, threads, memory, floats);
  free(memory);
  return rate;
}
