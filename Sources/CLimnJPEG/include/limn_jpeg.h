// libjpeg behind one flat function. libjpeg reports errors by a callback that must not return: it is left by longjmp, which must
// not unwind Swift frames, so the function here catches the jump itself and returns a message instead.
#ifndef LIMN_JPEG_H
#define LIMN_JPEG_H

#include <stddef.h>
#include <stdint.h>

enum { LIMN_JPEG_MESSAGE = 200 };

/// A decoded picture: rows of interleaved RGB, a byte a sample, turned the way the camera was held.
typedef struct {
  uint32_t width, height;
  uint8_t *samples;  // from malloc; the caller frees it
} limn_jpeg_picture;

/// Decodes a whole JPEG file, sequential or progressive, gray or colour. Returns 0; -1 with words in `message`; -2 when it holds
/// more than `pixel_limit` pixels, with its size in `picture`. A file whose data ends early is damaged. Colour profiles are ignored.
int limn_jpeg_decode(const uint8_t *file, size_t size, size_t pixel_limit, limn_jpeg_picture *picture,
                     char message[LIMN_JPEG_MESSAGE]);

#endif
