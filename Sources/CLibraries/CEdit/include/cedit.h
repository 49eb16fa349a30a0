#ifndef DLT_CEDIT_H
#define DLT_CEDIT_H
#include <stddef.h>

// What we use of libedit 3.1, as editline(3) describes it (https://www.thrysoee.dk/editline/). The library is opened by `cedit_load`;
// before that has returned NULL no other function may be called. There is one editor in a process, and one thread uses it.

// What became of a line.
enum { CEDIT_LINE, CEDIT_END, CEDIT_INTERRUPTED };

// Called for a tab with the line up to the cursor; may call `cedit_replace`.
enum { CEDIT_NOTHING, CEDIT_REPLACED, CEDIT_LISTED };
typedef int (*cedit_completer)(void *context, const char *text, size_t count);

// NULL, or why the library cannot be used.
const char *cedit_load(void);

// Edits on standard input and output; 0 when the library refuses. A wait for a key ends when `stop` becomes readable.
int cedit_open(const char *program, int stop, cedit_completer complete, void *context);
void cedit_close(void);

// The line is valid until the next call, without its end.
int cedit_read(const char *prompt, const char **line, size_t *count);
// Puts a line at the end of those that the arrow keys go through.
void cedit_remember(const char *line);
// Takes characters away before the cursor, and puts a text there.
void cedit_replace(int characters, const char *text);
#endif
