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
// Bytes that a pipe holds and nobody has read; -1 where that cannot be known.
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

// What is in 16 bytes of the inside of a JSON string: bit n of `special` is set when byte n is a quote, a backslash or a
// control character, and `high` is not 0 when some byte is not ASCII. Swift's own vectors have no way to make such a mask of a
// comparison that compiles to one instruction.
typedef struct { unsigned int special, high; } csystem_string16;
// The compiler's own vectors, because the headers of intrinsics would take half of the C library along into this module.
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
    // Without that instruction (NEON): one bit in each byte that is special, and all of a half put together.
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
// Lets the process have so many descriptors, or as many as it may ask for; returns how many it may have then.
int csystem_raise_descriptors(int wanted);
// Both ends are closed on exec, in one call: a process started by another thread in between inherits neither.
int csystem_pipe(int ends[2]);

// Opens what a relative path leads to from a folder, without following a link: neither the last name nor one before it may be
// one (ELOOP). Each step starts at the folder that the one before has opened, so that nobody can put a link in between.
int csystem_open_below(const char *folder, const char *path, int flags, unsigned int mode);
// The same from a folder that is open.
int csystem_open_in(int folder, const char *path, int flags, unsigned int mode);

// Waits until fd is ready for the poll events (1), the stop descriptor is readable (0), or the time is over (2).
// A descriptor that is ready wins over a stop; -1 is an error. A negative descriptor or time is left out.
int csystem_wait(int fd, short events, int stop_fd, int milliseconds);

// Processors that this process may run on, at least 1. The macros that count a cpu_set_t are not for Swift.
int csystem_processors(void);

// Slots of a jobserver: each is a byte that was read from it and must be written back, also when a signal ends the process or
// it exits in the middle of something. Returns 1 when a slot was free, 0 when none is or no more can be remembered.
int csystem_take_slot(int read_end, int write_end);
void csystem_give_back_slots(void);

// The handler lives in C, because it may run between any two instructions and Swift's globals are initialized lazily.
// sigaction's handler is moreover a union member, which Swift cannot reach by its usual name.
int csystem_install_stop_handlers(void);
int csystem_stop_signal(void);
int csystem_stop_descriptor(void);
void csystem_forget_stop(void);
void csystem_default_signal(int signal_number);
// Ends the process as if nothing had handled the signal; works in threads that have it blocked, as Swift's pool has.
void csystem_end_by_signal(int signal_number);
void csystem_ignore_signal(int signal_number);
#endif
