// Threads for kernels: a parallel for over task indices.
//
// Work is cut into tasks by shape alone, never by the number of threads, and a task owns what it writes; so results have the same
// bytes for any number of threads. Tasks are claimed from a counter. The caller works too and never waits for a worker that has not
// begun. A worker without work spins for at most 300 µs, then sleeps on a futex.
#ifndef LIMN_POOL_H
#define LIMN_POOL_H

typedef void (*limn_task)(void *context, long index);

// Runs task(context, i) for every i in 0 ..< count, in any order, and returns when all are done. Called from inside a task, or while
// another thread uses the pool, it runs all tasks on the calling thread.
void limn_pool_run(long count, limn_task task, void *context);

// How many threads work at most, with the caller: LIMN_THREADS, or the CPUs this process may use.
int limn_pool_threads(void);
// Sets that number (1 … 256). Waits for a running job.
void limn_pool_set_threads(int count);

// fork(), while no job runs; the child begins with no workers. Returns what fork returns.
int limn_pool_fork(void);

#endif
