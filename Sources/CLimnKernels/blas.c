#define _GNU_SOURCE
#include "limn_blas.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "limn_pool.h"
#include "norm_rows.h"

// A task's part of C; OpenBLAS packs its operands anew for each.
enum { task_rows = 192, task_columns = 256 };

// cblas.h, as far as we need it.
enum { row_major = 101, as_it_is = 111, transposed = 112 };
typedef void (*sgemm_function)(int order, int a_form, int b_form, int m, int n, int k, float alpha, const float *a, int lda,
                               const float *b, int ldb, float beta, float *c, int ldc);

static sgemm_function sgemm;
static char description[128] = "not in use";
static pthread_once_t once = PTHREAD_ONCE_INIT;

/// Whether this processor computes faster through OpenBLAS than through our kernels.
static int is_faster(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq");
#else
  return 0;
#endif
}

/// The name of the kernels OpenBLAS should use. Left to itself, Debian's build takes Haswell's on processors that came after it.
static const char *core_type(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))
    return __builtin_cpu_supports("avx512bf16") && __builtin_cpu_is("intel") ? "SapphireRapids" : "SkylakeX";
  if (__builtin_cpu_supports("avx2")) return __builtin_cpu_is("amd") ? "Zen" : "Haswell";
#endif
  return 0;
}

static void open_library(void) {
  const char *wish = getenv("LIMN_BLAS");
  if (wish && !strcmp(wish, "off")) return;
  if (!(wish && !strcmp(wish, "on")) && !is_faster()) {
    snprintf(description, sizeof description, "not in use: this processor's own kernels are faster");
    return;
  }
  // Read when the library is loaded; what the user has set stays.
  const char *core = core_type();
  setenv("OPENBLAS_NUM_THREADS", "1", 0);
  if (core) setenv("OPENBLAS_CORETYPE", core, 0);
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    snprintf(description, sizeof description, "not in use: libopenblas.so.0 is not installed");
    return;
  }
  char *(*name)(void) = (char *(*)(void))dlsym(library, "openblas_get_corename");
  void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
  sgemm = (sgemm_function)dlsym(library, "cblas_sgemm");
  if (set_threads) set_threads(1);
  snprintf(description, sizeof description, "libopenblas.so.0 (%s)", name ? name() : "unknown kernels");
}

const char *limn_blas_description(void) {
  pthread_once(&once, open_library);
  return description;
}

int limn_blas_suits(long n, long k) {
  pthread_once(&once, open_library);
  return sgemm && n >= 128 && k >= 128 && n < 1L << 30 && k < 1L << 30;
}

typedef struct {
  const limn_gemm_shape *shape;
  const float *a, *b;
  float *c;
  const limn_epilogue *epilogue;
  long row_tasks;
} blas_job;

static void blas_task(void *context, long task) {
  const blas_job *job = context;
  const limn_gemm_shape *shape = job->shape;
  const long row = task % job->row_tasks * task_rows, column = task / job->row_tasks * task_columns;
  const long rows = shape->m - row < task_rows ? shape->m - row : task_rows;
  const long columns = shape->n - column < task_columns ? shape->n - column : task_columns;
  const float *bias = job->epilogue ? job->epilogue->bias : 0;
  float *c = job->c + row * shape->c_row + column;
  if (bias)
    for (long r = 0; r < rows; r++) memcpy(c + r * shape->c_row, bias + column, (size_t)columns * sizeof(float));
  sgemm(row_major, as_it_is, transposed, (int)rows, (int)columns, (int)shape->k, 1, job->a + row * shape->a_row,
        (int)shape->a_row, job->b + column * shape->k, (int)shape->k, bias ? 1 : 0, c, (int)shape->c_row);
  if (!limn_has_more(job->epilogue)) return;
  const limn_patch patch = {row, rows, column, columns, c, shape->c_row, c, shape->c_row};
  limn_rows_choice()->finish(job->epilogue, &patch);
}

void limn_blas_gemm_f32(const limn_gemm_shape *shape, const float *a, const float *b, float *c, const limn_epilogue *epilogue) {
  blas_job job = {shape, a, b, c, epilogue, (shape->m + task_rows - 1) / task_rows};
  limn_pool_run(job.row_tasks * ((shape->n + task_columns - 1) / task_columns), blas_task, &job);
}
