// Makes chosen system calls of a program fail, or kills it there: loaded into it by LD_PRELOAD.
//
// Only calls that touch something below TORTURE_ROOT (a path, or a descriptor of such a file), a pipe or a socket are looked
// at: what the loader and the C library do for themselves is none of the programs' promises. The 64-bit variants of a call
// count as the call.
//
//   TORTURE_LOG      file to which lines are appended: `call`, program, number of the call by its name, name, object, result
//                    (with TORTURE_TRACE=1), and `hit`, program, number, name, object (whenever the fault strikes)
//   TORTURE_TRACE    1: tell every call
//   TORTURE_ROOT     folder below which files matter
//   TORTURE_PROGRAM  name of the program that is to suffer; none: nobody does
//   TORTURE_CALLS    names of calls, separated by commas; they are counted together
//   TORTURE_PATH     only calls whose object contains this text
//   TORTURE_NTH      which of these calls, counted from 1
//   TORTURE_ON       1: and every one after it
//   TORTURE_ACTION   kill-before, kill-half, kill-after; with killall- all processes of the group; short: half of what is asked
//                    for; or the number of an errno
//   TORTURE_DATA     file to which is appended what changes files below the root, with all contents, so that it can be done again:
//                    `create`, `unlink`, `mkdir`, `rmdir` and `fsync` path, `write` path offset hexadecimal, `truncate` path
//                    length, `rename` and `link` path path
//   TORTURE_STOP     seconds: instead of killing, stop the process (SIGSTOP) so long that somebody outside continues it
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    C_open, C_create, C_close, C_read, C_write, C_fsync, C_ftruncate, C_fallocate, C_rename, C_link, C_unlink, C_mkdir, C_rmdir,
    C_lock, C_mmap, C_opendir, C_pipe, C_dup, C_connect, C_send, C_recv, C_fstat, C_count
};
static const char *const names[C_count] = {
    "open", "create", "close", "read", "write", "fsync", "ftruncate", "fallocate", "rename", "link", "unlink", "mkdir", "rmdir",
    "lock", "mmap", "opendir", "pipe", "dup", "connect", "send", "recv", "fstat"};

static char root[1024], program[64], wanted_path[512];
static size_t root_length;
static int log_fd = -1, data_fd = -1, tracing, suffering, chosen[C_count], keeps_on, action_errno;
static long nth = 1;
static enum { A_none, A_before, A_half, A_after, A_short, A_errno } action;
static int whole_group, stops;
static atomic_long counts[C_count], matched;

static void say(const char *what, int call, long number, const char *object, long result) {
    if (log_fd < 0) return;
    char line[1600];
    int n = snprintf(line, sizeof line, "%s\t%s\t%ld\t%s\t%s\t%ld\n", what, program, number, names[call], object, result);
    if (n > (int)sizeof line - 1) n = sizeof line - 1;
    syscall(SYS_write, log_fd, line, (size_t)n);
}

__attribute__((constructor)) static void begin(void) {
    const char *text;
    snprintf(program, sizeof program, "%s", program_invocation_short_name);
    if ((text = getenv("TORTURE_ROOT"))) snprintf(root, sizeof root, "%s", text);
    root_length = strlen(root);
    if ((text = getenv("TORTURE_LOG"))) {
        int fd = (int)syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        // Out of the way: the programs' descriptors keep their usual numbers.
        if (fd >= 0) {
            log_fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 800);
            syscall(SYS_close, fd);
        }
    }
    if ((text = getenv("TORTURE_DATA"))) {
        int fd = (int)syscall(SYS_openat, AT_FDCWD, text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd >= 0) {
            data_fd = (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 800);
            syscall(SYS_close, fd);
        }
    }
    tracing = (text = getenv("TORTURE_TRACE")) && *text == '1';
    if (!(text = getenv("TORTURE_PROGRAM")) || strcmp(text, program) != 0) return;
    if (!(text = getenv("TORTURE_CALLS"))) return;
    char list[512];
    snprintf(list, sizeof list, "%s", text);
    for (char *rest, *name = strtok_r(list, ",", &rest); name; name = strtok_r(NULL, ",", &rest)) {
        int call = 0;
        while (call < C_count && strcmp(names[call], name) != 0) call++;
        if (call == C_count) {
            dprintf(2, "torture: there is no call %s\n", name);
            _exit(70);
        }
        chosen[call] = 1;
    }
    if ((text = getenv("TORTURE_PATH"))) snprintf(wanted_path, sizeof wanted_path, "%s", text);
    if ((text = getenv("TORTURE_NTH"))) nth = atol(text);
    keeps_on = (text = getenv("TORTURE_ON")) && *text == '1';
    stops = (text = getenv("TORTURE_STOP")) && *text;
    if (!(text = getenv("TORTURE_ACTION"))) return;
    if (strncmp(text, "killall-", 8) == 0) whole_group = 1, text += 8;
    else if (strncmp(text, "kill-", 5) == 0) text += 5;
    if (strcmp(text, "before") == 0) action = A_before;
    else if (strcmp(text, "half") == 0) action = A_half;
    else if (strcmp(text, "after") == 0) action = A_after;
    else if (strcmp(text, "short") == 0) action = A_short;
    else if ((action_errno = atoi(text)) > 0) action = A_errno;
    else {
        dprintf(2, "torture: there is no action %s\n", text);
        _exit(70);
    }
    suffering = 1;
}

static void strike(void) {
    if (stops) {
        syscall(SYS_kill, getpid(), SIGSTOP);
        return;
    }
    syscall(SYS_kill, whole_group ? 0 : getpid(), SIGKILL);
    for (;;) syscall(SYS_pause);
}

static int is_below_root(const char *object) {
    return root_length > 0 && strncmp(object, root, root_length) == 0 && (object[root_length] == '/' || !object[root_length]);
}

// The object of a call by its path, absolute and as written; false when it is not below the root.
static int path_object(int folder, const char *path, char *object) {
    char base[1024] = "";
    if (!path) return 0;
    if (*path != '/') {
        char link[64];
        ssize_t n;
        if (folder == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
        else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
        n = syscall(SYS_readlinkat, AT_FDCWD, link, base, sizeof base - 2);
        if (n < 0) return 0;
        base[n] = '/', base[n + 1] = 0;
    }
    snprintf(object, 1400, "%s%s", base, path);
    return is_below_root(object);
}

static int fd_object(int fd, char *object) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, link, object, 1300);
    if (n < 0) return 0;
    object[n] = 0;
    if (strncmp(object, "pipe:", 5) == 0) {
        snprintf(object, 64, fd < 3 ? "pipe:%d" : "pipe:inner", fd);
        return 1;
    }
    if (strncmp(object, "socket:", 7) == 0) {
        strcpy(object, "socket:");
        return 1;
    }
    return is_below_root(object);
}

// What a call has changed, as a line of TORTURE_DATA.
static void tell(const char *what, const char *object, const char *more) {
    if (data_fd < 0 || !is_below_root(object)) return;
    int saved = errno;
    char line[3200];
    int n = snprintf(line, sizeof line, "%s\t%s\t%s\n", what, object, more);
    if (n < (int)sizeof line) syscall(SYS_write, data_fd, line, (size_t)n);
    errno = saved;
}
static void tell_length(const char *object, long length) {
    char text[32];
    snprintf(text, sizeof text, "%ld", length);
    tell("truncate", object, text);
}
static void tell_write(int fd, const char *object, const void *bytes, ssize_t count, off_t place) {
    if (data_fd < 0 || count <= 0 || !is_below_root(object)) return;
    int saved = errno;
    if (place < 0) place = (off_t)syscall(SYS_lseek, fd, 0, SEEK_CUR) - count;
    char *line = malloc((size_t)count * 2 + 1600);
    if (line) {
        int n = sprintf(line, "write\t%s\t%ld\t", object, (long)place);
        for (ssize_t i = 0; i < count; i++) {
            line[n++] = "0123456789abcdef"[((const unsigned char *)bytes)[i] >> 4];
            line[n++] = "0123456789abcdef"[((const unsigned char *)bytes)[i] & 15];
        }
        line[n++] = '\n';
        syscall(SYS_write, data_fd, line, (size_t)n);
        free(line);
    }
    errno = saved;
}

struct decision {
    int counted, hit;
    long number;
    char object[1408];
};

// Counts the call and kills before it if that is wanted.
static void decide(struct decision *d, int call) {
    d->counted = 1;
    d->number = atomic_fetch_add(&counts[call], 1) + 1;
    if (!suffering || !chosen[call] || (*wanted_path && !strstr(d->object, wanted_path))) return;
    long n = atomic_fetch_add(&matched, 1) + 1;
    if (n != nth && !(keeps_on && n > nth)) return;
    d->hit = 1;
    say("hit", call, d->number, d->object, 0);
    if (action == A_before) strike();
}

static void finish(struct decision *d, int call, long result) {
    if (!d->counted) return;
    int saved = errno;
    if (tracing) say("call", call, d->number, d->object, result < 0 ? -saved : result);
    if (result == 0 && (call == C_unlink || call == C_mkdir || call == C_rmdir || call == C_fsync)) tell(names[call], d->object, "");
    if (d->hit && (action == A_after || action == A_half)) strike();
    errno = saved;
}

static void tell_open(const struct decision *d, int fd, int flags, int was_there) {
    if (fd < 0 || !d->counted) return;
    if ((flags & O_CREAT) && !was_there) tell("create", d->object, "");
    else if (flags & O_TRUNC) tell_length(d->object, 0);
}

#define REAL(name) \
    static __typeof__(name) *real; \
    if (!real) real = (__typeof__(real))dlsym(RTLD_NEXT, #name)
#define FAILS(d) ((d).hit && action == A_errno)
#define HALVES(d) ((d).hit && (action == A_short || action == A_half))

#define ON_PATH(folder, path, call) \
    struct decision d = {0}; \
    if (path_object(folder, path, d.object)) decide(&d, call)
#define ON_FD(fd, call) \
    struct decision d = {0}; \
    int before = errno; \
    if (fd_object(fd, d.object)) decide(&d, call); \
    errno = before
#define RETURN(type, call, expression) \
    if (FAILS(d)) { \
        errno = action_errno; \
        if (tracing) say("call", call, d.number, d.object, -action_errno); \
        errno = action_errno; \
        return (type)-1; \
    } \
    type result = (expression); \
    finish(&d, call, (long)result); \
    return result

static inline size_t half(size_t count) { return count > 1 ? count / 2 : count; }

// Opening.
#define MODE \
    mode_t mode = 0; \
    if (flags & (O_CREAT | O_TMPFILE)) { \
        va_list list; \
        va_start(list, flags); \
        mode = va_arg(list, mode_t); \
        va_end(list); \
    }
#define OPENS(flags) ((flags) & O_CREAT ? C_create : C_open)
/* The body of each of them: `folder` is where relative paths begin, CALL the real one. */
#define OPEN(folder, CALL) \
    MODE; \
    ON_PATH(folder, path, OPENS(flags)); \
    int was_there = data_fd >= 0 && d.counted && syscall(SYS_access, d.object, F_OK) == 0; \
    if (FAILS(d)) { \
        if (tracing) say("call", OPENS(flags), d.number, d.object, -action_errno); \
        errno = action_errno; \
        return -1; \
    } \
    int result = CALL; \
    tell_open(&d, result, flags, was_there); \
    finish(&d, OPENS(flags), result); \
    return result
int open(const char *path, int flags, ...) {
    REAL(open);
    OPEN(AT_FDCWD, real(path, flags, mode));
}
int open64(const char *path, int flags, ...) {
    REAL(open64);
    OPEN(AT_FDCWD, real(path, flags, mode));
}
int openat(int folder, const char *path, int flags, ...) {
    REAL(openat);
    OPEN(folder, real(folder, path, flags, mode));
}
int openat64(int folder, const char *path, int flags, ...) {
    REAL(openat64);
    OPEN(folder, real(folder, path, flags, mode));
}
int __open_2(const char *path, int flags) { return open(path, flags); }
int __open64_2(const char *path, int flags) { return open64(path, flags); }
int creat(const char *path, mode_t mode) { return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return open64(path, O_WRONLY | O_CREAT | O_TRUNC, mode); }
DIR *opendir(const char *path) {
    REAL(opendir);
    ON_PATH(AT_FDCWD, path, C_opendir);
    if (FAILS(d)) return errno = action_errno, NULL;
    DIR *result = real(path);
    finish(&d, C_opendir, result ? 0 : -1);
    return result;
}
int close(int fd) {
    REAL(close);
    ON_FD(fd, C_close);
    if (FAILS(d)) {
        // As Linux does it: the descriptor is gone though the call fails.
        real(fd);
        return errno = action_errno, -1;
    }
    int result = real(fd);
    finish(&d, C_close, result);
    return result;
}
int pipe2(int ends[2], int flags) {
    REAL(pipe2);
    struct decision d = {.object = "pipe:"};
    decide(&d, C_pipe);
    RETURN(int, C_pipe, real(ends, flags));
}

// Reading and writing.
ssize_t read(int fd, void *bytes, size_t count) {
    REAL(read);
    ON_FD(fd, C_read);
    RETURN(ssize_t, C_read, real(fd, bytes, HALVES(d) ? half(count) : count));
}
ssize_t __read_chk(int fd, void *bytes, size_t count, size_t room) {
    (void)room;
    return read(fd, bytes, count);
}
ssize_t pread(int fd, void *bytes, size_t count, off_t place) {
    REAL(pread);
    ON_FD(fd, C_read);
    RETURN(ssize_t, C_read, real(fd, bytes, HALVES(d) ? half(count) : count, place));
}
ssize_t pread64(int fd, void *bytes, size_t count, off64_t place) {
    REAL(pread64);
    ON_FD(fd, C_read);
    RETURN(ssize_t, C_read, real(fd, bytes, HALVES(d) ? half(count) : count, place));
}
ssize_t write(int fd, const void *bytes, size_t count) {
    REAL(write);
    ON_FD(fd, C_write);
    if (FAILS(d)) {
        errno = action_errno;
        if (tracing) say("call", C_write, d.number, d.object, -action_errno);
        errno = action_errno;
        return -1;
    }
    ssize_t result = real(fd, bytes, HALVES(d) ? half(count) : count);
    tell_write(fd, d.object, bytes, result, -1);
    finish(&d, C_write, (long)result);
    return result;
}
ssize_t pwrite(int fd, const void *bytes, size_t count, off_t place) {
    REAL(pwrite);
    ON_FD(fd, C_write);
    if (FAILS(d)) {
        errno = action_errno;
        if (tracing) say("call", C_write, d.number, d.object, -action_errno);
        errno = action_errno;
        return -1;
    }
    ssize_t result = real(fd, bytes, HALVES(d) ? half(count) : count, place);
    tell_write(fd, d.object, bytes, result, place);
    finish(&d, C_write, (long)result);
    return result;
}
ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t place) {
    REAL(pwrite64);
    ON_FD(fd, C_write);
    if (FAILS(d)) {
        errno = action_errno;
        if (tracing) say("call", C_write, d.number, d.object, -action_errno);
        errno = action_errno;
        return -1;
    }
    ssize_t result = real(fd, bytes, HALVES(d) ? half(count) : count, place);
    tell_write(fd, d.object, bytes, result, place);
    finish(&d, C_write, (long)result);
    return result;
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(writev);
    ON_FD(fd, C_write);
    RETURN(ssize_t, C_write, real(fd, parts, HALVES(d) ? (int)half((size_t)count) : count));
}
int fsync(int fd) {
    REAL(fsync);
    ON_FD(fd, C_fsync);
    RETURN(int, C_fsync, real(fd));
}
int fdatasync(int fd) {
    REAL(fdatasync);
    ON_FD(fd, C_fsync);
    RETURN(int, C_fsync, real(fd));
}
int ftruncate(int fd, off_t length) {
    REAL(ftruncate);
    ON_FD(fd, C_ftruncate);
    if (!FAILS(d) && d.counted) tell_length(d.object, (long)length);
    RETURN(int, C_ftruncate, real(fd, length));
}
int ftruncate64(int fd, off64_t length) {
    REAL(ftruncate64);
    ON_FD(fd, C_ftruncate);
    if (!FAILS(d) && d.counted) tell_length(d.object, (long)length);
    RETURN(int, C_ftruncate, real(fd, length));
}
int posix_fallocate(int fd, off_t from, off_t length) {
    REAL(posix_fallocate);
    ON_FD(fd, C_fallocate);
    if (FAILS(d)) return action_errno;
    int result = real(fd, from, length);
    finish(&d, C_fallocate, result);
    return result;
}
int fallocate(int fd, int mode, off_t from, off_t length) {
    REAL(fallocate);
    ON_FD(fd, C_fallocate);
    RETURN(int, C_fallocate, real(fd, mode, from, length));
}
void *mmap(void *place, size_t length, int protection, int flags, int fd, off_t offset) {
    REAL(mmap);
    struct decision d = {0};
    int before = errno;
    if (fd >= 0 && fd_object(fd, d.object)) decide(&d, C_mmap);
    errno = before;
    if (FAILS(d)) return errno = action_errno, MAP_FAILED;
    void *result = real(place, length, protection, flags, fd, offset);
    finish(&d, C_mmap, result == MAP_FAILED ? -1 : 0);
    return result;
}
void *mmap64(void *place, size_t length, int protection, int flags, int fd, off64_t offset) {
    return mmap(place, length, protection, flags, fd, offset);
}
int fstat(int fd, struct stat *status) {
    REAL(fstat);
    ON_FD(fd, C_fstat);
    RETURN(int, C_fstat, real(fd, status));
}
int fstat64(int fd, struct stat64 *status) {
    REAL(fstat64);
    ON_FD(fd, C_fstat);
    RETURN(int, C_fstat, real(fd, status));
}

// Names.
int rename(const char *from, const char *to) {
    REAL(rename);
    ON_PATH(AT_FDCWD, from, C_rename);
    char target[1408];
    if (!FAILS(d) && d.counted && path_object(AT_FDCWD, to, target)) tell("rename", d.object, target);
    RETURN(int, C_rename, real(from, to));
}
int renameat(int folder, const char *from, int other, const char *to) {
    REAL(renameat);
    ON_PATH(folder, from, C_rename);
    char target[1408];
    if (!FAILS(d) && d.counted && path_object(other, to, target)) tell("rename", d.object, target);
    RETURN(int, C_rename, real(folder, from, other, to));
}
int renameat2(int folder, const char *from, int other, const char *to, unsigned flags) {
    REAL(renameat2);
    ON_PATH(folder, from, C_rename);
    char target[1408];
    if (!FAILS(d) && d.counted && path_object(other, to, target)) tell("rename", d.object, target);
    RETURN(int, C_rename, real(folder, from, other, to, flags));
}
int link(const char *from, const char *to) {
    REAL(link);
    ON_PATH(AT_FDCWD, from, C_link);
    char target[1408];
    if (!FAILS(d) && d.counted && path_object(AT_FDCWD, to, target)) tell("link", d.object, target);
    RETURN(int, C_link, real(from, to));
}
int symlink(const char *from, const char *to) {
    REAL(symlink);
    ON_PATH(AT_FDCWD, to, C_link);
    RETURN(int, C_link, real(from, to));
}
int unlink(const char *path) {
    REAL(unlink);
    ON_PATH(AT_FDCWD, path, C_unlink);
    RETURN(int, C_unlink, real(path));
}
int unlinkat(int folder, const char *path, int flags) {
    REAL(unlinkat);
    ON_PATH(folder, path, C_unlink);
    RETURN(int, C_unlink, real(folder, path, flags));
}
int rmdir(const char *path) {
    REAL(rmdir);
    ON_PATH(AT_FDCWD, path, C_rmdir);
    RETURN(int, C_rmdir, real(path));
}
int mkdir(const char *path, mode_t mode) {
    REAL(mkdir);
    ON_PATH(AT_FDCWD, path, C_mkdir);
    RETURN(int, C_mkdir, real(path, mode));
}
int mkdirat(int folder, const char *path, mode_t mode) {
    REAL(mkdirat);
    ON_PATH(folder, path, C_mkdir);
    RETURN(int, C_mkdir, real(folder, path, mode));
}

// Locks. Of fcntl only its locks and copies.
int flock(int fd, int operation) {
    REAL(flock);
    ON_FD(fd, C_lock);
    RETURN(int, C_lock, real(fd, operation));
}
static int is_lock(int command) {
    return command == F_SETLK || command == F_SETLKW || command == F_OFD_SETLK || command == F_OFD_SETLKW;
}
#define FCNTL(name) \
    int name(int fd, int command, ...) { \
        REAL(name); \
        va_list list; \
        va_start(list, command); \
        void *argument = va_arg(list, void *); \
        va_end(list); \
        int call = is_lock(command) ? C_lock : command == F_DUPFD || command == F_DUPFD_CLOEXEC ? C_dup : C_count; \
        if (call == C_count) return real(fd, command, argument); \
        ON_FD(fd, call); \
        RETURN(int, call, real(fd, command, argument)); \
    }
FCNTL(fcntl)
FCNTL(fcntl64)

// Talking to a server. A connection that is said to be broken is.
static void break_off(const struct decision *d, int fd) {
    if (FAILS(*d) && (action_errno == ECONNRESET || action_errno == EPIPE || action_errno == ETIMEDOUT))
        syscall(SYS_shutdown, fd, SHUT_RDWR);
}
static void wire_object(char *object) { strcpy(object, "socket:"); }
#define ON_WIRE(call) \
    struct decision d = {0}; \
    wire_object(d.object); \
    decide(&d, call); \
    break_off(&d, fd)
int connect(int fd, const struct sockaddr *address, socklen_t length) {
    REAL(connect);
    ON_WIRE(C_connect);
    RETURN(int, C_connect, real(fd, address, length));
}
ssize_t send(int fd, const void *bytes, size_t count, int flags) {
    REAL(send);
    ON_WIRE(C_send);
    RETURN(ssize_t, C_send, real(fd, bytes, HALVES(d) ? half(count) : count, flags));
}
ssize_t sendto(int fd, const void *bytes, size_t count, int flags, const struct sockaddr *address, socklen_t length) {
    REAL(sendto);
    ON_WIRE(C_send);
    RETURN(ssize_t, C_send, real(fd, bytes, HALVES(d) ? half(count) : count, flags, address, length));
}
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    REAL(sendmsg);
    ON_WIRE(C_send);
    RETURN(ssize_t, C_send, real(fd, message, flags));
}
ssize_t recv(int fd, void *bytes, size_t count, int flags) {
    REAL(recv);
    ON_WIRE(C_recv);
    RETURN(ssize_t, C_recv, real(fd, bytes, HALVES(d) ? half(count) : count, flags));
}
ssize_t __recv_chk(int fd, void *bytes, size_t count, size_t room, int flags) {
    (void)room;
    return recv(fd, bytes, count, flags);
}
ssize_t recvfrom(int fd, void *bytes, size_t count, int flags, struct sockaddr *address, socklen_t *length) {
    REAL(recvfrom);
    ON_WIRE(C_recv);
    RETURN(ssize_t, C_recv, real(fd, bytes, HALVES(d) ? half(count) : count, flags, address, length));
}
