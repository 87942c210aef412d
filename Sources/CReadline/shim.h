// GNU Readline's callback interface, with its global variables behind functions so that Swift's concurrency checks can see
// that only one thread touches them (LineEditor).
#ifndef LIMN_READLINE_SHIM_H
#define LIMN_READLINE_SHIM_H
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <readline/readline.h>
#include <readline/history.h>

/// Prepares readline for the caller's own loop and signal handling.
static inline void limn_readline_prepare(const char *application) {
  // Limn's text is UTF-8 whatever the locale says; readline moves by bytes in any other.
  setlocale(LC_CTYPE, "");
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setenv("LC_ALL", "C.UTF-8", 1);
  rl_readline_name = application;
  rl_catch_signals = 0;       // SIGINT is the session's, at the prompt and during an evaluation
  rl_catch_sigwinch = 1;
  rl_initialize();
  rl_variable_bind("enable-bracketed-paste", "on");
  rl_variable_bind("blink-matching-paren", "off");  // it waits half a second at each bracket
  using_history();
}

/// Who draws the line in readline's place.
static inline void limn_readline_draw_with(void (*draw)(void)) { rl_redisplay_function = draw; }

/// Sends what readline has written and still holds back, so that what the caller writes comes after it.
static inline void limn_readline_flush(void) { fflush(rl_outstream ? rl_outstream : stdout); }

/// The line that is being edited, and the cursor in it, in bytes.
static inline const char *limn_readline_text(void) { return rl_line_buffer ? rl_line_buffer : ""; }
static inline int limn_readline_length(void) { return rl_end; }
static inline int limn_readline_cursor(void) { return rl_point; }
static inline void limn_readline_move(int cursor) { rl_point = cursor < 0 ? 0 : cursor > rl_end ? rl_end : cursor; }

/// The prompt, or what a search says in its place.
static inline const char *limn_readline_prompt(void) { return rl_display_prompt ? rl_display_prompt : ""; }

/// Replaces the bytes from `start` to the cursor; one undo takes it back.
static inline void limn_readline_replace(int start, const char *text) {
  rl_begin_undo_group();
  int end = rl_point;
  rl_delete_text(start, end);
  rl_point = start;
  rl_insert_text(text);
  rl_end_undo_group();
}

/// Forgets what has been typed on this line.
static inline void limn_readline_abandon_line(void) {
  rl_free_line_state();
  rl_callback_sigcleanup();
  rl_replace_line("", 1);
}

/// The input readline reads from, for poll.
static inline int limn_readline_descriptor(void) { return fileno(rl_instream ? rl_instream : stdin); }

/// Whether the key before this one did one of two things.
static inline int limn_readline_last_was(rl_command_func_t *a, rl_command_func_t *b) { return rl_last_func == a || rl_last_func == b; }

/// Goes on with a search that another function passed on to readline, instead of beginning one.
static inline int limn_readline_search(int backward, int goes_on, int count, int key) {
  if (goes_on) rl_last_func = backward ? rl_history_search_backward : rl_history_search_forward;
  return backward ? rl_history_search_backward(count, key) : rl_history_search_forward(count, key);
}

/// Puts an input at the end of the history; an equal one before it goes.
static inline void limn_readline_remember(const char *input) {
  HIST_ENTRY **entries = history_list();
  for (int index = history_length - 1; entries && index >= 0; index--)
    if (strcmp(entries[index]->line, input) == 0) {
      free_history_entry(remove_history(index));
      break;  // there is never more than one
    }
  add_history(input);
}

/// The input at a place of the history, counted from the oldest; NULL past the end.
static inline const char *limn_readline_entry(int index) {
  HIST_ENTRY **entries = history_list();
  return entries && index >= 0 && index < history_length ? entries[index]->line : NULL;
}
static inline int limn_readline_entry_count(void) { return history_length; }

#endif
