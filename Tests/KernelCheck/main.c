// Checks the kernels of every instruction set and every bf16 unit that this machine has, without Swift. `kernel-check full` takes larger shapes.
// Exits 1 if anything differs. It can be linked statically and be the first process of a machine (an emulated one, say).
#define _GNU_SOURCE
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include "check.h"

static long checks, failures;

void check(int fine, const char *format, ...) {
  checks++;
  if (fine) return;
  if (++failures > 40) return;
  va_list arguments;
  va_start(arguments, format);
  printf("failed: ");
  vprintf(format, arguments);
  printf("\n");
  va_end(arguments);
}

float any(void) {
  static uint64_t state = 88172645463325252u;
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return (float)(int32_t)(state >> 32) * 0x1p-31f;
}

enum { margin = 256 };
void *space(size_t bytes) {
  const size_t whole = (bytes + 63) / 64 * 64 + 2 * margin;
  uint8_t *memory = aligned_alloc(64, whole);
  if (!memory) abort();
  memset(memory, 0xa5, whole);
  memcpy(memory, &bytes, sizeof bytes);
  return memory + margin;
}

int kept(void *memory) {
  uint8_t *start = (uint8_t *)memory - margin;
  size_t bytes;
  memcpy(&bytes, start, sizeof bytes);
  int fine = 1;
  for (size_t i = sizeof bytes; i < margin; i++) fine &= start[i] == 0xa5;
  for (size_t i = margin + bytes; i < (bytes + 63) / 64 * 64 + 2 * margin; i++) fine &= start[i] == 0xa5;
  free(start);
  return fine;
}

float *numbers(long count) {
  float *memory = space((size_t)count * sizeof(float));
  for (long i = 0; i < count; i++) memory[i] = any();
  return memory;
}

long difference(const float *a, const float *b, long n) {
  for (long i = 0; i < n; i++)
    if (memcmp(a + i, b + i, sizeof *a) && !(a[i] != a[i] && b[i] != b[i])) return i;
  return -1;
}

/// In a child: a system that gives no tiles, because an alternate signal stack is too small for them, leaves the unit below.
static void check_refusal(void) {
  const pid_t child = fork();
  if (child == 0) {
    static char stack[4096];
    const stack_t small = {.ss_sp = stack, .ss_size = sizeof stack};
    sigaltstack(&small, 0);
    const limn_bf16_unit unit = limn_bf16_current();
    _exit(limn_bf16_available(LIMN_BF16_AMX) ? 2 : unit == LIMN_BF16_AMX);
  }
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 2) printf("tiles are granted beside a small signal stack\n");
  else check(WIFEXITED(status) && WEXITSTATUS(status) == 0, "tiles refused: the unit is amx all the same");
}

int main(int count, char **arguments) {
  setvbuf(stdout, 0, _IOLBF, 0);
  int full = 0;
  for (int i = 1; i < count; i++) full |= !strcmp(arguments[i], "full");  // a kernel passes on other words too
  const int first = getpid() == 1;
  check_refusal();
  limn_bf16_available(LIMN_BF16_AMX);  // before there are threads
  printf("instruction sets:");
  for (int isa = 0; isa < LIMN_ISA_COUNT; isa++)
    if (limn_isa_available((limn_isa)isa)) printf(" %s", limn_isa_name((limn_isa)isa));
  printf(", in use %s; bf16 units:", limn_isa_name(limn_isa_current()));
  for (int unit = 0; unit < LIMN_BF16_UNIT_COUNT; unit++)
    if (limn_bf16_available((limn_bf16_unit)unit)) printf(" %s", limn_bf16_name((limn_bf16_unit)unit));
  printf(", in use %s\n", limn_bf16_name(limn_bf16_current()));
  check_bf16(full);
  check_attention(full);
  printf("bf16: %ld checks, %ld failed\n", checks, failures);
  check_rows(full);
  printf("%ld passed, %ld failed\n", checks - failures, failures);
  if (first) {
    tcdrain(1);  // the last lines are still on the wire
    sleep(1);
    reboot(RB_POWER_OFF);
    for (;;) pause();
  }
  return failures > 0;
}
