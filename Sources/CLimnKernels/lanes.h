// Vectors of LANES floats, and our exp, log, sin, cos, tanh and erf on them. Each file that includes this is one row of the kernel
// tables: it defines LANES, and for its instruction set puts `#pragma clang attribute push` around the include. Every multiply-add that is one
// rounding is written as such (fma), and contraction is off, so that all rows and reference.c give the same bytes.
#include <stdint.h>
#include <string.h>

// Wide vectors in arguments would matter to the calling convention; every function here is inlined.
#pragma clang diagnostic ignored "-Wpsabi"

typedef float vf __attribute__((vector_size(4 * LANES)));
typedef int32_t vi __attribute__((vector_size(4 * LANES)));
typedef double vd __attribute__((vector_size(8 * LANES)));
typedef int64_t vl __attribute__((vector_size(8 * LANES)));
typedef uint8_t vb __attribute__((vector_size(LANES)));
typedef uint16_t vh __attribute__((vector_size(2 * LANES)));

#define ALWAYS static inline __attribute__((always_inline))

ALWAYS vf load(const float *p) { vf v; memcpy(&v, p, sizeof v); return v; }
ALWAYS void store(float *p, vf v) { memcpy(p, &v, sizeof v); }
ALWAYS vf fill(float x) { vf v = {0}; return v + x; }
ALWAYS vf pick(vi mask, vf yes, vf no) { return (vf)((mask & (vi)yes) | (~mask & (vi)no)); }
ALWAYS vf fma_f(vf a, vf b, vf c) { return __builtin_elementwise_fma(a, b, c); }
ALWAYS vd fma_d(vd a, vd b, vd c) { return __builtin_elementwise_fma(a, b, c); }
ALWAYS vf fma_s(vf a, vf b, float c) { return fma_f(a, b, fill(c)); }
ALWAYS vf magnitude(vf x) { return (vf)((vi)x & 0x7fffffff); }
ALWAYS vf with_sign(vf x, vf sign) { return (vf)(((vi)x & 0x7fffffff) | ((vi)sign & (int32_t)0x80000000)); }
ALWAYS vf round_even(vf x) { return __builtin_elementwise_roundeven(x); }
ALWAYS vf power_of_two(vi n) { return (vf)((n + 127) << 23); }  // -126 ≤ n ≤ 127

// eˣ = 2ⁿ · p with p = 1 + r + r² P(r), |r| ≤ ln 2 / 2: returns p and leaves n, a whole number.
ALWAYS vf exp_part(vf x, vf *n) {
  *n = round_even(x * 1.44269504f);
  vf r = fma_f(*n, fill(-0.693359375f), x);
  r = fma_f(*n, fill(2.12194440e-4f), r);
  vf p = fill(1.382104238e-3f);
  p = fma_s(p, r, 8.368670940e-3f);
  p = fma_s(p, r, 4.166826233e-2f);
  p = fma_s(p, r, 1.666652113e-1f);
  p = fma_s(p, r, 4.999999404e-1f);
  return fma_f(p, r * r, r) + 1.0f;
}

// eˣ for -87 ≤ x ≤ 87, with the values of exp_f in half of its steps.
ALWAYS vf exp_near(vf x) {
  vf n;
  vf p = exp_part(x, &n);
  return (vf)((vi)p + (__builtin_convertvector(n, vi) << 23));
}

// eˣ, at most 1 ulp off. Two steps to 2ⁿ, so that subnormal results are rounded once.
ALWAYS vf exp_f(vf x) {
  vi number = x == x;
  vf c = pick(x > 89.0f, fill(89.0f), x), n;
  c = pick(c < -104.0f, fill(-104.0f), c);
  vf p = exp_part(c, &n);
  n = pick(number, n, fill(0));
  vi k = __builtin_convertvector(n, vi), half = k >> 1;
  return p * power_of_two(half) * power_of_two(k - half);
}

// ln x: e ln 2 + f − f²/2 + f³ P(f), 1 + f in [√½, √2).
ALWAYS vf log_f(vf x) {
  vi small = x < 1.17549435e-38f;
  vf scaled = pick(small, x * 8388608.0f, x);
  vi bits = (vi)scaled;
  vi e = ((bits - 0x3f3504f3) >> 23);  // √½ has the bits 3f3504f3
  vf f = (vf)(bits - (e << 23)) - 1.0f;
  vf n = __builtin_convertvector(e, vf) - pick(small, fill(23.0f), fill(0));
  vf p = fill(6.750956178e-2f);
  p = fma_s(p, f, -1.167144924e-1f);
  p = fma_s(p, f, 1.188356802e-1f);
  p = fma_s(p, f, -1.240603179e-1f);
  p = fma_s(p, f, 1.422032714e-1f);
  p = fma_s(p, f, -1.666799635e-1f);
  p = fma_s(p, f, 2.000207305e-1f);
  p = fma_s(p, f, -2.500000894e-1f);
  p = fma_s(p, f, 3.333331347e-1f);
  vf z = f * f;
  vf y = fma_f(p * f, z, n * -2.12194440e-4f);
  y = fma_f(z, fill(-0.5f), y);
  y = fma_f(n, fill(0.693359375f), f + y);
  vf inf = fill(__builtin_inff());
  y = pick(x == inf, inf, y);
  y = pick(x == 0.0f, -inf, y);
  return pick((x < 0.0f) | (x != x), fill(__builtin_nanf("")), y);
}

// sin x, or cos x with quarter = 1. The angle is reduced and the polynomial taken in double: right to the last bit or next to it for
// |x| < 2³¹; beyond that, neighbouring floats are hundreds of turns apart and the result is 0 (cos: 1) or NaN for infinities.
ALWAYS vf sine(vf x, int quarter) {
  vd d = __builtin_convertvector(x, vd);
  vl inside = (d < 2147483648.0) & (d > -2147483648.0);
  d = (vd)((vl)d & inside);
  vd k = __builtin_elementwise_roundeven(d * 0.63661977236758134308);
  vd r = fma_d(k, (vd){0} - 1.57079632679489655800e+00, d);
  r = fma_d(k, (vd){0} - 6.12323399573676603587e-17, r);
  vl q = __builtin_convertvector(k, vl) + quarter;
  vd z = r * r, zero = {0};
  vd s = zero - 2.47615992057082129e-08;
  s = fma_d(s, z, zero + 2.75553569783158087e-06);
  s = fma_d(s, z, zero - 1.98412638187768552e-04);
  s = fma_d(s, z, zero + 8.33333332526188172e-03);
  s = fma_d(s, z, zero - 1.66666666666314994e-01);
  s = fma_d(s * z, r, r);
  vd c = zero + 2.06461037053666171e-09;
  c = fma_d(c, z, zero - 2.75555385077244483e-07);
  c = fma_d(c, z, zero + 2.48015807921743114e-05);
  c = fma_d(c, z, zero - 1.38888888778055915e-03);
  c = fma_d(c, z, zero + 4.16666666665980664e-02);
  c = fma_d(c * z, z, fma_d(z, zero - 0.5, zero + 1.0));
  vl odd = -(q & 1), flip = (q & 2) << 62;
  vd y = (vd)(((odd & (vl)c) | (~odd & (vl)s)) ^ flip);
  vf f = __builtin_convertvector(y, vf);
  return f + (x - x);  // infinities and NaN
}

// tanh x: x + x³ P(x²) up to 0.625, else 1 − 2 / (e²ˣ + 1).
ALWAYS vf tanh_f(vf x) {
  vf a = magnitude(x), z = x * x;
  vf p = fill(-5.715386942e-3f);
  p = fma_s(p, z, 2.064903267e-2f);
  p = fma_s(p, z, -5.374299362e-2f);
  p = fma_s(p, z, 1.333148479e-1f);
  p = fma_s(p, z, -3.333328366e-1f);
  vf near = fma_f(p * z, x, x);
  vf far = with_sign(1.0f - 2.0f / (exp_f(a + a) + 1.0f), x);
  far = pick(x == x, far, x);
  return pick(a <= 0.625f, near, far);
}

// erf x: x + x P(x²) up to 0.92, else 1 − e^(−t Q(t)) with t = |x| ≤ 4.
ALWAYS vf erf_f(vf x) {
  vf a = magnitude(x), z = x * x;
  vf p = fill(7.971270679e-5f);
  p = fma_s(p, z, -8.044095011e-4f);
  p = fma_s(p, z, 5.191960372e-3f);
  p = fma_s(p, z, -2.685558982e-2f);
  p = fma_s(p, z, 1.128362417e-1f);
  p = fma_s(p, z, -3.761262894e-1f);
  p = fma_s(p, z, 1.283791661e-1f);
  vf near = fma_f(p, x, x);
  vf t = pick(a > 4.0f, fill(4.0f), a);
  vf q = fill(-2.259509301e-6f);
  q = fma_s(q, t, 3.607113103e-5f);
  q = fma_s(q, t, -2.288420510e-4f);
  q = fma_s(q, t, 5.525009474e-4f);
  q = fma_s(q, t, 1.722141053e-3f);
  q = fma_s(q, t, -2.115769312e-2f);
  q = fma_s(q, t, 1.040988714e-1f);
  q = fma_s(q, t, 6.361249089e-1f);
  q = fma_s(q, t, 1.284598112e-1f);
  vf far = with_sign(1.0f - exp_near(-fma_f(q, t, t)), x);
  far = pick(x == x, far, x);
  return pick(a <= 0.92f, near, far);
}

// 1 / (1 + e⁻ˣ)
ALWAYS vf sigmoid_f(vf x) { return 1.0f / (exp_f(-x) + 1.0f); }
// Φ(x), the normal distribution function.
ALWAYS vf normal_cdf(vf x) { return fma_s(erf_f(x * 0.70710678f), fill(0.5f), 0.5f); }
