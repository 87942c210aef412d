// The meaning of the elementwise kernels in plain scalar C: the same operations in the same order, one rounding where one is written. Written from the
// formulas, not from lanes.h, so that the two check each other.
#include "limn_reference.h"
#include <math.h>
#include <string.h>
#pragma STDC FP_CONTRACT OFF

static float from_bits(uint32_t u) { float x; memcpy(&x, &u, 4); return x; }
static uint32_t bits_of(float x) { uint32_t u; memcpy(&u, &x, 4); return u; }

// a₀ + a₁x + …, from the highest coefficient down.
static float polynomial(float x, int n, const float *a) {
  float y = a[n - 1];
  for (int i = n - 2; i >= 0; i--) y = fmaf(y, x, a[i]);
  return y;
}
static double polynomial64(double x, int n, const double *a) {
  double y = a[n - 1];
  for (int i = n - 2; i >= 0; i--) y = fma(y, x, a[i]);
  return y;
}

static float exponential(float x) {
  if (x != x) return x;
  static const float p[] = {4.999999404e-1f, 1.666652113e-1f, 4.166826233e-2f, 8.368670940e-3f, 1.382104238e-3f};
  x = x > 89 ? 89 : x < -104 ? -104 : x;
  float n = __builtin_roundevenf(x * 1.44269504f);
  float r = fmaf(n, 2.12194440e-4f, fmaf(n, -0.693359375f, x));
  float y = fmaf(polynomial(r, 5, p), r * r, r) + 1;
  int k = (int)n, half = k >> 1;
  return y * ldexpf(1, half) * ldexpf(1, k - half);
}

static float logarithm(float x) {
  if (x != x || x < 0) return NAN;
  if (x == 0) return -INFINITY;
  if (x == INFINITY) return x;
  static const float p[] = {3.333331347e-1f, -2.500000894e-1f, 2.000207305e-1f, -1.666799635e-1f, 1.422032714e-1f,
                            -1.240603179e-1f, 1.188356802e-1f, -1.167144924e-1f, 6.750956178e-2f};
  int e;
  float m = frexpf(x, &e);  // [½, 1)
  if (m < from_bits(0x3f3504f3)) { m *= 2; e -= 1; }
  float f = m - 1, n = (float)e, z = f * f;
  float y = fmaf(polynomial(f, 9, p) * f, z, n * -2.12194440e-4f);
  return fmaf(n, 0.693359375f, f + fmaf(z, -0.5f, y));
}

static float sine(float x, int quarter) {
  if (!isfinite(x)) return NAN;
  static const double s[] = {-1.66666666666314994e-01, 8.33333332526188172e-03, -1.98412638187768552e-04, 2.75553569783158087e-06, -2.47615992057082129e-08};
  static const double c[] = {4.16666666665980664e-02, -1.38888888778055915e-03, 2.48015807921743114e-05, -2.75555385077244483e-07, 2.06461037053666171e-09};
  double d = fabs((double)x) < 2147483648.0 ? x : 0;
  double k = __builtin_roundeven(d * 0.63661977236758134308);
  double r = fma(k, -6.12323399573676603587e-17, fma(k, -1.57079632679489655800e+00, d)), z = r * r, y;
  long q = (long)k + quarter;
  if (q & 1) y = fma(polynomial64(z, 5, c) * z, z, fma(z, -0.5, 1.0));
  else y = fma(polynomial64(z, 5, s) * z, r, r);
  return (float)(q & 2 ? -y : y);
}

static float hyperbolic_tangent(float x) {
  if (x != x) return x;
  static const float p[] = {-3.333328366e-1f, 1.333148479e-1f, -5.374299362e-2f, 2.064903267e-2f, -5.715386942e-3f};
  float a = fabsf(x), z = x * x;
  if (a <= 0.625f) return fmaf(polynomial(z, 5, p) * z, x, x);
  return copysignf(1 - 2 / (exponential(a + a) + 1), x);
}

static float error_function(float x) {
  if (x != x) return x;
  static const float near[] = {1.283791661e-1f, -3.761262894e-1f, 1.128362417e-1f, -2.685558982e-2f, 5.191960372e-3f, -8.044095011e-4f, 7.971270679e-5f};
  static const float far[] = {1.284598112e-1f, 6.361249089e-1f, 1.040988714e-1f, -2.115769312e-2f, 1.722141053e-3f,
                              5.525009474e-4f, -2.288420510e-4f, 3.607113103e-5f, -2.259509301e-6f};
  float a = fabsf(x);
  if (a <= 0.92f) return fmaf(polynomial(x * x, 7, near), x, x);
  float t = a > 4 ? 4 : a;
  return copysignf(1 - exponential(-fmaf(polynomial(t, 9, far), t, t)), x);
}

static float power(float base, float exponent) {
  if (exponent == 0 || base == 1) return 1;
  if (base != base || exponent != exponent) return NAN;
  int whole = floorf(exponent) == exponent, odd = whole && floorf(exponent * 0.5f) != exponent * 0.5f;
  if (base < 0 && base != -INFINITY && !whole) return NAN;
  float x = fabsf(base);
  double l;
  if (x == 0) l = -INFINITY;
  else if (x == INFINITY) l = INFINITY;
  else {
    int e;
    float m = frexpf(x, &e);
    if (m < from_bits(0x3f3504f3)) { m *= 2; e -= 1; }
    double s = ((double)m - 1) / ((double)m + 1), z = s * s, series = 1.0 / 15;
    for (int k = 13; k >= 1; k -= 2) series = fma(series, z, 1.0 / k);
    l = fma((double)e, 0.69314718055994530942, 2.0 * s * series);
  }
  double t = l * (double)exponent;
  t = t > 100 ? 100 : t < -120 ? -120 : t;
  double k = __builtin_roundeven(t * 1.44269504088896340736), r = fma(k, -0.69314718055994530942, t), p = 1.0 / 3628800, factorial = 362880;
  for (int i = 9; i >= 0; i--) {
    p = fma(p, r, 1.0 / factorial);
    if (i > 0) factorial /= i;
  }
  float y = (float)ldexp(p, (int)k);
  return signbit(base) && odd ? -y : y;
}

static float remainder_of(float a, float b) {
  float m = fmodf(a, b);
  return m != 0 && (m < 0) != (b < 0) ? m + b : m;
}
static float sigmoid(float x) { return 1 / (exponential(-x) + 1); }
static float normal_cdf(float x) { return fmaf(error_function(x * 0.70710678f), 0.5f, 0.5f); }
static float least(float a, float b) { return a < b || a != a ? a : b; }
static float most(float a, float b) { return a > b || a != a ? a : b; }
static float power_number(float x, float p) {
  if (p == 2) return x * x;
  if (p == 1) return x;
  if (p == 3) return x * x * x;
  if (p == 0.5f) return sqrtf(x);
  if (p == -1) return 1 / x;
  if (p == -2) return 1 / (x * x);
  if (p == -0.5f) return 1 / sqrtf(x);
  return power(x, p);
}
static float silu_slope(float x, float k) { float s = sigmoid(x * k); return fmaf(x * k, s * (1 - s), s); }

float limn_reference_unary(limn_unary op, float x, float p, float q) {
  switch (op) {
    case LIMN_NEG: return -x;
    case LIMN_ABS: return fabsf(x);
    case LIMN_EXP: return exponential(x);
    case LIMN_LOG: return logarithm(x);
    case LIMN_SQRT: return sqrtf(x);
    case LIMN_SIN: return sine(x, 0);
    case LIMN_COS: return sine(x, 1);
    case LIMN_TANH: return hyperbolic_tangent(x);
    case LIMN_ERF: return error_function(x);
    case LIMN_SIGMOID: return sigmoid(x);
    case LIMN_SILU: return x * sigmoid(x);
    case LIMN_GELU: return x * normal_cdf(x);
    case LIMN_QUICK_GELU: return x * sigmoid(x * 1.702f);
    case LIMN_RELU: return x < 0 ? 0 : x;
    case LIMN_FLOOR: return floorf(x);
    case LIMN_ROUND: return __builtin_roundevenf(x);
    case LIMN_RECIPROCAL: return 1 / x;
    case LIMN_CLAMP: return least(most(x, p), q);
    case LIMN_ADD_NUMBER: return x + p;
    case LIMN_MUL_NUMBER: return x * p;
    case LIMN_SUB_FROM: return p - x;
    case LIMN_DIV_NUMBER: return x / p;
    case LIMN_DIV_INTO: return p / x;
    case LIMN_POW_NUMBER: return power_number(x, p);
    case LIMN_POW_OF: return power(p, x);
    case LIMN_MIN_NUMBER: return least(x, p);
    case LIMN_MAX_NUMBER: return most(x, p);
    case LIMN_REMAINDER_NUMBER: return remainder_of(x, p);
    case LIMN_REMAINDER_OF: return remainder_of(p, x);
    case LIMN_UNARY_COUNT: break;
  }
  return NAN;
}

float limn_reference_binary(limn_binary op, float a, float b, float p, float q) {
  switch (op) {
    case LIMN_ADD: return a + b;
    case LIMN_SUB: return a - b;
    case LIMN_MUL: return a * b;
    case LIMN_DIV: return a / b;
    case LIMN_POW: return power(a, b);
    case LIMN_MIN: return least(a, b);
    case LIMN_MAX: return most(a, b);
    case LIMN_REMAINDER: return remainder_of(a, b);
    case LIMN_D_SQRT: return a / (b + b);
    case LIMN_D_TANH: return a * (1 - b * b);
    case LIMN_D_SIGMOID: return a * (b * (1 - b));
    case LIMN_D_SIN: return a * sine(b, 1);
    case LIMN_D_COS: return -a * sine(b, 0);
    case LIMN_D_ERF: return a * (exponential(-b * b) * 1.1283792f);
    case LIMN_D_SILU: return a * silu_slope(b, 1);
    case LIMN_D_GELU: return a * fmaf(b, exponential(b * b * -0.5f) * 0.39894228f, normal_cdf(b));
    case LIMN_D_QUICK_GELU: return a * silu_slope(b, 1.702f);
    case LIMN_D_RELU: return b > 0 ? a : 0;
    case LIMN_D_ABS: return b > 0 ? a : b < 0 ? -a : 0;
    case LIMN_D_RECIPROCAL: return -a * (b * b);
    case LIMN_D_CLAMP: return b >= p && b <= q ? a : 0;
    case LIMN_D_POW_NUMBER: return a * (p * power_number(b, p - 1));
    case LIMN_D_MIN_FIRST: return a < b ? 1 : a == b ? 0.5f : 0;
    case LIMN_D_MAX_FIRST: return a > b ? 1 : a == b ? 0.5f : 0;
    case LIMN_D_POW_BASE: return b * power(a, b - 1);
    case LIMN_BINARY_COUNT: break;
  }
  return NAN;
}

float limn_reference_from_bf16(uint16_t h) { return from_bits((uint32_t)h << 16); }

// To nearest, ties to even: cut, then look at what was cut.
uint16_t limn_reference_to_bf16(float x) {
  uint32_t u = bits_of(x), kept = u >> 16, cut = u & 0xffff;
  if (x != x) return (uint16_t)(kept | 0x40);
  return (uint16_t)(kept + (cut > 0x8000 || (cut == 0x8000 && (kept & 1))));
}

float limn_reference_from_f16(uint16_t h) {
  int exponent = h >> 10 & 31, mantissa = h & 1023;
  float sign = h & 0x8000 ? -1 : 1;
  if (exponent == 31) return mantissa ? from_bits((uint32_t)(h & 0x8000) << 16 | 0x7fc00000 | (uint32_t)mantissa << 13) : sign * INFINITY;
  return sign * (exponent ? ldexpf((float)(1024 + mantissa), exponent - 25) : ldexpf((float)mantissa, -24));
}

uint16_t limn_reference_to_f16(float x) {
  uint16_t sign = bits_of(x) >> 16 & 0x8000;
  float a = fabsf(x);
  if (x != x) return (uint16_t)(sign | 0x7e00 | (bits_of(x) >> 13 & 0x1ff));
  if (a == 0) return sign;
  if (a >= 65520) return sign | 0x7c00;
  int e;
  frexpf(a, &e);                      // 2^(e−1) ≤ a < 2^e
  int unit = e - 11 < -24 ? -24 : e - 11;
  int n = (int)__builtin_roundevenf(ldexpf(a, -unit));  // exact scaling, one rounding
  if (unit == -24) return (uint16_t)(sign | n);  // n = 1024 is the smallest normal number by itself
  return (uint16_t)(sign | ((unit + 24) * 1024 + n));
}
