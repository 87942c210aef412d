#define _GNU_SOURCE
#include "limn_pool.h"
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { most_threads = 256 };
// A worker without work looks for some this long, giving way to others after the first part. To wake a sleeper costs as much as
// most jobs of a small model take, and between two jobs there often is 100 µs of work on one thread.
static const long spin_nanoseconds = 300000, alone_nanoseconds = 20000;

// The job in progress. Written only while the gate is closed and nobody is inside.
static struct {
  limn_task task;
  void *context;
  long count;
} job;
static _Atomic long next_index;
// High half: generation, odd while a job is open. Low half: workers inside. One word, so that a worker that joins late fails its
// compare-and-swap instead of reading the next job's fields.
static _Atomic uint64_t gate;
static const uint64_t one_generation = (uint64_t)1 << 32;

typedef struct {
  _Atomic uint32_t asleep;  // the futex: 1 while the worker sleeps or is about to
} worker;
static worker workers[most_threads];
static _Atomic int started;       // workers that exist
static _Atomic int wanted = 0;    // threads with the caller; 0 = not yet known
static pthread_mutex_t owner = PTHREAD_MUTEX_INITIALIZER;  // held by the thread whose job is in the pool
static _Atomic uint32_t caller_waits;
static _Thread_local int inside;  // this thread runs a task

static void futex_wait(_Atomic uint32_t *word, uint32_t value) { syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0); }
static void futex_wake(_Atomic uint32_t *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0); }
static void relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}
static long now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000L + t.tv_nsec;
}

static void claim_tasks(void) {
  inside = 1;
  for (;;) {
    long i = atomic_fetch_add_explicit(&next_index, 1, memory_order_relaxed);
    if (i >= job.count) break;
    job.task(job.context, i);
  }
  inside = 0;
}

// Joins the open job if there is one.
static void join(int id) {
  uint64_t g = atomic_load(&gate);
  while ((g >> 32) & 1) {
    if (id + 1 >= atomic_load(&wanted)) return;  // more workers exist than may run now
    if (!atomic_compare_exchange_weak(&gate, &g, g + 1)) continue;
    claim_tasks();
    g = atomic_fetch_sub(&gate, 1) - 1;
    if (!((g >> 32) & 1) && (uint32_t)g == 0 && atomic_exchange(&caller_waits, 0)) futex_wake(&caller_waits);
    return;
  }
}

static void *worker_main(void *argument) {
  int id = (int)(intptr_t)argument;
  worker *me = &workers[id];
  for (;;) {
    uint64_t seen = atomic_load(&gate) >> 32;
    join(id);
    // A job may stay open without tasks for as long as its caller has no processor; to join it again and again would keep the
    // caller from having this one.
    long start = now(), passed = 0;
    do {
      for (int i = 0; i < 64; i++) relax();
      passed = now() - start;
      if (passed > alone_nanoseconds) sched_yield();
    } while ((atomic_load(&gate) >> 32) == seen && passed < spin_nanoseconds);
    if ((atomic_load(&gate) >> 32) != seen) continue;
    // The flag goes up before the last look at the gate; a caller opens the gate before it looks at the flag. One of them sees the other.
    atomic_store(&me->asleep, 1);
    if ((atomic_load(&gate) >> 32) == seen) futex_wait(&me->asleep, 1);
    atomic_store(&me->asleep, 0);
  }
  return NULL;
}

// After a fork the child has none of the workers.
static void forget_workers(void) {
  atomic_store(&started, 0);
  atomic_store(&gate, 0);
  for (int i = 0; i < most_threads; i++) atomic_store(&workers[i].asleep, 0);
  pthread_mutex_init(&owner, NULL);
}

static int usable_cpus(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  int n = CPU_COUNT(&set);
  return n < 1 ? 1 : n > most_threads ? most_threads : n;
}

int limn_pool_threads(void) {
  int n = atomic_load(&wanted);
  if (n > 0) return n;
  const char *asked = getenv("LIMN_THREADS");
  n = asked ? atoi(asked) : 0;
  if (n < 1) n = usable_cpus();
  if (n > most_threads) n = most_threads;
  int unknown = 0;
  if (atomic_compare_exchange_strong(&wanted, &unknown, n)) pthread_atfork(NULL, NULL, forget_workers);
  return atomic_load(&wanted);
}

void limn_pool_set_threads(int count) {
  limn_pool_threads();
  if (count < 1) count = 1;
  if (count > most_threads) count = most_threads;
  pthread_mutex_lock(&owner);
  atomic_store(&wanted, count);
  pthread_mutex_unlock(&owner);
}

int limn_pool_fork(void) {
  limn_pool_threads();  // registers what the child must forget
  pthread_mutex_lock(&owner);
  pid_t child = fork();
  if (child != 0) pthread_mutex_unlock(&owner);  // in the child the lock is a new one
  else prctl(PR_SET_PDEATHSIG, SIGKILL);
  return (int)child;
}

// Called with `owner` held.
static void start_workers(int count) {
  while (atomic_load(&started) < count) {
    int id = atomic_load(&started);
    pthread_t thread;
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 2 << 20);
    sigset_t all, before;  // signals (Ctrl-C) belong to the threads of the program
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failed = pthread_create(&thread, &attributes, worker_main, (void *)(intptr_t)id);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (failed) return;  // fewer threads: slower, same bytes
    atomic_store(&started, id + 1);
  }
}

void limn_pool_run(long count, limn_task task, void *context) {
  int threads = limn_pool_threads();
  if (count < 2 || threads < 2 || inside || pthread_mutex_trylock(&owner) != 0) {
    for (long i = 0; i < count; i++) task(context, i);
    return;
  }
  int helpers = threads - 1 < count - 1 ? threads - 1 : (int)(count - 1);
  start_workers(helpers);
  job.task = task;
  job.context = context;
  job.count = count;
  atomic_store_explicit(&next_index, 0, memory_order_relaxed);
  atomic_fetch_add(&gate, one_generation);  // open
  int exist = atomic_load(&started);
  for (int i = 0; i < helpers && i < exist; i++)
    if (atomic_load(&workers[i].asleep) && atomic_exchange(&workers[i].asleep, 0)) futex_wake(&workers[i].asleep);
  claim_tasks();
  // Nobody joins after this; who is inside finishes the task it has.
  atomic_fetch_add(&gate, one_generation);
  long until = now() + alone_nanoseconds;
  while ((uint32_t)atomic_load(&gate) != 0) {
    if (now() < until) { relax(); continue; }
    atomic_store(&caller_waits, 1);
    if ((uint32_t)atomic_load(&gate) == 0) break;
    futex_wait(&caller_waits, 1);
  }
  atomic_store(&caller_waits, 0);
  pthread_mutex_unlock(&owner);
}
