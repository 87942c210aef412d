// The standard library inside the binary: the text of every stdlib/*.limn, so that `use` works wherever the binary is.
#ifndef LIMN_LIBRARY_H
#define LIMN_LIBRARY_H
#include <stddef.h>

typedef struct {
  const char *name;           // "sequences"
  const unsigned char *text;  // UTF-8, not ended by 0
  size_t length;
} limn_library_module;

/// Every module, by name; `*count` receives how many there are.
const limn_library_module *limn_library_modules(size_t *count);

#endif
