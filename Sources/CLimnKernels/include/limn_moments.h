// One update of AdamW (Loshchilov and Hutter 2019, arXiv:1711.05101, algorithm 2), its moments as floats or in a byte each.
//
// Per number, in PyTorch's order: m += take1 (g − m); v = keep2 v + take2 g g; x = x decay − rate m / (√v / root + epsilon).
#ifndef LIMN_MOMENTS_H
#define LIMN_MOMENTS_H
#include <stdint.h>

typedef struct { float decay, rate, take1, keep2, take2, root, epsilon; } limn_adamw;

// So many numbers share a scale.
enum { LIMN_MOMENT_BLOCK = 256 };

void limn_adamw_f32(float *x, const float *g, float *m, float *v, int64_t count, limn_adamw rule);

// The same with m and v rounded to bytes after each update. Of each block the greatest |m| and v are kept as floats, `m_top` and `v_top`; a byte q
// stands for m = ± m_top a⁴, a = |q − 128| / 127, and for v = v_top (q / 255)⁴: finer near 0, where most of them are. A v above 0 is never
// rounded to 0, which would make a step of any length.
void limn_adamw_u8(float *x, const float *g, uint8_t *m, float *m_top, uint8_t *v, float *v_top, int64_t count, limn_adamw rule);

#endif
