// The rows of the elementwise table, in vectors of LANES floats. Included once for each instruction set, which names the row in ROW.
#include "elementwise_table.h"
#include "lanes.h"

// xʸ in double: 2ⁿ eʳ of y · ln x. Right to the last bit or next to it.
ALWAYS vf pow_f(vf base, vf power) {
  vf x = magnitude(base);
  vi small = x < 1.17549435e-38f;
  vf scaled = pick(small, x * 8388608.0f, x);
  vi bits = (vi)scaled, e = (bits - 0x3f3504f3) >> 23;
  vd zero = {0}, m = __builtin_convertvector((vf)(bits - (e << 23)), vd);
  vd n = __builtin_convertvector(__builtin_convertvector(e, vf) - pick(small, fill(23.0f), fill(0)), vd);
  vd s = (m - 1.0) / (m + 1.0), z = s * s, l = zero + 1.0 / 15;  // ln m = 2 artanh s
  for (int k = 13; k >= 1; k -= 2) l = fma_d(l, z, zero + 1.0 / k);
  l = fma_d(n, zero + 0.69314718055994530942, 2.0 * s * l);
  const double inf = __builtin_inf();
  vl is_zero = __builtin_convertvector(x == 0.0f, vl), is_inf = __builtin_convertvector(x == __builtin_inff(), vl);
  l = (vd)((is_zero & (vl)(zero - inf)) | (is_inf & (vl)(zero + inf)) | (~(is_zero | is_inf) & (vl)l));
  vd t = l * __builtin_convertvector(power, vd);
  vl number = t == t, high = t > 100.0, low = t < -120.0;
  t = (vd)((high & (vl)(zero + 100.0)) | (low & (vl)(zero - 120.0)) | (~(high | low) & number & (vl)t));
  vd k = __builtin_elementwise_roundeven(t * 1.44269504088896340736);
  vd r = fma_d(k, zero - 0.69314718055994530942, t), p = zero + 1.0 / 3628800;
  static const double inverse_factorial[10] = {1, 1, 1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880};
  for (int i = 9; i >= 0; i--) p = fma_d(p, r, zero + inverse_factorial[i]);
  p = p * (vd)((__builtin_convertvector(k, vl) + 1023) << 52);
  vf y = __builtin_convertvector(p, vf);
  vi whole = __builtin_elementwise_floor(power) == power;
  vf half = power * 0.5f;
  vi odd = whole & (__builtin_elementwise_floor(half) != half);
  vi negative = ((vi)base >> 31);
  y = (vf)((vi)y ^ (negative & odd & (int32_t)0x80000000));
  vf nan = fill(__builtin_nanf(""));
  y = pick((base < 0.0f) & ~whole & (base != -__builtin_inff()), nan, y);
  y = pick((base != base) | (power != power) | ~__builtin_convertvector(number, vi), nan, y);
  return pick((power == 0.0f) | (base == 1.0f), fill(1.0f), y);
}

// x mod y with the sign of y. fmodf is exact, so the library's variants agree.
ALWAYS vf remainder_f(vf x, vf y) {
  vf r;
  for (int i = 0; i < LANES; i++) {
    float m = __builtin_fmodf(x[i], y[i]);
    r[i] = m != 0 && (m < 0) != (y[i] < 0) ? m + y[i] : m;
  }
  return r;
}

// NaN on either side gives NaN.
ALWAYS vf least(vf a, vf b) { return pick((a < b) | (a != a), a, b); }
ALWAYS vf most(vf a, vf b) { return pick((a > b) | (a != a), a, b); }
ALWAYS vf normal_density(vf x) { return exp_f(x * x * -0.5f) * 0.39894228f; }
ALWAYS vf pow_number(vf x, float p) {
  if (p == 2) return x * x;
  if (p == 1) return x;
  if (p == 3) return x * x * x;
  if (p == 0.5f) return __builtin_elementwise_sqrt(x);
  if (p == -1) return 1.0f / x;
  if (p == -2) return 1.0f / (x * x);
  if (p == -0.5f) return 1.0f / __builtin_elementwise_sqrt(x);
  return pow_f(x, fill(p));
}

#define UNARY(name, result)                                                    \
  static void name(const float *from, float *to, long n, float p, float q) {   \
    (void)p; (void)q;                                                          \
    long i = 0;                                                                \
    for (; i + LANES <= n; i += LANES) { vf x = load(from + i); store(to + i, result); } \
    if (i < n) {                                                               \
      float rest[LANES] = {0};                                                 \
      memcpy(rest, from + i, (size_t)(n - i) * 4);                             \
      vf x = load(rest);                                                       \
      store(rest, result);                                                     \
      memcpy(to + i, rest, (size_t)(n - i) * 4);                               \
    }                                                                          \
  }
#define BINARY(name, result)                                                   \
  static void name(const float *first, const float *second, float *to, long n, float p, float q) { \
    (void)p; (void)q;                                                          \
    long i = 0;                                                                \
    for (; i + LANES <= n; i += LANES) { vf a = load(first + i), b = load(second + i); store(to + i, result); } \
    if (i < n) {                                                               \
      float ra[LANES] = {0}, rb[LANES] = {0};                                  \
      memcpy(ra, first + i, (size_t)(n - i) * 4);                              \
      memcpy(rb, second + i, (size_t)(n - i) * 4);                             \
      vf a = load(ra), b = load(rb);                                           \
      store(ra, result);                                                       \
      memcpy(to + i, ra, (size_t)(n - i) * 4);                                 \
    }                                                                          \
  }
#define COMPARISON(name, operator)                                             \
  static void name(const float *a, const float *b, uint8_t *to, long n) {      \
    for (long i = 0; i < n; i++) to[i] = a[i] operator b[i];                   \
  }

UNARY(neg, -x)
UNARY(absolute, magnitude(x))
UNARY(exponential, exp_f(x))
UNARY(logarithm, log_f(x))
UNARY(square_root, __builtin_elementwise_sqrt(x))
UNARY(sine_of, sine(x, 0))
UNARY(cosine_of, sine(x, 1))
UNARY(hyperbolic_tangent, tanh_f(x))
UNARY(error_function, erf_f(x))
UNARY(sigmoid, sigmoid_f(x))
UNARY(silu, x * sigmoid_f(x))
UNARY(gelu, x * normal_cdf(x))
UNARY(quick_gelu, x * sigmoid_f(x * 1.702f))
UNARY(relu, pick(x < 0.0f, fill(0), x))
UNARY(floor_of, __builtin_elementwise_floor(x))
UNARY(round_of, round_even(x))
UNARY(reciprocal, 1.0f / x)
UNARY(clamp, least(most(x, fill(p)), fill(q)))
UNARY(add_number, x + p)
UNARY(mul_number, x * p)
UNARY(sub_from, p - x)
UNARY(div_number, x / p)
UNARY(div_into, p / x)
UNARY(power_number, pow_number(x, p))
UNARY(power_of, pow_f(fill(p), x))
UNARY(min_number, least(x, fill(p)))
UNARY(max_number, most(x, fill(p)))
UNARY(remainder_number, remainder_f(x, fill(p)))
UNARY(remainder_of, remainder_f(fill(p), x))

BINARY(add, a + b)
BINARY(sub, a - b)
BINARY(mul, a * b)
BINARY(divide, a / b)
BINARY(power, pow_f(a, b))
BINARY(minimum, least(a, b))
BINARY(maximum, most(a, b))
BINARY(remainder_, remainder_f(a, b))
BINARY(d_sqrt, a / (b + b))
BINARY(d_tanh, a * (1.0f - b * b))
BINARY(d_sigmoid, a * (b * (1.0f - b)))
BINARY(d_sin, a * sine(b, 1))
BINARY(d_cos, -a * sine(b, 0))
BINARY(d_erf, a * (exp_f(-b * b) * 1.1283792f))
ALWAYS vf silu_slope(vf x, float k) { vf s = sigmoid_f(x * k); return fma_f(x * k, s * (1.0f - s), s); }
BINARY(d_silu, a * silu_slope(b, 1.0f))
BINARY(d_gelu, a * fma_f(b, normal_density(b), normal_cdf(b)))
BINARY(d_quick_gelu, a * silu_slope(b, 1.702f))
BINARY(d_relu, pick(b > 0.0f, a, fill(0)))
BINARY(d_abs, pick(b > 0.0f, a, pick(b < 0.0f, -a, fill(0))))
BINARY(d_reciprocal, -a * (b * b))
BINARY(d_clamp, pick((b >= p) & (b <= q), a, fill(0)))
BINARY(d_pow_number, a * (p * pow_number(b, p - 1.0f)))
BINARY(d_min_first, pick(a < b, fill(1.0f), pick(a == b, fill(0.5f), fill(0))))
BINARY(d_max_first, pick(a > b, fill(1.0f), pick(a == b, fill(0.5f), fill(0))))
BINARY(d_pow_base, b * pow_f(a, b - 1.0f))

COMPARISON(less, <)
COMPARISON(less_equal, <=)
COMPARISON(equal, ==)
COMPARISON(not_equal, !=)

#ifndef LIMN_HAS_F16C
static void widen_f16(const uint16_t *from, float *to, long n) {
  for (long i = 0; i < n; i++) {
    uint32_t h = from[i], m = h & 0x7fff, bits = m << 13;
    float f;
    memcpy(&f, &bits, 4);
    f *= 0x1p112f;  // moves the exponent; exact for subnormals too
    memcpy(&bits, &f, 4);
    if (m >= 0x7c00) bits = 0x7f800000 | m << 13 | (m > 0x7c00 ? 0x400000 : 0);
    bits |= (h & 0x8000) << 16;
    memcpy(to + i, &bits, 4);
  }
}
static void narrow_f16(const float *from, uint16_t *to, long n) {
  for (long i = 0; i < n; i++) {
    uint32_t bits, a, h;
    memcpy(&bits, from + i, 4);
    a = bits & 0x7fffffff;
    if (a > 0x7f800000) h = 0x7e00 | (a >> 13 & 0x1ff);
    else if (a >= 0x477ff000) h = 0x7c00;
    else if (a < 0x38800000) {  // below 2⁻¹⁴: adding ½ rounds to units of 2⁻²⁴
      float f;
      memcpy(&f, &a, 4);
      f += 0.5f;
      memcpy(&h, &f, 4);
      h -= 0x3f000000;
    } else h = (a + 0xfff + (a >> 13 & 1) - 0x38000000) >> 13;
    to[i] = (uint16_t)(h | (bits >> 16 & 0x8000));
  }
}
#endif
static void widen_bf16(const uint16_t *from, float *to, long n) {
  for (long i = 0; i < n; i++) {
    uint32_t bits = (uint32_t)from[i] << 16;
    memcpy(to + i, &bits, 4);
  }
}
static void narrow_bf16(const float *from, uint16_t *to, long n) {
  for (long i = 0; i < n; i++) {
    uint32_t a;
    memcpy(&a, from + i, 4);
    uint32_t rounded = (a + 0x7fff + (a >> 16 & 1)) >> 16, quiet = a >> 16 | 0x40;
    to[i] = (uint16_t)((a & 0x7fffffff) > 0x7f800000 ? quiet : rounded);
  }
}

// Sixteen partial sums, whatever LANES is: value i goes to sum i mod 16. They are added pairwise at the end.
ALWAYS double fold(const double *s) {
  double a[8], b[4];
  for (int i = 0; i < 8; i++) a[i] = s[i] + s[i + 8];
  for (int i = 0; i < 4; i++) b[i] = a[i] + a[i + 4];
  return (b[0] + b[2]) + (b[1] + b[3]);
}
#define SUM(value)                                                             \
  enum { parts = 16 / LANES };                                                 \
  vd s[parts] = {0};                                                           \
  long i = 0;                                                                  \
  for (; i + 16 <= n; i += 16)                                                 \
    for (int k = 0; k < parts; k++) {                                          \
      vd v = __builtin_convertvector(load(x + i + k * LANES), vd);             \
      s[k] += (value);                                                         \
    }                                                                          \
  double sums[16];                                                             \
  memcpy(sums, s, sizeof sums);                                                \
  for (int k = 0; i < n; i++, k++) { double v = x[i]; sums[k] += (value); }    \
  return fold(sums);
static double sum(const float *x, long n) { SUM(v) }
static double sum_of_squares(const float *x, long n, double center) { SUM((v - center) * (v - center)) }
static void add_to(double *into, const float *x, long n) {
  for (long i = 0; i < n; i++) into[i] += (double)x[i];
}
static void add_squares_to(double *into, const float *x, const double *center, long n) {
  for (long i = 0; i < n; i++) { double d = (double)x[i] - center[i]; into[i] += d * d; }
}

// ORDER: limn_unary, limn_binary, limn_comparison.
const limn_elementwise_row ROW = {
  .unary = {neg, absolute, exponential, logarithm, square_root, sine_of, cosine_of, hyperbolic_tangent, error_function, sigmoid, silu, gelu,
            quick_gelu, relu, floor_of, round_of, reciprocal, clamp, add_number, mul_number, sub_from, div_number, div_into, power_number,
            power_of, min_number, max_number, remainder_number, remainder_of},
  .binary = {add, sub, mul, divide, power, minimum, maximum, remainder_, d_sqrt, d_tanh, d_sigmoid, d_sin, d_cos, d_erf, d_silu, d_gelu,
             d_quick_gelu, d_relu, d_abs, d_reciprocal, d_clamp, d_pow_number, d_min_first, d_max_first, d_pow_base},
  .comparison = {less, less_equal, equal, not_equal},
  .widen_f16 = widen_f16, .narrow_f16 = narrow_f16, .widen_bf16 = widen_bf16, .narrow_bf16 = narrow_bf16,
#ifdef LIMN_TRANSPOSE
  .transpose = LIMN_TRANSPOSE,
#endif
  .sum = sum, .sum_of_squares = sum_of_squares, .add_to = add_to, .add_squares_to = add_squares_to,
};
