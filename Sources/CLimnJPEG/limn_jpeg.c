#include "limn_jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>

// Where libjpeg jumps on an error. The manager comes first, so that libjpeg's pointer to it is ours.
typedef struct {
  struct jpeg_error_mgr manager;
  jmp_buf jump;
  char *message;
} failure;

static void keep_words(j_common_ptr info) {
  failure *f = (failure *)info->err;
  char words[JMSG_LENGTH_MAX];
  info->err->format_message(info, words);
  snprintf(f->message, LIMN_JPEG_MESSAGE, "%s", words);
}

static void fail(j_common_ptr info) {
  keep_words(info);
  longjmp(((failure *)info->err)->jump, 1);
}

// A warning means that pixels were made up: the file is cut or damaged.
static void warn(j_common_ptr info, int level) {
  if (level < 0) fail(info);
}

static void ignore(j_common_ptr info) { (void)info; }

static unsigned number(const uint8_t *p, int bytes, int big) {
  unsigned value = 0;
  for (int i = 0; i < bytes; i++) value |= (unsigned)p[i] << 8 * (big ? bytes - 1 - i : i);
  return value;
}

/// The orientation an Exif block says, 1 to 8; 1 where it says none. Exif 2.3, sec. 4.6.4: tag 0x0112 of the first directory.
static int orientation(const uint8_t *p, size_t size) {
  if (size < 14 || memcmp(p, "Exif\0\0", 6)) return 1;
  p += 6;
  size -= 6;
  const int big = p[0] == 'M';
  const size_t start = number(p + 4, 4, big);
  if (start > size || size - start < 2) return 1;
  const unsigned count = number(p + start, 2, big);
  for (unsigned i = 0; i < count; i++) {
    const size_t at = start + 2 + 12 * (size_t)i;
    if (at > size || size - at < 12) return 1;
    if (number(p + at, 2, big) != 0x0112) continue;
    const unsigned value = number(p + at + 8, 2, big);
    return value >= 1 && value <= 8 ? (int)value : 1;
  }
  return 1;
}

/// Where the pixel (x, y) of the stored picture, width by height, stands in the turned one.
static size_t turned(int orientation, size_t x, size_t y, size_t width, size_t height) {
  switch (orientation) {
    case 2: return y * width + (width - 1 - x);
    case 3: return (height - 1 - y) * width + (width - 1 - x);
    case 4: return (height - 1 - y) * width + x;
    case 5: return x * height + y;
    case 6: return x * height + (height - 1 - y);
    case 7: return (width - 1 - x) * height + (height - 1 - y);
    case 8: return (width - 1 - x) * height + y;
    default: return y * width + x;
  }
}

int limn_jpeg_decode(const uint8_t *file, size_t size, size_t pixel_limit, limn_jpeg_picture *picture,
                     char message[LIMN_JPEG_MESSAGE]) {
  failure f = {.message = message};
  struct jpeg_decompress_struct info;
  // volatile: their values are needed after a longjmp
  uint8_t *volatile samples = NULL;
  uint8_t *volatile row = NULL;
  volatile int result = -1;
  message[0] = 0;
  info.err = jpeg_std_error(&f.manager);
  f.manager.error_exit = fail;
  f.manager.emit_message = warn;
  f.manager.output_message = ignore;
  jpeg_create_decompress(&info);
  if (setjmp(f.jump)) goto ended;

  jpeg_mem_src(&info, file, (unsigned long)size);
  jpeg_save_markers(&info, JPEG_APP0 + 1, 0xFFFF);
  jpeg_read_header(&info, TRUE);
  picture->width = info.image_width;
  picture->height = info.image_height;
  const size_t width = info.image_width, height = info.image_height;
  if (width > pixel_limit / height) {
    result = -2;
    goto ended;
  }
  if (info.jpeg_color_space == JCS_CMYK || info.jpeg_color_space == JCS_YCCK) {
    snprintf(message, LIMN_JPEG_MESSAGE, "it is made of printing inks (CMYK), not of red, green and blue");
    goto ended;
  }
  int way = 1;
  for (jpeg_saved_marker_ptr m = info.marker_list; m; m = m->next)
    if (way == 1) way = orientation(m->data, m->data_length);
  info.out_color_space = JCS_RGB;
  info.dct_method = JDCT_ISLOW;
  jpeg_start_decompress(&info);
  samples = malloc(3 * width * height);
  row = malloc(3 * width);
  if (!samples || !row) {
    snprintf(message, LIMN_JPEG_MESSAGE, "no memory for the picture");
    goto ended;
  }
  for (size_t y = 0; y < height; y++) {
    JSAMPROW line = row;
    jpeg_read_scanlines(&info, &line, 1);
    for (size_t x = 0; x < width; x++) memcpy(samples + 3 * turned(way, x, y, width, height), row + 3 * x, 3);
  }
  jpeg_finish_decompress(&info);
  if (way >= 5) {
    picture->width = (uint32_t)height;
    picture->height = (uint32_t)width;
  }
  result = 0;

ended:
  jpeg_destroy_decompress(&info);
  free(row);
  if (result) free(samples);
  picture->samples = result ? NULL : samples;
  return result;
}
