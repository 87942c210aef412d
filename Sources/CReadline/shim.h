// GNU Readline's callback interface, with its global variables behind functions so that Swift's concurrency checks can see
// that only one thread touches them (LineEditor).
#ifndef LIMN_READLINE_SHIM_H
#define LIMN_READLINE_SHIM_H
#include <stdio.h>
#include <stdlib.h>
#include <readline/readline.h>
#include <readline/history.h>

/// Prepares readline for the caller's own loop and signal handling.
static inline void limn_readline_prepare(const char *application) {
  rl_readline_name = application;
  rl_catch_signals = 0;       // SIGINT is the session's, at the prompt and during an evaluation
  rl_catch_sigwinch = 1;
  rl_initialize();
  rl_variable_bind("enable-bracketed-paste", "on");
  history_comment_char = '#';    // with time stamps an entry of several lines is read back as one
  history_write_timestamps = 1;
  using_history();
}

/// Forgets what has been typed on this line, leaves it visible and starts a fresh one.
static inline void limn_readline_abandon_line(void) {
  rl_free_line_state();
  rl_callback_sigcleanup();
  rl_replace_line("", 0);
  rl_crlf();
  rl_on_new_line();
  rl_redisplay();
}

/// The input readline reads from, for poll.
static inline int limn_readline_descriptor(void) { return fileno(rl_instream ? rl_instream : stdin); }

/// How many characters stand on the line that is being edited.
static inline int limn_readline_length(void) { return rl_end; }

/// The newest entry of the history, or NULL.
static inline const char *limn_readline_newest(void) {
  HIST_ENTRY *entry = history_length > 0 ? history_get(history_base + history_length - 1) : NULL;
  return entry ? entry->line : NULL;
}

#endif
