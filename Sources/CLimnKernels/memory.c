#define _GNU_SOURCE
#include "limn_memory.h"
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

// Size classes: 64, 128, 192, 256, then four steps an octave, so that at most a quarter of a buffer is unused. Small buffers are
// carved from chunks and never leave them; from `large` up each buffer is its own mapping.
enum { class_count = 4 + 4 * 40 };
static const size_t chunk_bytes = 4 << 20, huge_page = 2 << 20, large = 1 << 20;

typedef struct spare { struct spare *next; } spare;
static spare *free_lists[class_count];
static char *chunk_at, *chunk_end;
static size_t cached;  // bytes of large buffers in free lists
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static _Atomic long in_use;
static _Atomic size_t peak, limit;
static _Atomic int mark;

static int size_class(size_t bytes, size_t *rounded) {
  if (bytes <= 256) {
    int c = bytes <= 64 ? 0 : (int)((bytes - 1) / 64);
    *rounded = (size_t)(c + 1) * 64;
    return c;
  }
  int k = 63 - __builtin_clzl(bytes - 1);  // 2^k < bytes ≤ 2^(k+1)
  size_t step = (size_t)1 << (k - 2);
  size_t quarter = (bytes - ((size_t)1 << k) + step - 1) / step;
  *rounded = ((size_t)1 << k) + quarter * step;
  return 4 + (k - 8) * 4 + (int)quarter - 1;
}

// Huge mappings start on a huge page: one page fault for two megabytes instead of 512.
static void *map(size_t bytes) {
  if (bytes < huge_page) {
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
  }
  size_t whole = bytes + huge_page;
  char *p = mmap(NULL, whole, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (p == MAP_FAILED) return NULL;
  char *start = (char *)(((uintptr_t)p + huge_page - 1) & ~(huge_page - 1));
  if (start > p) munmap(p, (size_t)(start - p));
  size_t tail = (size_t)(p + whole - (start + bytes)) & ~(size_t)4095;
  if (tail) munmap(p + whole - tail, tail);
  madvise(start, bytes, MADV_HUGEPAGE);
  return start;
}
static void unmap(void *p, size_t bytes) { munmap(p, (bytes + 4095) & ~(size_t)4095); }

size_t limn_memory_machine(void) {
  size_t bytes = (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE);
  // A container's limit; the file holds "max" where there is none.
  FILE *file = fopen("/sys/fs/cgroup/memory.max", "re");
  unsigned long long most;
  if (file) {
    if (fscanf(file, "%llu", &most) == 1 && most < bytes) bytes = (size_t)most;
    fclose(file);
  }
  return bytes;
}

// So much beside the peak is not worth a call of the system.
static const size_t small_change = 64 << 20;

// Spare buffers are memory that nothing else can use: enough for the results inside of one evaluation of a large UNet.
static size_t most_cached(void) {
  static size_t most;
  if (!most) {
    size_t share = limn_memory_machine() / 16;
    most = share < ((size_t)512 << 20) ? share : (size_t)512 << 20;
  }
  return most;
}

static size_t class_bytes(int c) { return c < 4 ? (size_t)(c + 1) * 64 : ((size_t)(5 + (c - 4) % 4) << ((c - 4) / 4 + 6)); }

// A spare large buffer of up to twice the size, cut down to it: its pages are there already. Called with the lock held.
static spare *cut_larger(int c, size_t rounded) {
  for (int d = c + 1; d <= c + 4 && d < class_count; d++) {
    spare *p = free_lists[d];
    if (!p) continue;
    free_lists[d] = p->next;
    cached -= class_bytes(d);
    unmap((char *)p + rounded, class_bytes(d) - rounded);
    return p;
  }
  return NULL;
}

// Gives the largest spares back to the system where a new mapping beside them would take more than buffers in use ever did: so
// spares hardly raise what the process takes, while one that does the same again finds what it needs. Called with the lock held.
static void make_room(size_t bytes) {
  const long now = atomic_load_explicit(&in_use, memory_order_relaxed);
  const size_t used = (now > 0 ? (size_t)now : 0) + bytes, ever = atomic_load_explicit(&peak, memory_order_relaxed);
  const size_t most = (used > ever ? used : ever) + small_change;
  for (int c = class_count - 1; cached && used + cached > most; c--) {
    const size_t rounded = class_bytes(c);
    if (rounded < large) return;
    for (spare *p; (p = free_lists[c]) && used + cached > most;) {
      free_lists[c] = p->next;
      cached -= rounded;
      unmap(p, rounded);
    }
  }
}

void limn_memory_count(long bytes) {
  long now = atomic_fetch_add_explicit(&in_use, bytes, memory_order_relaxed) + bytes;
  if (bytes <= 0 || now <= 0) return;
  size_t n = (size_t)now, before = atomic_load_explicit(&peak, memory_order_relaxed);
  while (n > before && !atomic_compare_exchange_weak_explicit(&peak, &before, n, memory_order_relaxed, memory_order_relaxed)) {}
  size_t most = atomic_load_explicit(&limit, memory_order_relaxed);
  if (most && n > most) atomic_store_explicit(&mark, 1, memory_order_relaxed);
}

// A child of fork must not inherit the lock held by a thread it does not have.
static void before_fork(void) { pthread_mutex_lock(&lock); }
static void after_fork(void) { pthread_mutex_unlock(&lock); }
__attribute__((constructor)) static void watch_forks(void) { pthread_atfork(before_fork, after_fork, after_fork); }

void *limn_memory_take(size_t bytes) {
  if (bytes > (size_t)1 << 46) return NULL;
  size_t rounded;
  int c = size_class(bytes, &rounded);
  pthread_mutex_lock(&lock);
  spare *p = free_lists[c];
  if (p) {
    free_lists[c] = p->next;
    if (rounded >= large) cached -= rounded;
  } else if (rounded >= large) {
    p = cut_larger(c, rounded);
    if (!p) make_room(rounded);
  } else {
    if ((size_t)(chunk_end - chunk_at) < rounded) {
      // What is left of the old chunk is smaller than this buffer; it goes to the classes it can serve.
      while (chunk_end - chunk_at >= 64) {
        size_t left = (size_t)(chunk_end - chunk_at), fits;
        int d = size_class(left, &fits);
        if (fits > left) fits = class_bytes(--d);
        ((spare *)chunk_at)->next = free_lists[d];
        free_lists[d] = (spare *)chunk_at;
        chunk_at += fits;
      }
      chunk_at = map(chunk_bytes);
      chunk_end = chunk_at ? chunk_at + chunk_bytes : NULL;
    }
    if (chunk_at) {
      p = (spare *)chunk_at;
      chunk_at += rounded;
    }
  }
  pthread_mutex_unlock(&lock);
  if (!p && rounded >= large) p = map(rounded);
  if (p) limn_memory_count((long)bytes);
  return p;
}

void limn_memory_give(void *buffer, size_t bytes) {
  if (!buffer) return;
  size_t rounded;
  int c = size_class(bytes, &rounded);
  limn_memory_count(-(long)bytes);
  pthread_mutex_lock(&lock);
  if (rounded >= large && cached + rounded > most_cached()) {
    pthread_mutex_unlock(&lock);
    unmap(buffer, rounded);
    return;
  }
  if (rounded >= large) cached += rounded;
  ((spare *)buffer)->next = free_lists[c];
  free_lists[c] = buffer;
  pthread_mutex_unlock(&lock);
}

void limn_memory_trim(void) {
  pthread_mutex_lock(&lock);
  for (int c = 0; c < class_count; c++) {
    size_t rounded = class_bytes(c);
    if (rounded < large) continue;
    while (free_lists[c]) {
      spare *p = free_lists[c];
      free_lists[c] = p->next;
      unmap(p, rounded);
    }
  }
  cached = 0;
  pthread_mutex_unlock(&lock);
}

size_t limn_memory_current(void) {
  long n = atomic_load_explicit(&in_use, memory_order_relaxed);
  return n > 0 ? (size_t)n : 0;
}
size_t limn_memory_peak(void) { return atomic_load_explicit(&peak, memory_order_relaxed); }
void limn_memory_reset_peak(void) { atomic_store_explicit(&peak, limn_memory_current(), memory_order_relaxed); }
void limn_memory_set_limit(size_t bytes) { atomic_store_explicit(&limit, bytes, memory_order_relaxed); atomic_store_explicit(&mark, 0, memory_order_relaxed); }
size_t limn_memory_limit(void) { return atomic_load_explicit(&limit, memory_order_relaxed); }
int limn_memory_take_mark(void) { return atomic_exchange_explicit(&mark, 0, memory_order_relaxed); }
