#include "limn_resize.h"
#include <string.h>
#include "limn_pool.h"

enum { task_floats = 16384 };

typedef struct {
  long outer, in, out, inner, each;
  const int32_t *first, *source;
  const float *weight, *x;
  float *y;
} resample_job;

/// Some results along the axis, for all of `inner`; lines = outer · out.
static void resample_lines(void *context, long task) {
  const resample_job *job = context;
  const long inner = job->inner, lines = job->outer * job->out;
  const long end = (task + 1) * job->each < lines ? (task + 1) * job->each : lines;
  for (long line = task * job->each; line < end; line++) {
    const long j = line % job->out;
    const float *x = job->x + line / job->out * job->in * inner;
    float *restrict y = job->y + line * inner;
    if (job->first[j] == job->first[j + 1]) memset(y, 0, (size_t)inner * sizeof(float));
    for (int32_t t = job->first[j]; t < job->first[j + 1]; t++) {
      const float *restrict row = x + job->source[t] * inner;
      const float weight = job->weight[t];
      if (t == job->first[j])
        for (long k = 0; k < inner; k++) y[k] = weight * row[k];
      else
        for (long k = 0; k < inner; k++) y[k] += weight * row[k];
    }
  }
}

void limn_resample_f32(long outer, long in, long out, long inner, const int32_t *first, const int32_t *source,
                       const float *weight, const float *x, float *y) {
  const long lines = outer * out;
  if (lines * inner == 0) return;
  const long taps = first[out] / out + 1;  // on average
  const long each = task_floats / (inner * taps) + 1;
  resample_job job = {outer, in, out, inner, each, first, source, weight, x, y};
  limn_pool_run((lines + each - 1) / each, resample_lines, &job);
}

typedef struct {
  long n, h, w, c, height, width, each;
  const int32_t *rows, *columns;
  const float *x;
  float *y;
} pick_job;

static void pick_lines(void *context, long task) {
  const pick_job *job = context;
  const long lines = job->n * job->height, c = job->c;
  const long end = (task + 1) * job->each < lines ? (task + 1) * job->each : lines;
  for (long line = task * job->each; line < end; line++) {
    const float *x = job->x + (line / job->height * job->h + job->rows[line % job->height]) * job->w * c;
    float *y = job->y + line * job->width * c;
    for (long column = 0; column < job->width; column++, y += c) {
      const float *from = x + job->columns[column] * c;
      for (long k = 0; k < c; k++) y[k] = from[k];
    }
  }
}

void limn_pick_pixels_f32(long n, long h, long w, long c, long height, long width, const int32_t *rows,
                          const int32_t *columns, const float *x, float *y) {
  const long lines = n * height;
  if (lines * width * c == 0) return;
  const long each = 2 * task_floats / (width * c) + 1;
  pick_job job = {n, h, w, c, height, width, each, rows, columns, x, y};
  limn_pool_run((lines + each - 1) / each, pick_lines, &job);
}

void limn_gather_rows_f32(long count, long width, const long *ids, const float *table, float *y) {
  for (long i = 0; i < count; i++) memcpy(y + i * width, table + ids[i] * width, (size_t)width * sizeof(float));
}

void limn_scatter_rows_f32(long count, long rows, long width, const long *ids, const float *dy, float *dtable) {
  memset(dtable, 0, (size_t)(rows * width) * sizeof(float));
  for (long i = 0; i < count; i++)
    for (long k = 0; k < width; k++) dtable[ids[i] * width + k] += dy[i * width + k];
}
