#include "limn_png.h"

#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// Where libpng jumps on an error, and the words it had.
typedef struct {
  jmp_buf jump;
  char *message;
} failure;

static void fail(png_structp png, png_const_charp words) {
  failure *f = png_get_error_ptr(png);
  strncpy(f->message, words, LIMN_PNG_MESSAGE - 1);
  f->message[LIMN_PNG_MESSAGE - 1] = 0;
  longjmp(f->jump, 1);
}

// Warnings concern chunks that do not change the pixels.
static void ignore(png_structp png, png_const_charp words) {
  (void)png;
  (void)words;
}

typedef struct {
  const uint8_t *bytes;
  size_t size, at;
} source;

static void read_bytes(png_structp png, png_bytep out, size_t count) {
  source *s = png_get_io_ptr(png);
  if (s->size - s->at < count) png_error(png, "the file ends too early");
  memcpy(out, s->bytes + s->at, count);
  s->at += count;
}

int limn_png_decode(const uint8_t *file, size_t size, limn_png_picture *picture, char message[LIMN_PNG_MESSAGE]) {
  failure f = {.message = message};
  source input = {file, size, 0};
  // volatile: their values are needed after a longjmp
  png_structp volatile png = NULL;
  png_infop volatile info = NULL;
  uint8_t *volatile samples = NULL;
  png_bytep *volatile rows = NULL;
  message[0] = 0;
  if (setjmp(f.jump)) goto failed;

  png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &f, fail, ignore);
  if (!png) {
    strcpy(message, "no memory for the decoder");
    goto failed;
  }
  png_structp p = png;
  info = png_create_info_struct(p);
  if (!info) png_error(p, "no memory for the decoder");
  png_set_read_fn(p, &input, read_bytes);
  png_set_user_limits(p, 0x7fffffff, 0x7fffffff);  // the caller has checked the size against its own limit
#ifdef PNG_HANDLE_AS_UNKNOWN_SUPPORTED
  // Only chunks that change the pixels reach libpng's parsers; text is read by the caller.
  static const png_byte unused[] = "iCCP\0sPLT\0tEXt\0zTXt\0iTXt\0eXIf\0hIST\0cHRM\0gAMA\0sRGB";
  png_set_keep_unknown_chunks(p, PNG_HANDLE_CHUNK_NEVER, unused, sizeof unused / 5);
#endif

  png_read_info(p, info);
  png_set_expand(p);  // palette and gray below 8 bits to 8 bits, a transparent colour to alpha
  png_set_gray_to_rgb(p);
  const uint16_t probe = 1;
  if (*(const uint8_t *)&probe && png_get_bit_depth(p, info) == 16) png_set_swap(p);
  (void)png_set_interlace_handling(p);
  png_read_update_info(p, info);

  uint32_t width = png_get_image_width(p, info), height = png_get_image_height(p, info);
  size_t stride = png_get_rowbytes(p, info);
  picture->width = width;
  picture->height = height;
  picture->channels = png_get_channels(p, info);
  picture->bytes_per_sample = png_get_bit_depth(p, info) / 8;
  samples = malloc(stride * height);
  rows = malloc(sizeof(png_bytep) * height);
  if (!samples || !rows) png_error(p, "no memory for the picture");
  for (uint32_t y = 0; y < height; y++) rows[y] = samples + stride * y;
  png_read_image(p, rows);
  png_read_end(p, NULL);

  png_destroy_read_struct((png_structpp)&png, (png_infopp)&info, NULL);
  free(rows);
  picture->samples = samples;
  return 0;

failed:
  if (png) png_destroy_read_struct((png_structpp)&png, (png_infopp)&info, NULL);
  free(rows);
  free(samples);
  return -1;
}

typedef struct {
  uint8_t *bytes;
  size_t size, capacity;
} sink;

static void write_bytes(png_structp png, png_bytep bytes, size_t count) {
  sink *s = png_get_io_ptr(png);
  if (s->capacity - s->size < count) {
    size_t capacity = s->capacity * 2 + count + 4096;
    uint8_t *grown = realloc(s->bytes, capacity);
    if (!grown) png_error(png, "no memory for the file");
    s->bytes = grown;
    s->capacity = capacity;
  }
  memcpy(s->bytes + s->size, bytes, count);
  s->size += count;
}

static void flush(png_structp png) { (void)png; }

int limn_png_encode(const uint8_t *samples, uint32_t width, uint32_t height, int channels, int bit_depth,
                    const limn_png_chunk *chunks, size_t chunk_count, uint8_t **file, size_t *size,
                    char message[LIMN_PNG_MESSAGE]) {
  failure f = {.message = message};
  sink out = {NULL, 0, 0};
  png_structp volatile png = NULL;
  png_infop volatile info = NULL;
  message[0] = 0;
  if (setjmp(f.jump)) goto failed;

  png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &f, fail, ignore);
  if (!png) {
    strcpy(message, "no memory for the encoder");
    goto failed;
  }
  png_structp p = png;
  info = png_create_info_struct(p);
  if (!info) png_error(p, "no memory for the encoder");
  png_set_write_fn(p, &out, write_bytes, flush);
  png_set_user_limits(p, 0x7fffffff, 0x7fffffff);
  int type = channels == 1 ? PNG_COLOR_TYPE_GRAY : channels == 3 ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_RGB_ALPHA;
  png_set_IHDR(p, info, width, height, bit_depth, type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  png_write_info(p, info);
  for (size_t i = 0; i < chunk_count; i++) png_write_chunk(p, chunks[i].type, chunks[i].bytes, chunks[i].size);
  const uint16_t probe = 1;
  if (*(const uint8_t *)&probe && bit_depth == 16) png_set_swap(p);
  size_t stride = (size_t)width * channels * (bit_depth / 8);
  for (uint32_t y = 0; y < height; y++) png_write_row(p, samples + stride * y);
  png_write_end(p, NULL);

  png_destroy_write_struct((png_structpp)&png, (png_infopp)&info);
  *file = out.bytes;
  *size = out.size;
  return 0;

failed:
  if (png) png_destroy_write_struct((png_structpp)&png, (png_infopp)&info);
  free(out.bytes);
  return -1;
}

int limn_png_inflate(const uint8_t *bytes, size_t size, size_t limit, uint8_t **out, size_t *out_size) {
  z_stream stream = {0};
  if (size > 0xffffffffu || inflateInit(&stream) != Z_OK) return -1;
  stream.next_in = (Bytef *)bytes;
  stream.avail_in = (uInt)size;
  uint8_t *buffer = NULL;
  size_t used = 0, capacity = 0;
  int status = Z_OK, result = -1;
  while (status == Z_OK) {
    if (used == capacity) {
      if (capacity > limit) {
        result = -2;
        break;
      }
      capacity = capacity ? capacity * 2 : 4096;
      uint8_t *grown = realloc(buffer, capacity);
      if (!grown) break;
      buffer = grown;
    }
    stream.next_out = buffer + used;
    stream.avail_out = (uInt)(capacity - used);
    status = inflate(&stream, Z_NO_FLUSH);
    used = capacity - stream.avail_out;
    if (status == Z_OK && stream.avail_in == 0 && stream.avail_out > 0) break;  // the stream is cut
  }
  inflateEnd(&stream);
  if (status == Z_STREAM_END) result = used > limit ? -2 : 0;
  if (result != 0) {
    free(buffer);
    return result;
  }
  *out = buffer;
  *out_size = used;
  return 0;
}

uint32_t limn_png_crc(const uint8_t *bytes, size_t size) {
  uLong crc = crc32(0, Z_NULL, 0);
  while (size > 0) {
    uInt part = size > 0x40000000 ? 0x40000000 : (uInt)size;
    crc = crc32(crc, bytes, part);
    bytes += part;
    size -= part;
  }
  return (uint32_t)crc;
}
