// Weights as the bf16 units read them, from any float type.
#include <string.h>
#include "bf16_tile.h"
#include "limn_copy.h"
#include "limn_pool.h"

// Two panels' block is 96 KB then; 256 rows of A by as much of k are 768 KB, within a second-level cache of 2 MB.
enum { depth_limit = 1536, run = 512 };

limn_bf16_depth limn_bf16_cut_depth(long taps, long depth) {
  if (depth > depth_limit) {
    const long parts = (depth + depth_limit - 1) / depth_limit;
    return (limn_bf16_depth){1, limn_up((depth + parts - 1) / parts, LIMN_BF16_STEP)};
  }
  const long fitting = depth > 0 ? depth_limit / depth : 1, parts = (taps + fitting - 1) / fitting;
  return (limn_bf16_depth){(taps + parts - 1) / parts, depth > 0 ? depth : LIMN_BF16_STEP};
}

/// Element (tap, p, column) of the matrix lies at start + tap · tap_step + p · row + column · column_step, all in elements.
typedef struct {
  limn_dtype type;
  const void *source;
  long taps, depth, n;
  long start, tap_step, row, column_step;
  uint16_t *packed;
} pack_job;

/// Up to `run` elements from `at` on, `step` apart, as bf16.
static void read_run(const pack_job *job, long at, long step, long count, uint16_t *out) {
  float wide[run];
  uint16_t halves[run];
  if (job->type == LIMN_F32) {
    const float *from = (const float *)job->source + at;
    if (step == 1) {
      limn_narrow_bf16(from, out, count);
      return;
    }
    for (long i = 0; i < count; i++) wide[i] = from[i * step];
    limn_narrow_bf16(wide, out, count);
    return;
  }
  const uint16_t *from = (const uint16_t *)job->source + at;
  if (job->type == LIMN_BF16) {
    for (long i = 0; i < count; i++) out[i] = from[i * step];
    return;
  }
  if (step != 1) {
    for (long i = 0; i < count; i++) halves[i] = from[i * step];
    from = halves;
  }
  limn_widen_f16(from, wide, count);
  limn_narrow_bf16(wide, out, count);
}

/// `count` rows of k from `from` on, of tap `tap`; what lies past the depth or past n is zero.
static void pack_rows(const pack_job *job, long tap, long column, long from, long count, uint16_t *out) {
  const long columns = limn_least(LIMN_PANEL, job->n - column), rows = limn_least(count, job->depth - from);
  const long start = job->start + tap * job->tap_step + from * job->row + column * job->column_step;
  uint16_t lines[LIMN_PANEL][run];
  if (columns < LIMN_PANEL || rows < count) memset(out, 0, (size_t)(count * LIMN_PANEL) * 2);
  if (job->column_step == 1) {
    for (long p = 0; p < rows; p++) {
      uint16_t line[LIMN_PANEL];
      read_run(job, start + p * job->row, 1, columns, line);
      for (long j = 0; j < columns; j++) out[(p / 2 * LIMN_PANEL + j) * 2 + p % 2] = line[j];
    }
    return;
  }
  for (long p = 0; p < rows; p += run) {
    const long some = limn_least(run, rows - p);
    for (long j = 0; j < columns; j++) read_run(job, start + p * job->row + j * job->column_step, job->row, some, lines[j]);
    for (long q = 0; q < some; q++)
      for (long j = 0; j < columns; j++) out[((p + q) / 2 * LIMN_PANEL + j) * 2 + q % 2] = lines[j][q];
  }
}

static void pack_panel(void *context, long panel) {
  const pack_job *job = context;
  const long depth = limn_up(job->depth, LIMN_BF16_STEP), panels = (job->n + LIMN_PANEL - 1) / LIMN_PANEL;
  const limn_bf16_depth cut = limn_bf16_cut_depth(job->taps, depth);
  for (long first = 0; first < job->taps; first += cut.taps)
    for (long from = 0; from < depth; from += cut.depth) {
      const long taps = limn_least(cut.taps, job->taps - first), rows = limn_least(cut.depth, depth - from);
      uint16_t *out = job->packed + ((first * depth + from) * panels + panel * taps * rows) * LIMN_PANEL;
      for (long tap = first; tap < first + taps; tap++, out += rows * LIMN_PANEL)
        pack_rows(job, tap, panel * LIMN_PANEL, from, rows, out);
    }
}

static void pack(pack_job *job) {
  if (job->depth > 0 && job->taps > 0) limn_pool_run((job->n + LIMN_PANEL - 1) / LIMN_PANEL, pack_panel, job);
}

size_t limn_bf16_gemm_packed_bytes(long k, long n) {
  return (size_t)(limn_up(k, LIMN_BF16_STEP) * limn_up(n, LIMN_PANEL)) * sizeof(uint16_t);
}

void limn_bf16_gemm_pack(long k, long n, limn_dtype type, const void *b, long b_row, long b_column, void *packed) {
  pack_job job = {type, b, 1, k, n, 0, 0, b_row, b_column, packed};
  pack(&job);
}

size_t limn_bf16_conv_packed_bytes(long o, long i, long kh, long kw, int32_t turned) {
  return (size_t)(kh * kw) * (turned ? limn_bf16_gemm_packed_bytes(o, i) : limn_bf16_gemm_packed_bytes(i, o));
}

void limn_bf16_conv_pack(long o, long i, long kh, long kw, limn_dtype type, const void *weight, int32_t turned, void *packed) {
  const long taps = kh * kw;
  pack_job job = {type, weight, taps, i, o, 0, 1, taps, i * taps, packed};
  if (turned) job = (pack_job){type, weight, taps, o, i, taps - 1, -1, i * taps, taps, packed};
  pack(&job);
}
