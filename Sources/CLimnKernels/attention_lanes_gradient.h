// The gradient's loops of attention_rows.h; part of attention_lanes.h.

/// −x of a query: the lane's own, or the row's.
ALWAYS vf start_at(const float *x, const int by_row, long row, int set) {
  return by_row ? each(-x[row]) : -load(x + set * LANES);
}

/// Takes away the weights of rows that are not there, and of keys that a query must not see.
static __attribute__((noinline)) void hide_weights(const limn_gradient_block *block, long row, vf w[sets][step_keys]) {
  for (int i = 0; i < sets; i++)
    for (int j = 0; j < step_keys; j++)
      for (int l = 0; l < LANES; l++) {
        const long token = block->first + i * LANES + l, other = row + j;
        const int later = block->rows_are_queries ? token > other : other > token;
        if (other >= block->rows || (block->causal && later)) w[i][j][l] = 0;
      }
}

ALWAYS void gradient_step(const limn_gradient_block *block, const int by_row, long row, const int first) {
  const long width = block->width;
  const float *rows[step_keys], *others[step_keys];
  long at[step_keys];
#pragma clang loop unroll(full)
  for (int j = 0; j < step_keys; j++) {
    at[j] = row + j < block->rows ? row + j : row;
    rows[j] = block->row + at[j] * block->row_step, others[j] = block->other + at[j] * block->row_step;
  }
  vf w[sets][step_keys];
#pragma clang loop unroll(full)
  for (int i = 0; i < sets; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < step_keys; j++) w[i][j] = start_at(block->log, by_row, at[j], i);
  score(width, block->own, rows, w);
  // Weights wait in memory while their gradients are summed: there are not registers for both.
  vf weights[sets][step_keys];
#pragma clang loop unroll(full)
  for (int i = 0; i < sets; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < step_keys; j++) w[i][j] = power(w[i][j]);
  memcpy(weights, w, sizeof w);
  const int some_later = block->causal && (by_row ? block->first + step_queries > row + 1 : row + step_keys > block->first + 1);
  if (row + step_keys > block->rows || some_later) {
    hide_weights(block, row, weights);
    memcpy(w, weights, sizeof w);
  }
  if (by_row) collect(width, (const vf(*)[step_keys])w, others, first, block->weighted);
#pragma clang loop unroll(full)
  for (int i = 0; i < sets; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < step_keys; j++) w[i][j] = start_at(block->delta, by_row, at[j], i);
  score(width, block->upstream, others, w);
#pragma clang loop unroll(full)
  for (int i = 0; i < sets; i++)
#pragma clang loop unroll(full)
    for (int j = 0; j < step_keys; j++) w[i][j] *= weights[i][j];
  collect(width, (const vf(*)[step_keys])w, rows, first, block->sums);
}

static void gradient(const limn_gradient_block *block) {
  // Of queries before the first key, none sees any.
  long row = !block->causal || !block->rows_are_queries ? 0 : block->first < block->rows ? block->first : block->rows - 1;
  const int by_row = block->rows_are_queries;
  if (by_row) gradient_step(block, 1, row, 1);
  else gradient_step(block, 0, row, 1);
  for (row += step_keys; row < block->rows; row += step_keys) {
    if (by_row) gradient_step(block, 1, row, 0);
    else gradient_step(block, 0, row, 0);
  }
}
