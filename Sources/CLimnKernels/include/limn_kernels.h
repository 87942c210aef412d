// Everything the Swift side calls. Each group has a header of its own.
#ifndef LIMN_KERNELS_H
#define LIMN_KERNELS_H
#endif
