#ifndef DLT_CSYSTEM_H
#define DLT_CSYSTEM_H
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/types.h>

// open, fcntl and ioctl are variadic, which Swift cannot call.
static inline int csystem_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }
static inline int csystem_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags, mode);
}
// The number of unread bytes in a pipe; -1 where that is not known. https://man7.org/linux/man-pages/man7/pipe.7.html
static inline int csystem_unread(int fd) {
    int count = 0;
    return ioctl(fd, FIONREAD, &count) == 0 ? count : -1;
}

static inline int csystem_set_pipe_size(int fd, int bytes) {
#ifdef F_SETPIPE_SZ
    return fcntl(fd, F_SETPIPE_SZ, bytes);
#else
    (void)fd; (void)bytes; errno = ENOSYS; return -1;
#endif
}
static inline int csystem_set_close_on_exec(int fd) { return fcntl(fd, F_SETFD, FD_CLOEXEC); }
static inline int csystem_duplicate(int fd) { return fcntl(fd, F_DUPFD_CLOEXEC, 3); }
static inline int csystem_is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }
static inline int csystem_terminal_columns(int fd) {
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
static inline int csystem_terminal_rows(int fd) {
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_row : 0;
}

// Classifies 16 bytes inside a JSON string: bit n of `special` is set when byte n is a quote, a backslash or a control
// character, and `high` is not 0 when a byte is not ASCII. Swift's own vectors cannot turn a comparison into such a mask with
// one instruction.
typedef struct { unsigned int special, high; } csystem_string16;
// The compiler's own vectors, because the headers of intrinsics would import half of the C library into this module.
typedef unsigned char csystem_16 __attribute__((vector_size(16)));
static inline csystem_string16 csystem_look_at_16(const unsigned char *bytes) {
    csystem_16 chunk;
    __builtin_memcpy(&chunk, bytes, sizeof chunk);
    csystem_16 special = (csystem_16)((chunk == '"') | (chunk == '\\') | (chunk < 0x20));
#if defined(__SSE2__)
    typedef char mask16 __attribute__((vector_size(16)));
    csystem_string16 found = {
        (unsigned int)__builtin_ia32_pmovmskb128((mask16)special),
        (unsigned int)__builtin_ia32_pmovmskb128((mask16)chunk)};
#else
    // Without that instruction (NEON): one bit in each special byte, combined for each half.
    const csystem_16 weights = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    csystem_16 bits = special & weights;
    unsigned int low = __builtin_reduce_or(__builtin_shufflevector(bits, bits, 0, 1, 2, 3, 4, 5, 6, 7));
    unsigned int high = __builtin_reduce_or(__builtin_shufflevector(bits, bits, 8, 9, 10, 11, 12, 13, 14, 15));
    csystem_string16 found = {low | high << 8, (unsigned int)__builtin_reduce_or(chunk) >> 7};
#endif
    return found;
}

// Takes a posix_spawn_file_actions_t. Not in POSIX before 2024, so Swift's Glibc module lacks it.
int csystem_spawn_in_directory(void *file_actions, const char *path);

// memrchr and getrandom are extensions that Swift's Glibc module does not promise.
const void *csystem_last_byte(const void *bytes, int value, size_t count);
ssize_t csystem_random(void *bytes, size_t count);
// Starts writing a file's changed pages to the disk; does nothing where a system has no such call.
void csystem_begin_writing_back(int fd);
// The arguments of this process, the program's name first. Swift reads them from /proc, and finds none where that is not mounted: a
// program would then do something else than it was asked to. https://www.gnu.org/software/libc/manual/html_node/Program-Arguments.html
int csystem_argument_count(void);
const char *csystem_argument(int index);

// Raises the limit of open descriptors to `wanted`, or to the allowed maximum; returns the new limit.
// https://man7.org/linux/man-pages/man2/getrlimit.2.html
int csystem_raise_descriptors(int wanted);
// Both ends are closed on exec, in one call: a process that another thread starts in between inherits neither.
int csystem_pipe(int ends[2]);

// Opens a relative path below a folder without following links: neither the last name nor an earlier one may be a link
// (ELOOP). Each step starts at the folder that the previous one has opened, so that no other program can insert a link.
// https://man7.org/linux/man-pages/man2/open.2.html
int csystem_open_below(const char *folder, const char *path, int flags, unsigned int mode);
// The same below an open folder.
int csystem_open_in(int folder, const char *path, int flags, unsigned int mode);

// Waits until fd is ready for the poll events (1), the stop descriptor is readable (0), or the time is over (2).
// A ready descriptor takes precedence over a stop; -1 is an error. A negative descriptor or time is ignored.
int csystem_wait(int fd, short events, int stop_fd, int milliseconds);

// The number of processors that this process may use, at least 1. Swift cannot use the macros that count a cpu_set_t.
int csystem_processors(void);

// Slots of a jobserver: each is a byte that was read from it and must be written back, even when a signal ends the process or
// it exits early. Returns 1 when a slot was free, 0 when none is or no more can be recorded.
// https://www.gnu.org/software/make/manual/html_node/POSIX-Jobserver.html
int csystem_take_slot(int read_end, int write_end);
void csystem_give_back_slots(void);

// The handler is in C, because it may run between any two instructions and Swift's globals are initialized lazily.
// sigaction's handler is also a union member, which Swift cannot access by its usual name.
// https://man7.org/linux/man-pages/man7/signal-safety.7.html
int csystem_install_stop_handlers(void);
int csystem_stop_signal(void);
int csystem_stop_descriptor(void);
void csystem_forget_stop(void);
void csystem_default_signal(int signal_number);
// Ends the process by the default action of the signal, also in threads that block it, as Swift's pool does.
void csystem_end_by_signal(int signal_number);
void csystem_ignore_signal(int signal_number);
#endif
