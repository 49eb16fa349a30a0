#ifndef DLT_CSYSTEM_H
#define DLT_CSYSTEM_H
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

// open, fcntl and ioctl are variadic, which Swift cannot call.
static inline int csystem_open(const char *path, int flags, mode_t mode) { return open(path, flags, mode); }
static inline int csystem_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags, mode);
}
static inline int csystem_set_pipe_size(int fd, int bytes) {
#ifdef F_SETPIPE_SZ
    return fcntl(fd, F_SETPIPE_SZ, bytes);
#else
    (void)fd; (void)bytes; errno = ENOSYS; return -1;
#endif
}
static inline int csystem_set_close_on_exec(int fd) { return fcntl(fd, F_SETFD, FD_CLOEXEC); }
static inline int csystem_is_open(int fd) { return fcntl(fd, F_GETFD) >= 0; }
static inline int csystem_terminal_columns(int fd) {
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
// sigaction's handler is a union member; one call installs what this project needs.
void csystem_on_signal(int signal_number, void (*handler)(int));
void csystem_default_signal(int signal_number);
#endif
