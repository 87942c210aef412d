// Box and Muller in float, with the polynomials of torch's vector path (Cephes), in vectors of LANES. Each fma is one rounding and must stay where it
// is: with any other one value in some hundreds differs from torch's. Included once for each instruction set, which names the row in ROW.
#include "lanes.h"
#include "random_rows.h"

// ln x for x in (0, 1]
ALWAYS vf natural_log(vf x) {
  vf least = fill(0x1p-126f);
  x = pick(x < least, least, x);
  vf e = __builtin_convertvector(((vi)x >> 23) - 127, vf) + 1.0f;
  x = (vf)(((vi)x & ~0x7f800000) | 0x3f000000);  // [½, 1)
  vi low = x < 0.707106781186547524f;
  e = pick(low, e - 1.0f, e);
  x = pick(low, (x - 1.0f) + x, x - 1.0f);
  static const float p[9] = {7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f,
                             -1.6668057665e-1f, 2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f};
  vf z = x * x, y = fill(p[0]);
  for (int i = 1; i < 9; i++) y = fma_s(y, x, p[i]);
  y = fma_f(y * x, z, e * -2.12194440e-4f);
  y = fma_f(-z, fill(0.5f), y);
  return fma_f(e, fill(0.693359375f), x + y);
}

// sin x and cos x for x in [0, 2π)
ALWAYS void sine_cosine(vf x, vf *sine_out, vf *cosine_out) {
  vi j = (__builtin_convertvector(x * 1.27323954473516f, vi) + 1) & ~1;
  vf k = __builtin_convertvector(j, vf);
  x = fma_f(k, fill(-0.78515625f), x);
  x = fma_f(k, fill(-2.4187564849853515625e-4f), x);
  x = fma_f(k, fill(-3.77489497744594108e-8f), x);
  vf z = x * x;
  vf a = fma_s(fma_s(fill(2.443315711809948e-5f), z, -1.388731625493765e-3f), z, 4.166664568298827e-2f);
  a = fma_f(a * z, z, -(z * 0.5f)) + 1.0f;
  vf b = fma_s(fma_s(fill(-1.9515295891e-4f), z, 8.3321608736e-3f), z, -1.6666654611e-1f);
  b = fma_f(b * z, x, x);
  vi swap = (j & 2) != 0;
  vf s = pick(swap, a, b), c = pick(swap, b, a);
  *sine_out = (vf)((vi)s ^ (j & 4) << 29);
  *cosine_out = (vf)((vi)c ^ (~(j - 2) & 4) << 29);
}

// Value i and value i + 8 of a group are a pair.
void ROW(float *d, long groups) {
  for (long g = 0; g < groups; g++, d += 16)
    for (int i = 0; i < 8; i += LANES) {
      vf radius = __builtin_elementwise_sqrt(natural_log(1.0f - load(d + i)) * -2.0f), s, c;
      sine_cosine(load(d + i + 8) * 6.283185307179586f, &s, &c);
      store(d + i, radius * c);
      store(d + i + 8, radius * s);
    }
}
