#include "limn_library.h"

// `#embed` is C23; Clang takes it earlier and warns. It lists the embedded files as dependencies, so an edit of a module rebuilds this.
#pragma clang diagnostic ignored "-Wc23-extensions"

#include "Generated/modules.h"

const limn_library_module *limn_library_modules(size_t *count) {
  *count = sizeof modules / sizeof *modules;
  return modules;
}
