// How a kernel is told where elements lie: sizes and strides (in elements) of up to six axes, outermost first.
#ifndef LIMN_LAYOUT_H
#define LIMN_LAYOUT_H

typedef struct { long v[6]; } limn_dims;

// ORDER: DType in DType.swift.
typedef enum { LIMN_F32 = 0, LIMN_BF16 = 1, LIMN_F16 = 2, LIMN_I64 = 3, LIMN_I32 = 4, LIMN_U8 = 5, LIMN_BOOL = 6 } limn_dtype;

#endif
