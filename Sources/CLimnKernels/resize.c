#include "limn_resize.h"
#include <string.h>
#include "limn_pool.h"

enum { task_floats = 16384 };

typedef struct {
  int64_t outer, in, out, inner, each;
  const int32_t *first, *source;
  const float *weight, *x;
  float *y;
} resample_job;

/// Some results along the axis, for all of `inner`; lines = outer · out.
static void resample_lines(void *context, int64_t task) {
  const resample_job *job = context;
  const int64_t inner = job->inner, lines = job->outer * job->out;
  const int64_t end = (task + 1) * job->each < lines ? (task + 1) * job->each : lines;
  for (int64_t line = task * job->each; line < end; line++) {
    const int64_t j = line % job->out;
    const float *x = job->x + line / job->out * job->in * inner;
    float *restrict y = job->y + line * inner;
    if (job->first[j] == job->first[j + 1]) memset(y, 0, (size_t)inner * sizeof(float));
    for (int32_t t = job->first[j]; t < job->first[j + 1]; t++) {
      const float *restrict row = x + job->source[t] * inner;
      const float weight = job->weight[t];
      if (t == job->first[j])
        for (int64_t k = 0; k < inner; k++) y[k] = weight * row[k];
      else
        for (int64_t k = 0; k < inner; k++) y[k] += weight * row[k];
    }
  }
}

void limn_resample_f32(int64_t outer, int64_t in, int64_t out, int64_t inner, const int32_t *first, const int32_t *source,
                       const float *weight, const float *x, float *y) {
  const int64_t lines = outer * out;
  if (lines * inner == 0) return;
  const int64_t taps = first[out] / out + 1;  // on average
  const int64_t each = task_floats / (inner * taps) + 1;
  resample_job job = {outer, in, out, inner, each, first, source, weight, x, y};
  limn_pool_run((lines + each - 1) / each, resample_lines, &job);
}

typedef struct {
  int64_t n, h, w, c, height, width, each;
  const int32_t *rows, *columns;
  const float *x;
  float *y;
} pick_job;

static void pick_lines(void *context, int64_t task) {
  const pick_job *job = context;
  const int64_t lines = job->n * job->height, c = job->c;
  const int64_t end = (task + 1) * job->each < lines ? (task + 1) * job->each : lines;
  for (int64_t line = task * job->each; line < end; line++) {
    const float *x = job->x + (line / job->height * job->h + job->rows[line % job->height]) * job->w * c;
    float *y = job->y + line * job->width * c;
    for (int64_t column = 0; column < job->width; column++, y += c) {
      const float *from = x + job->columns[column] * c;
      for (int64_t k = 0; k < c; k++) y[k] = from[k];
    }
  }
}

void limn_pick_pixels_f32(int64_t n, int64_t h, int64_t w, int64_t c, int64_t height, int64_t width, const int32_t *rows,
                          const int32_t *columns, const float *x, float *y) {
  const int64_t lines = n * height;
  if (lines * width * c == 0) return;
  const int64_t each = 2 * task_floats / (width * c) + 1;
  pick_job job = {n, h, w, c, height, width, each, rows, columns, x, y};
  limn_pool_run((lines + each - 1) / each, pick_lines, &job);
}

void limn_gather_rows_f32(int64_t count, int64_t width, const int64_t *ids, const float *table, float *y) {
  for (int64_t i = 0; i < count; i++) memcpy(y + i * width, table + ids[i] * width, (size_t)width * sizeof(float));
}

void limn_scatter_rows_f32(int64_t count, int64_t rows, int64_t width, const int64_t *ids, const float *dy, float *dtable) {
  memset(dtable, 0, (size_t)(rows * width) * sizeof(float));
  for (int64_t i = 0; i < count; i++)
    for (int64_t k = 0; k < width; k++) dtable[ids[i] * width + k] += dy[i * width + k];
}
