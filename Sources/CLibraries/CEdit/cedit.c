#include "cedit.h"
#include "../opened_library.h"
#include <errno.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <wchar.h>

// As in histedit.h, whose functions are declared here so that the build does not need it.
typedef struct editline EditLine;
typedef struct history History;
typedef struct { int num; const char *str; } HistEvent;
typedef struct { const char *buffer, *cursor, *lastchar; } LineInfo;

EditLine *el_init(const char *, FILE *, FILE *, FILE *);
void el_end(EditLine *);
void el_reset(EditLine *);
void el_resize(EditLine *);
const char *el_gets(EditLine *, int *);
int el_set(EditLine *, int, ...);
int el_source(EditLine *, const char *);
const LineInfo *el_line(EditLine *);
int el_insertstr(EditLine *, const char *);
void el_deletestr(EditLine *, int);
History *history_init(void);
void history_end(History *);
int history(History *, HistEvent *, int, ...);

enum { EL_PROMPT = 0, EL_EDITOR = 2, EL_SIGNAL = 3, EL_BIND = 4, EL_ADDFN = 9, EL_HIST = 10, EL_GETCFN = 13, EL_PREP_TERM = 16 };
enum { CC_REFRESH = 4, CC_ERROR = 6, CC_REDISPLAY = 8 };
enum { H_SETSIZE = 1, H_ENTER = 10, H_SETUNIQUE = 20 };

#define FUNCTIONS(f)                                                                                                   \
    f(el_init) f(el_end) f(el_reset) f(el_resize) f(el_gets) f(el_set) f(el_source) f(el_line) f(el_insertstr)        \
    f(el_deletestr) f(history_init) f(history_end) f(history)

static struct { FUNCTIONS(DLT_MEMBER) } library;

static void load(void) {
    static const char *const files[] = {"libedit.so.2", "libedit.so.0", 0};
    if (dlt_open("libedit 3.1", files)) { FUNCTIONS(DLT_FIND) }
}

const char *cedit_load(void) { return dlt_load_once(load); }

static EditLine *editor;
static History *lines;
static const char *shown_prompt = "";
static int stop_descriptor = -1;
static int is_interrupted;
static cedit_completer completer;
static void *completer_context;

static char *prompt(EditLine *unused) {
    (void)unused;
    return (char *)shown_prompt;
}

// The library's own reader begins again after a signal; ours reports it.
static int next_character(EditLine *unused, wchar_t *character) {
    (void)unused;
    mbstate_t state;
    memset(&state, 0, sizeof state);
    for (;;) {
        struct pollfd set[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = stop_descriptor, .events = POLLIN}};
        if (poll(set, stop_descriptor < 0 ? 1 : 2, -1) < 0) {
            if (errno == EINTR) continue;
            return -1;
        }
        if (set[1].revents) {
            is_interrupted = 1;
            errno = EINTR;
            return -1;
        }
        char byte;
        ssize_t count = read(STDIN_FILENO, &byte, 1);
        if (count < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        // Without its terminal there is nothing more to read.
        if (count <= 0) return 0;
        size_t used = mbrtowc(character, &byte, 1, &state);
        if (used == (size_t)-2) continue;
        if (used == (size_t)-1) *character = L'?';
        return 1;
    }
}

static unsigned char complete(EditLine *unused, int key) {
    (void)unused;
    (void)key;
    const LineInfo *line = library.el_line(editor);
    switch (completer(completer_context, line->buffer, (size_t)(line->cursor - line->buffer))) {
    case CEDIT_REPLACED: return CC_REFRESH;
    case CEDIT_LISTED: return CC_REDISPLAY;
    default: return CC_ERROR;
    }
}

int cedit_open(const char *program, int stop, cedit_completer complete_line, void *context) {
    // Letters outside ASCII; nothing else of the process follows the locale.
    if (!setlocale(LC_CTYPE, "") || MB_CUR_MAX == 1) setlocale(LC_CTYPE, "C.UTF-8");
    stop_descriptor = stop;
    completer = complete_line;
    completer_context = context;
    editor = library.el_init(program, stdin, stdout, stderr);
    if (!editor) return 0;
    lines = library.history_init();
    HistEvent event;
    if (lines) {
        library.history(lines, &event, H_SETSIZE, 2000);
        library.history(lines, &event, H_SETUNIQUE, 1);
        library.el_set(editor, EL_HIST, library.history, lines);
    }
    library.el_set(editor, EL_SIGNAL, 0);
    library.el_set(editor, EL_EDITOR, "emacs");
    library.el_set(editor, EL_PROMPT, prompt);
    library.el_set(editor, EL_ADDFN, "dlt-complete", "Complete a name", complete);
    library.el_set(editor, EL_BIND, "^I", "dlt-complete", NULL);
    library.el_set(editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    // The user's own keys, from ~/.editrc.
    library.el_source(editor, NULL);
    library.el_set(editor, EL_GETCFN, next_character);
    return 1;
}

void cedit_close(void) {
    if (editor) library.el_end(editor);
    if (lines) library.history_end(lines);
    editor = NULL;
    lines = NULL;
}

int cedit_read(const char *text, const char **line, size_t *count) {
    shown_prompt = text;
    is_interrupted = 0;
    // The terminal may have another size than before.
    library.el_resize(editor);
    // Before the prompt appears, so that nothing is read and shown by the terminal itself meanwhile.
    library.el_set(editor, EL_PREP_TERM, 1);
    int length = 0;
    const char *read = library.el_gets(editor, &length);
    library.el_set(editor, EL_PREP_TERM, 0);
    if (is_interrupted) {
        library.el_reset(editor);
        return CEDIT_INTERRUPTED;
    }
    if (!read || length <= 0) return CEDIT_END;
    while (length > 0 && (read[length - 1] == '\n' || read[length - 1] == '\r')) length--;
    *line = read;
    *count = (size_t)length;
    return CEDIT_LINE;
}

void cedit_remember(const char *line) {
    HistEvent event;
    if (lines) library.history(lines, &event, H_ENTER, line);
}

void cedit_replace(int characters, const char *text) {
    library.el_deletestr(editor, characters);
    library.el_insertstr(editor, text);
}
