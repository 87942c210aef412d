// Packing: matrices into panels of 16 columns, values of any float type kept as any kind.
#include <string.h>
#include "gemm_tile.h"
#include "limn_copy.h"
#include "limn_pool.h"

long limn_gemm_packed_floats(long k, long n) { return (n + LIMN_PANEL - 1) / LIMN_PANEL * LIMN_PANEL * k; }

size_t limn_gemm_packed_bytes(limn_pack_kind kind, long k, long n) {
  return (size_t)limn_gemm_packed_floats(k, n) * limn_pack_width(kind);
}

void limn_pack_widen(limn_pack_kind kind, const void *from, float *to, long count) {
  switch (kind) {
    case LIMN_PACK_F32: memcpy(to, from, (size_t)count * sizeof(float)); break;
    case LIMN_PACK_BF16: limn_widen_bf16(from, to, count); break;
    case LIMN_PACK_F16: limn_widen_f16(from, to, count); break;
  }
}

void limn_pack_narrow(limn_pack_kind kind, const float *from, void *to, long count) {
  switch (kind) {
    case LIMN_PACK_F32: memcpy(to, from, (size_t)count * sizeof(float)); break;
    case LIMN_PACK_BF16: limn_narrow_bf16(from, to, count); break;
    case LIMN_PACK_F16: limn_narrow_f16(from, to, count); break;
  }
}

/// Moves values of one width; element (from, column) of the matrix is `source`.
#define MOVE(name, type)                                                                                                 \
  static void name(const type *source, long columns, long b_row, long b_column, long depth, type *out) {                 \
    if (b_column == 1 && columns == LIMN_PANEL) {                                                                        \
      for (long p = 0; p < depth; p++) memcpy(out + p * LIMN_PANEL, source + p * b_row, LIMN_PANEL * sizeof(type));      \
    } else if (b_row == 1 && columns == LIMN_PANEL) {                                                                    \
      /* Eight rows at a time: each line of the source is then read whole while its panel rows are still in cache. */    \
      for (long p = 0; p < depth; p += 8) {                                                                              \
        const long end = p + 8 < depth ? p + 8 : depth;                                                                  \
        for (long j = 0; j < LIMN_PANEL; j++)                                                                            \
          for (long q = p; q < end; q++) out[q * LIMN_PANEL + j] = source[j * b_column + q];                             \
      }                                                                                                                  \
    } else {                                                                                                             \
      for (long p = 0; p < depth; p++)                                                                                   \
        for (long j = 0; j < LIMN_PANEL; j++)                                                                            \
          out[p * LIMN_PANEL + j] = j < columns ? source[p * b_row + j * b_column] : 0;                                  \
    }                                                                                                                    \
  }
MOVE(move_wide, uint32_t)
MOVE(move_half, uint16_t)

void limn_pack_panel(long n, const float *b, long b_row, long b_column, long from, long depth,
                     long column, float *out) {
  limn_pack_typed_panel(LIMN_PACK_F32, LIMN_F32, n, b, b_row, b_column, from, depth, column, out);
}

void limn_pack_typed_panel(limn_pack_kind kind, limn_dtype type, long n, const void *b, long b_row, long b_column,
                           long from, long depth, long column, void *out) {
  enum { rows = 32 };
  const long columns = n - column < LIMN_PANEL ? n - column : LIMN_PANEL, at = from * b_row + column * b_column;
  const uint32_t *wide = (const uint32_t *)b + at;
  const uint16_t *half = (const uint16_t *)b + at;
  if ((int)kind == (int)type) {
    if (type == LIMN_F32) move_wide(wide, columns, b_row, b_column, depth, out);
    else move_half(half, columns, b_row, b_column, depth, out);
    return;
  }
  uint32_t moved[rows * LIMN_PANEL];
  float values[rows * LIMN_PANEL];
  for (long p = 0; p < depth; p += rows) {
    const long some = depth - p < rows ? depth - p : rows, count = some * LIMN_PANEL;
    if (type == LIMN_F32) move_wide(wide + p * b_row, columns, b_row, b_column, some, moved);
    else move_half(half + p * b_row, columns, b_row, b_column, some, (uint16_t *)moved);
    char *to = (char *)out + (size_t)(p * LIMN_PANEL) * limn_pack_width(kind);
    if (kind == LIMN_PACK_F32) {
      limn_pack_widen((limn_pack_kind)type, moved, (float *)to, count);
    } else {
      limn_pack_widen((limn_pack_kind)type, moved, values, count);
      limn_pack_narrow(kind, values, to, count);
    }
  }
}

typedef struct {
  long k, n, b_row, b_column, panels_each;
  limn_pack_kind kind;
  limn_dtype type;
  const void *b;
  char *packed;
} pack_job;

static void pack_task(void *context, long task) {
  const pack_job *job = context;
  const long panels = (job->n + LIMN_PANEL - 1) / LIMN_PANEL;
  const long first = task * job->panels_each;
  const long end = first + job->panels_each < panels ? first + job->panels_each : panels;
  const long block = limn_cut_depth(1, job->k).depth;
  for (long from = 0; from < job->k; from += block) {
    const long depth = job->k - from < block ? job->k - from : block;
    for (long panel = first; panel < end; panel++)
      limn_pack_typed_panel(job->kind, job->type, job->n, job->b, job->b_row, job->b_column, from, depth,
                            panel * LIMN_PANEL,
                            job->packed + (size_t)((from * panels + panel * depth) * LIMN_PANEL) * limn_pack_width(job->kind));
  }
}

void limn_gemm_pack(limn_pack_kind kind, long k, long n, limn_dtype type, const void *b, long b_row, long b_column,
                    void *packed) {
  const long panels = (n + LIMN_PANEL - 1) / LIMN_PANEL;
  const long each = 32768 / (k * LIMN_PANEL + 1) + 1;
  pack_job job = {k, n, b_row, b_column, each, kind, type, b, packed};
  limn_pool_run((panels + each - 1) / each, pack_task, &job);
}

void limn_gemm_pack_f32(long k, long n, const float *b, long b_row, long b_column, float *packed) {
  limn_gemm_pack(LIMN_PACK_F32, k, n, LIMN_F32, b, b_row, b_column, packed);
}
