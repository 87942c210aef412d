// What a product and a convolution mean, written as one would define them, with sums in double precision.
#include "limn_gemm.h"

void limn_gemm_reference(const limn_gemm_shape *shape, const float *a, const float *b, long b_row, long b_column,
                         float *c) {
  for (long i = 0; i < shape->m; i++)
    for (long j = 0; j < shape->n; j++) {
      double sum = 0;
      for (long p = 0; p < shape->k; p++)
        sum += (double)a[i * shape->a_row + p * shape->a_column] * b[p * b_row + j * b_column];
      c[i * shape->c_row + j] = (float)sum;
    }
}

/// The value under window position (y, x) of a picture with padding and inserted zeros.
static double seen(const limn_conv_shape *shape, const float *picture, long y, long x, long channel) {
  if (y < 0 || x < 0 || y % shape->dilation || x % shape->dilation) return 0;
  y /= shape->dilation;
  x /= shape->dilation;
  if (y >= shape->h || x >= shape->w) return 0;
  if (shape->doubled) return picture[(y / 2 * (shape->w / 2) + x / 2) * shape->i + channel];
  return picture[(y * shape->w + x) * shape->i + channel];
}

void limn_conv_reference(const limn_conv_shape *shape, const float *x, const float *weight, const float *bias, float *y) {
  for (long n = 0; n < shape->n; n++)
    for (long oy = 0; oy < shape->oh; oy++)
      for (long ox = 0; ox < shape->ow; ox++)
        for (long o = 0; o < shape->o; o++) {
          double sum = bias ? bias[o] : 0;
          for (long ky = 0; ky < shape->kh; ky++)
            for (long kx = 0; kx < shape->kw; kx++)
              for (long i = 0; i < shape->i; i++)
                sum += seen(shape, x + n * shape->h * shape->w * shape->i / (shape->doubled ? 4 : 1), oy * shape->stride + ky - shape->top,
                            ox * shape->stride + kx - shape->left, i) *
                       weight[((o * shape->i + i) * shape->kh + ky) * shape->kw + kx];
          y[((n * shape->oh + oy) * shape->ow + ox) * shape->o + o] = (float)sum;
        }
}
