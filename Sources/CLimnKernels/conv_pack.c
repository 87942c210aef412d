// Packing a convolution's weights [o, i, kh, kw] into panels: the matrix [taps · i, o], or turned for the gradient in x.
#include <string.h>
#include "gemm_tile.h"
#include "limn_pool.h"

// Rows of the matrix moved at once: with 16 columns and 9 taps they fill 18 KB.
enum { rows_at_once = 32, most_taps = 9 };

typedef struct {
  long o, i, kh, kw, turned;
  limn_pack_kind kind;
  limn_dtype type;
  const void *weight;
  char *packed;
} conv_pack_job;

long limn_conv_panel_start(long taps, long depth, long columns, long panel, long tap, long row) {
  const limn_depth_cut cut = limn_cut_depth(taps, depth);
  const long panels = (columns + LIMN_PANEL - 1) / LIMN_PANEL;
  const long first = tap / cut.taps * cut.taps, from = row / cut.depth * cut.depth;
  const long high = smaller(cut.taps, taps - first), deep = smaller(cut.depth, depth - from);
  return ((first * depth + from) * panels + panel * high * deep + (tap - first) * deep + row - from) * LIMN_PANEL;
}

/// Scatters `count` runs of `taps` values each to [taps, rows_at_once, 16]; `values` are floats or halves.
#define SCATTER(name, value_type)                                                                                      \
  static void name(const value_type *values, long count, long taps, long first, long tap_end, int turned, long step,   \
                   value_type *tile) {                                                                                 \
    for (long c = 0; c < count; c++)                                                                                   \
      for (long tap = first; tap < tap_end; tap++)                                                                     \
        tile[(tap - first) * rows_at_once * LIMN_PANEL + c * step] = values[c * taps + (turned ? taps - 1 - tap : tap)]; \
  }
SCATTER(scatter_wide, uint32_t)
SCATTER(scatter_half, uint16_t)

/// Some rows of one panel, some taps.
static void pack_rows(const conv_pack_job *job, long panel, long row, long rows, long first, long tap_end) {
  const long taps = job->kh * job->kw;
  const long depth = job->turned ? job->o : job->i, columns = job->turned ? job->i : job->o;
  const long here = smaller(LIMN_PANEL, columns - panel * LIMN_PANEL);
  const size_t source_width = limn_pack_width((limn_pack_kind)job->type);
  uint32_t tile[most_taps * rows_at_once * LIMN_PANEL];
  float values[rows_at_once * LIMN_PANEL];
  if (here < LIMN_PANEL) memset(tile, 0, sizeof tile);
  // Values that lie side by side in the weight: along i, all taps of each.
  const long runs = job->turned ? rows : here, count = job->turned ? here : rows, step = job->turned ? 1 : LIMN_PANEL;
  for (long run = 0; run < runs; run++) {
    const long o = job->turned ? row + run : panel * LIMN_PANEL + run;
    const long i = job->turned ? panel * LIMN_PANEL : row, at = job->turned ? run * LIMN_PANEL : run;
    const char *source = (const char *)job->weight + (size_t)((o * job->i + i) * taps) * source_width;
    if (source_width == 4)
      scatter_wide((const uint32_t *)source, count, taps, first, tap_end, job->turned != 0, step, tile + at);
    else
      scatter_half((const uint16_t *)source, count, taps, first, tap_end, job->turned != 0, step, (uint16_t *)tile + at);
  }
  for (long tap = first; tap < tap_end; tap++) {
    const char *from = (const char *)tile + (size_t)((tap - first) * rows_at_once * LIMN_PANEL) * source_width;
    for (long r = 0, some; r < rows; r += some) {
      // A block of the packed matrix may end between two rows.
      const long block = limn_cut_depth(taps, depth).depth;
      some = smaller(rows - r, block - (row + r) % block);
      char *to = job->packed + (size_t)limn_conv_panel_start(taps, depth, columns, panel, tap, row + r) *
                                   limn_pack_width(job->kind);
      const char *part = from + (size_t)(r * LIMN_PANEL) * source_width;
      if ((int)job->kind == (int)job->type) {
        memcpy(to, part, (size_t)(some * LIMN_PANEL) * source_width);
      } else {
        limn_pack_widen((limn_pack_kind)job->type, part, values, some * LIMN_PANEL);
        limn_pack_narrow(job->kind, values, to, some * LIMN_PANEL);
      }
    }
  }
}

static void conv_pack_task(void *context, long panel) {
  const conv_pack_job *job = context;
  const long taps = job->kh * job->kw, depth = job->turned ? job->o : job->i;
  for (long row = 0; row < depth; row += rows_at_once)
    for (long tap = 0; tap < taps; tap += most_taps)
      pack_rows(job, panel, row, smaller(rows_at_once, depth - row), tap, smaller(taps, tap + most_taps));
}

void limn_conv_pack(limn_pack_kind kind, long o, long i, long kh, long kw, limn_dtype type, const void *weight,
                    int32_t turned, void *packed) {
  conv_pack_job job = {o, i, kh, kw, turned, kind, type, weight, packed};
  limn_pool_run(((turned ? i : o) + LIMN_PANEL - 1) / LIMN_PANEL, conv_pack_task, &job);
}

void limn_conv_pack_f32(long o, long i, long kh, long kw, const float *weight, float *packed) {
  limn_conv_pack(LIMN_PACK_F32, o, i, kh, kw, LIMN_F32, weight, 0, packed);
}

void limn_conv_pack_turned_f32(long o, long i, long kh, long kw, const float *weight, float *packed) {
  limn_conv_pack(LIMN_PACK_F32, o, i, kh, kw, LIMN_F32, weight, 1, packed);
}
