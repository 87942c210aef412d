#include "include/limn_moments.h"
#include "include/limn_pool.h"
#include <math.h>

#pragma STDC FP_CONTRACT OFF

enum { TASK = 64 * LIMN_MOMENT_BLOCK };

typedef struct {
  float *x, *m, *v;
  const float *g;
  uint8_t *mq, *vq;
  float *m_top, *v_top;
  int64_t count;
  limn_adamw rule;
} job;

// Not sqrtf: that may set errno, and a loop with it stays one number at a time.
static inline float root(float x) { return __builtin_elementwise_sqrt(x); }

// Plain loops: four numbers at a time with the square roots and quotients every x86-64 has, and so the same bits on all of them.
static void update(float *restrict x, const float *restrict g, float *restrict m, float *restrict v, int64_t count, limn_adamw r) {
  for (int64_t i = 0; i < count; i++) {
    float slope = g[i], mean = m[i] + r.take1 * (slope - m[i]), square = r.keep2 * v[i] + r.take2 * slope * slope;
    m[i] = mean;
    v[i] = square;
    x[i] = x[i] * r.decay - r.rate * mean / (root(square) / r.root + r.epsilon);
  }
}

static int64_t length(const job *j, long index, int64_t part) {
  int64_t left = j->count - index * part;
  return left < part ? left : part;
}

static void floats(void *context, long index) {
  const job *j = context;
  int64_t at = index * (int64_t)TASK;
  update(j->x + at, j->g + at, j->m + at, j->v + at, length(j, index, TASK), j->rule);
}

void limn_adamw_f32(float *x, const float *g, float *m, float *v, int64_t count, limn_adamw rule) {
  job j = {.x = x, .g = g, .m = m, .v = v, .count = count, .rule = rule};
  limn_pool_run((count + TASK - 1) / TASK, floats, &j);
}

static void block(const job *j, int64_t number) {
  float m[LIMN_MOMENT_BLOCK], v[LIMN_MOMENT_BLOCK];
  int64_t at = number * LIMN_MOMENT_BLOCK, count = length(j, number, LIMN_MOMENT_BLOCK);
  uint8_t *restrict mq = j->mq + at, *restrict vq = j->vq + at;
  float m_top = j->m_top[number], v_top = j->v_top[number];
  for (int64_t i = 0; i < count; i++) {
    float a = (float)(mq[i] - 128) * (1.0f / 127), b = (float)vq[i] * (1.0f / 255);
    m[i] = m_top * (a * fabsf(a)) * (a * a);
    v[i] = v_top * ((b * b) * (b * b));
  }
  update(j->x + at, j->g + at, m, v, count, j->rule);
  m_top = v_top = 0;
  for (int64_t i = 0; i < count; i++) {
    float size = fabsf(m[i]);
    m_top = size > m_top ? size : m_top;
    v_top = v[i] > v_top ? v[i] : v_top;
  }
  j->m_top[number] = m_top;
  j->v_top[number] = v_top;
  // Of numbers too small to divide by, nothing is kept.
  float m_scale = m_top > 1e-30f ? 1 / m_top : 0, v_scale = v_top > 1e-30f ? 1 / v_top : 0;
  for (int64_t i = 0; i < count; i++) {
    int a = (int)(127 * root(root(fabsf(m[i]) * m_scale)) + 0.5f), b = (int)(255 * root(root(v[i] * v_scale)) + 0.5f);
    mq[i] = (uint8_t)(128 + (m[i] < 0 ? -a : a));
    vq[i] = (uint8_t)(b == 0 && v[i] * v_scale > 0 ? 1 : b);
  }
}

static void bytes(void *context, long index) {
  const job *j = context;
  int64_t blocks = (length(j, index, TASK) + LIMN_MOMENT_BLOCK - 1) / LIMN_MOMENT_BLOCK;
  for (int64_t k = 0; k < blocks; k++) block(j, index * (int64_t)(TASK / LIMN_MOMENT_BLOCK) + k);
}

void limn_adamw_u8(float *x, const float *g, uint8_t *m, float *m_top, uint8_t *v, float *v_top, int64_t count, limn_adamw rule) {
  job j = {.x = x, .g = g, .mq = m, .m_top = m_top, .vq = v, .v_top = v_top, .count = count, .rule = rule};
  limn_pool_run((count + TASK - 1) / TASK, bytes, &j);
}
