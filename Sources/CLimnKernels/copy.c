// Moving elements between layouts and types.
#include "limn_copy.h"
#include "elementwise_table.h"
#include "limn_pool.h"
#include "walk.h"
#include <string.h>

typedef struct {
  int width;
  limn_dtype from_type, to_type;
  const void *from;
  void *to;
} job;

static void run_copy(void *context, const long *offset, const long *step, long n) {
  const job *j = context;
  const char *from = (const char *)j->from + offset[1] * j->width;
  char *to = (char *)j->to + offset[0] * j->width;
  if (step[0] == 1 && step[1] == 1) { memcpy(to, from, (size_t)(n * j->width)); return; }
#define COPY(type) for (long i = 0; i < n; i++) ((type *)to)[i * step[0]] = ((const type *)from)[i * step[1]]
  switch (j->width) {
    case 1: COPY(uint8_t); break;
    case 2: COPY(uint16_t); break;
    case 4: COPY(uint32_t); break;
    default: COPY(uint64_t); break;
  }
}

// A transposition: the result runs along its last loop, the source along another. In tiles of 16 × 16 both stay in the first cache.
typedef struct {
  const walk *w;
  const job *copy;
  int along;         // the loop along which the source is dense
  long down, across; // tiles along that loop and the innermost
} tiles;
enum { tile = 16 };
static void copy_tile_row(void *context, long index) {
  const tiles *t = context;
  const walk *w = t->w;
  int inner = w->rank - 1;
  long from = 0, to = 0, rest = index / t->down, first = index % t->down * tile;
  for (int a = inner - 1; a >= 0; a--) {
    if (a == t->along) continue;
    long at = rest % w->size[a];
    rest /= w->size[a];
    to += at * w->stride[0][a];
    from += at * w->stride[1][a];
  }
  long fi = w->stride[1][inner], ta = w->stride[0][t->along];
  long last = first + tile < w->size[t->along] ? first + tile : w->size[t->along];
#define TILES(type)                                                                                              \
  const type *f = (const type *)t->copy->from + from;                                                            \
  type *o = (type *)t->copy->to + to;                                                                            \
  for (long c = 0; c < w->size[inner]; c += tile) {                                                              \
    long end = c + tile < w->size[inner] ? c + tile : w->size[inner];                                            \
    for (long r = first; r < last; r++)                                                                          \
      for (long i = c; i < end; i++) o[r * ta + i] = f[r + i * fi];                                              \
  }
  if (t->copy->width == 4 && limn_elementwise()->transpose) {
    // Whole tiles of 8 × 8 in registers; what is left over at the edges goes the plain way below.
    const float *f = (const float *)t->copy->from + from;
    float *o = (float *)t->copy->to + to;
    long n = w->size[inner] & ~7L, rows = first + ((last - first) & ~7L);
    for (long c = 0; c < n; c += 8)
      for (long r = first; r < rows; r += 8) limn_elementwise()->transpose(f + r + c * fi, fi, o + r * ta + c, ta);
    for (long r = first; r < last; r++)
      for (long i = r < rows ? n : 0; i < w->size[inner]; i++) o[r * ta + i] = f[r + i * fi];
    return;
  }
  switch (t->copy->width) {
    case 1: { TILES(uint8_t) break; }
    case 2: { TILES(uint16_t) break; }
    case 4: { TILES(uint32_t) break; }
    default: { TILES(uint64_t) break; }
  }
}

void limn_copy(int width, int rank, limn_dims shape, const void *from, limn_dims fs, void *to, limn_dims ts) {
  walk w;
  if (!walk_make(&w, rank, shape, 2, (limn_dims[]){ts, fs})) return;
  job j = {.width = width, .from = from, .to = to};
  int inner = w.rank - 1;
  if (w.stride[0][inner] == 1 && w.stride[1][inner] != 1 && w.stride[1][inner] != 0)
    for (int a = 0; a < inner; a++)
      if (w.stride[1][a] == 1 && w.size[a] >= 4) {
        long others = 1;
        for (int b = 0; b < inner; b++) if (b != a) others *= w.size[b];
        tiles t = {&w, &j, a, (w.size[a] + tile - 1) / tile, 0};
        long count = others * t.down;
        if (w.size[inner] * w.size[a] * others < walk_grain) for (long i = 0; i < count; i++) copy_tile_row(&t, i);
        else limn_pool_run(count, copy_tile_row, &t);
        return;
      }
  walk_run(&w, run_copy, &j);
}

void limn_widen_f16(const uint16_t *from, float *to, long n) { limn_elementwise()->widen_f16(from, to, n); }
void limn_narrow_f16(const float *from, uint16_t *to, long n) { limn_elementwise()->narrow_f16(from, to, n); }
void limn_widen_bf16(const uint16_t *from, float *to, long n) { limn_elementwise()->widen_bf16(from, to, n); }
void limn_narrow_bf16(const float *from, uint16_t *to, long n) { limn_elementwise()->narrow_bf16(from, to, n); }

// MARK: conversion

enum { chunk = 256 };
static int is_integer(limn_dtype t) { return t >= LIMN_I64; }
static int width_of(limn_dtype t) { static const int width[] = {4, 2, 2, 8, 4, 1, 1}; return width[t]; }

#define GATHER(type, expression) for (long i = 0; i < n; i++) { type v = ((const type *)from)[i * step]; to[i] = (expression); } break
static void read_i64(limn_dtype t, const void *from, long step, int64_t *to, long n) {
  switch (t) {
    case LIMN_I64: GATHER(int64_t, v);
    case LIMN_I32: GATHER(int32_t, v);
    case LIMN_U8: GATHER(uint8_t, v);
    default: GATHER(uint8_t, v != 0);
  }
}
static void read_f32(limn_dtype t, const void *from, long step, float *to, long n) {
  uint16_t half[chunk];
  if ((t == LIMN_F16 || t == LIMN_BF16) && step != 1) {
    for (long i = 0; i < n; i++) half[i] = ((const uint16_t *)from)[i * step];
    from = half;
  }
  switch (t) {
    case LIMN_F32: GATHER(float, v);
    case LIMN_BF16: limn_widen_bf16(from, to, n); break;
    case LIMN_F16: limn_widen_f16(from, to, n); break;
    case LIMN_I64: GATHER(int64_t, (float)v);
    case LIMN_I32: GATHER(int32_t, (float)v);
    case LIMN_U8: GATHER(uint8_t, (float)v);
    case LIMN_BOOL: GATHER(uint8_t, v ? 1.0f : 0.0f);
  }
}
static int64_t truncated(float v, float low, float high, int64_t lowest, int64_t highest) {
  return v != v ? 0 : v <= low ? lowest : v >= high ? highest : (int64_t)v;
}
#define SCATTER(type, expression) for (long i = 0; i < n; i++) ((type *)to)[i * step] = (type)(expression); break
static void write_f32(limn_dtype t, const float *from, void *to, long step, long n) {
  uint16_t half[chunk];
  switch (t) {
    case LIMN_F32: SCATTER(float, from[i]);
    case LIMN_BF16: limn_narrow_bf16(from, half, n); SCATTER(uint16_t, half[i]);
    case LIMN_F16: limn_narrow_f16(from, half, n); SCATTER(uint16_t, half[i]);
    case LIMN_I64: SCATTER(int64_t, truncated(from[i], -0x1p63f, 0x1p63f, INT64_MIN, INT64_MAX));
    case LIMN_I32: SCATTER(int32_t, truncated(from[i], -0x1p31f, 0x1p31f, INT32_MIN, INT32_MAX));
    case LIMN_U8: SCATTER(uint8_t, truncated(from[i], 0, 255, 0, 255));
    case LIMN_BOOL: SCATTER(uint8_t, from[i] != 0);
  }
}
static void write_i64(limn_dtype t, const int64_t *from, void *to, long step, long n) {
  switch (t) {
    case LIMN_I64: SCATTER(int64_t, from[i]);
    case LIMN_I32: SCATTER(int32_t, from[i]);
    case LIMN_U8: SCATTER(uint8_t, from[i]);
    default: SCATTER(uint8_t, from[i] != 0);
  }
}

static void run_convert(void *context, const long *offset, const long *step, long n) {
  const job *j = context;
  const char *from = (const char *)j->from + offset[1] * width_of(j->from_type);
  char *to = (char *)j->to + offset[0] * width_of(j->to_type);
  if (step[0] == 1 && step[1] == 1 && j->to_type == LIMN_F32) {
    if (j->from_type == LIMN_F16) { limn_widen_f16((const uint16_t *)from, (float *)to, n); return; }
    if (j->from_type == LIMN_BF16) { limn_widen_bf16((const uint16_t *)from, (float *)to, n); return; }
  }
  float f[chunk];
  int64_t l[chunk];
  for (long i = 0; i < n; i += chunk) {
    long m = n - i < chunk ? n - i : chunk;
    const char *p = from + i * step[1] * width_of(j->from_type);
    char *q = to + i * step[0] * width_of(j->to_type);
    if (is_integer(j->from_type) && is_integer(j->to_type)) {
      read_i64(j->from_type, p, step[1], l, m);
      write_i64(j->to_type, l, q, step[0], m);
    } else {
      read_f32(j->from_type, p, step[1], f, m);
      write_f32(j->to_type, f, q, step[0], m);
    }
  }
}

void limn_convert(limn_dtype from_type, limn_dtype to_type, int rank, limn_dims shape, const void *from, limn_dims fs, void *to,
                  limn_dims ts) {
  walk w;
  if (!walk_make(&w, rank, shape, 2, (limn_dims[]){ts, fs})) return;
  job j = {.from_type = from_type, .to_type = to_type, .from = from, .to = to};
  walk_run(&w, run_convert, &j);
}

typedef struct { float *to; size_t count; float value; } filling;
static void fill_task(void *context, long index) {
  const filling *f = context;
  size_t start = (size_t)index * walk_grain * 4, end = start + walk_grain * 4 < f->count ? start + walk_grain * 4 : f->count;
  for (size_t i = start; i < end; i++) f->to[i] = f->value;
}
void limn_fill_f32(float *to, size_t count, float value) {
  filling f = {to, count, value};
  limn_pool_run((long)((count + walk_grain * 4 - 1) / (walk_grain * 4)), fill_task, &f);
}
