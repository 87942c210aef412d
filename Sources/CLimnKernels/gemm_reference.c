// What a product and a convolution mean, written as one would define them, with sums in double precision.
#include "limn_gemm.h"

void limn_gemm_reference(const limn_gemm_shape *shape, const float *a, const float *b, int64_t b_row, int64_t b_column,
                         float *c) {
  for (int64_t i = 0; i < shape->m; i++)
    for (int64_t j = 0; j < shape->n; j++) {
      double sum = 0;
      for (int64_t p = 0; p < shape->k; p++)
        sum += (double)a[i * shape->a_row + p * shape->a_column] * b[p * b_row + j * b_column];
      c[i * shape->c_row + j] = (float)sum;
    }
}

/// The value under window position (y, x) of a picture that padding, enlargement and inserted zeros have changed.
static double seen(const limn_conv_shape *shape, const float *picture, int64_t y, int64_t x, int64_t channel) {
  if (y < 0 || x < 0 || y % shape->dilation || x % shape->dilation) return 0;
  y = y / shape->dilation / shape->enlarge;
  x = x / shape->dilation / shape->enlarge;
  return y < shape->h && x < shape->w ? picture[(y * shape->w + x) * shape->i + channel] : 0;
}

void limn_conv_reference(const limn_conv_shape *shape, const float *x, const float *weight, const float *bias, float *y) {
  for (int64_t n = 0; n < shape->n; n++)
    for (int64_t oy = 0; oy < shape->oh; oy++)
      for (int64_t ox = 0; ox < shape->ow; ox++)
        for (int64_t o = 0; o < shape->o; o++) {
          double sum = bias ? bias[o] : 0;
          for (int64_t ky = 0; ky < shape->kh; ky++)
            for (int64_t kx = 0; kx < shape->kw; kx++)
              for (int64_t i = 0; i < shape->i; i++)
                sum += seen(shape, x + n * shape->h * shape->w * shape->i, oy * shape->stride + ky - shape->top,
                            ox * shape->stride + kx - shape->left, i) *
                       weight[((o * shape->i + i) * shape->kh + ky) * shape->kw + kx];
          y[((n * shape->oh + oy) * shape->ow + ox) * shape->o + o] = (float)sum;
        }
}
