// The Mersenne twister and the distributions of torch's CPU generator, bit for bit.
#ifndef LIMN_RANDOM_H
#define LIMN_RANDOM_H
#include <stdint.h>

typedef struct {
  uint32_t words[624];
  int32_t position;     // words used of the current 624
  int32_t has_normal;   // whether `normal` waits
  double normal;        // the second of a pair, for draws of fewer than 16 values
} limn_twister;

// Starts from a number, as torch does from the low 32 bits of a seed.
void limn_twister_seed(limn_twister *g, uint32_t seed);
// Starts from several words (Matsumoto and Nishimura's init_by_array).
void limn_twister_seed_words(limn_twister *g, const uint32_t *words, long count);
uint32_t limn_twister_next(limn_twister *g);
uint64_t limn_twister_next64(limn_twister *g);

// torch.rand, torch.randn, torch.randint, torch.randperm.
void limn_rand_f32(limn_twister *g, float *out, long n);
void limn_randn_f32(limn_twister *g, float *out, long n);
void limn_randint_i64(limn_twister *g, int64_t low, uint64_t range, int64_t *out, long n);
void limn_randperm_i64(limn_twister *g, int64_t *out, long n);

#endif
