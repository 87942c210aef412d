// The two ways of a convolution; private to this module.
#ifndef LIMN_WINOGRAD_H
#define LIMN_WINOGRAD_H
#include "limn_gemm.h"

/// Whether a convolution is faster this way, from the shape of one picture alone: so a picture has the same bytes in any batch.
int limn_winograd_suits(const limn_conv_shape *shape);

/// The convolution from the same packed weights.
void limn_winograd_conv(const limn_conv_shape *shape, const float *x, limn_pack_kind kind, const void *packed, float *y,
                        const limn_epilogue *epilogue);

/// Tap by tap, of any window and stride; there is at least one pixel and one output.
void limn_direct_conv(const limn_conv_shape *shape, const float *x, limn_pack_kind kind, const void *packed, float *y,
                      const limn_epilogue *epilogue);

#endif
