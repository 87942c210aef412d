// Memory for tensors: freed buffers are kept by size class and used again at once. All functions may be called from any thread.
#ifndef LIMN_MEMORY_H
#define LIMN_MEMORY_H
#include <stddef.h>

// A buffer of at least `bytes` bytes, aligned to 64; its contents are undefined. NULL if the system has no memory left.
void *limn_memory_take(size_t bytes);
// Gives it back; `bytes` as it was asked for.
void limn_memory_give(void *buffer, size_t bytes);
// Returns cached buffers of a page and more to the system.
void limn_memory_trim(void);

// Counts memory held elsewhere (packed weights, touched pages of mapped files) in `current`; negative when it goes.
void limn_memory_count(long bytes);
// The memory of this machine, or what this process's control group may use of it if that is less.
size_t limn_memory_machine(void);
// Bytes in use now, and the most since the last reset.
size_t limn_memory_current(void);
size_t limn_memory_peak(void);
void limn_memory_reset_peak(void);
// A limit in bytes, 0 for none. Going over it sets a mark and nothing else: kernels cannot fail half way.
void limn_memory_set_limit(size_t bytes);
size_t limn_memory_limit(void);
// Whether the limit was passed since the last call; clears the mark.
int limn_memory_take_mark(void);

#endif
