// Going over the elements of several operands that share one shape, in the order of memory and by as few loops as will do.
#ifndef LIMN_WALK_H
#define LIMN_WALK_H
#include "limn_layout.h"

enum { walk_most = 4, walk_grain = 16384 };  // elements a task

typedef struct {
  int rank;                      // loops left after merging, at least 1
  long size[6];                  // outermost first
  long stride[walk_most][6];     // of each operand
  int operands;
} walk;

// A run of `n` elements: operand k starts at element offset[k] and goes on by step[k].
typedef void (*walk_run_function)(void *context, const long *offset, const long *step, long n);

// Drops axes of one element, sorts by the strides of operand 0 (the result) and merges axes that lie one behind another in all operands.
// Returns 0 if there is no element.
int walk_make(walk *w, int rank, limn_dims shape, int operands, const limn_dims *strides);
// Calls `run` for runs along the innermost axis; tasks are cut by shape alone.
void walk_run(const walk *w, walk_run_function run, void *context);

#endif
