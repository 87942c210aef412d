// libpng and zlib behind flat functions. libpng reports errors by longjmp, which must not unwind Swift frames:
// each function here catches the jump itself and returns a message instead.
#ifndef LIMN_PNG_H
#define LIMN_PNG_H

#include <stddef.h>
#include <stdint.h>

enum { LIMN_PNG_MESSAGE = 160 };

/// A decoded picture: rows of interleaved RGB or RGBA, one or two bytes a sample (two in the machine's byte order).
typedef struct {
  uint32_t width, height;
  uint8_t channels;          // 3 or 4; 4 when the file has alpha or a transparent colour
  uint8_t bytes_per_sample;  // 1 or 2
  uint8_t *samples;          // from malloc; the caller frees it
} limn_png_picture;

/// Decodes a whole PNG file. Returns 0, or -1 with libpng's words in `message`. Gamma and colour profiles are ignored.
int limn_png_decode(const uint8_t *file, size_t size, limn_png_picture *picture, char message[LIMN_PNG_MESSAGE]);

/// An ancillary chunk to write before the pixels.
typedef struct {
  uint8_t type[4];
  const uint8_t *bytes;
  size_t size;
} limn_png_chunk;

/// Encodes interleaved samples (1 gray, 3 RGB, 4 RGBA channels; 8 or 16 bits) as a PNG file in memory from malloc.
/// Returns 0, or -1 with libpng's words in `message`.
int limn_png_encode(const uint8_t *samples, uint32_t width, uint32_t height, int channels, int bit_depth,
                    const limn_png_chunk *chunks, size_t chunk_count, uint8_t **file, size_t *size,
                    char message[LIMN_PNG_MESSAGE]);

/// Inflates a zlib stream into memory from malloc. Returns 0; -1 when it is damaged; -2 when it is longer than `limit`.
int limn_png_inflate(const uint8_t *bytes, size_t size, size_t limit, uint8_t **out, size_t *out_size);

/// The CRC-32 that ends a chunk, over its type and data.
uint32_t limn_png_crc(const uint8_t *bytes, size_t size);

#endif
