// Files that travel inside the binary: the bundled model, the CLIP vocabulary and the drawings of the sticker world. They are read-only pages of the
// executable, so they cost nothing until they are touched and cannot be lost when the binary moves.
#ifndef LIMN_DATA_H
#define LIMN_DATA_H
#include <stddef.h>

typedef struct {
  const char *path;            // "sticker/unet/config.json": as under Sources/CLimnData
  const unsigned char *bytes;  // 64-byte aligned
  size_t length;
} limn_data_file;

/// Every embedded file, in the order of data.c; `*count` receives how many there are.
const limn_data_file *limn_data_files(size_t *count);

#endif
