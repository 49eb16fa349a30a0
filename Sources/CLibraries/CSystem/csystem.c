#define _GNU_SOURCE
#include "csystem.h"
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static int argument_count;
static char **argument_list;

// glibc calls it before main, with main's arguments.
__attribute__((constructor)) static void keep_arguments(int count, char **list) {
    argument_count = count;
    argument_list = list;
}

int csystem_argument_count(void) { return argument_count; }

const char *csystem_argument(int index) { return argument_list[index]; }

const void *csystem_last_byte(const void *bytes, int value, size_t count) { return memrchr(bytes, value, count); }

ssize_t csystem_random(void *bytes, size_t count) { return getrandom(bytes, count, 0); }

void csystem_begin_writing_back(int fd) {
#ifdef SYNC_FILE_RANGE_WRITE
    (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
#else
    (void)fd;
#endif
}

int csystem_raise_descriptors(int wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 256;
    rlim_t most = limit.rlim_max < (rlim_t)wanted ? limit.rlim_max : (rlim_t)wanted;
    if (limit.rlim_cur < most) {
        struct rlimit raised = {most, limit.rlim_max};
        if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit.rlim_cur = most;
    }
    // The kernel's table grows at once instead of in steps, for which it would wait if there are threads.
    int highest = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, (int)(limit.rlim_cur < (rlim_t)wanted ? limit.rlim_cur : (rlim_t)wanted) / 2);
    if (highest >= 0) close(highest);
    return limit.rlim_cur < (rlim_t)wanted ? (int)limit.rlim_cur : wanted;
}

int csystem_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int csystem_spawn_in_directory(void *file_actions, const char *path) {
    return posix_spawn_file_actions_addchdir_np(file_actions, path);
}

// For a link instead of a folder, the kernel reports that it is not a folder, which would puzzle users.
static int open_step(int folder, const char *name, int flags, unsigned int mode) {
    int opened = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    if (opened >= 0 || errno != ENOTDIR) return opened;
    struct stat status;
    errno = fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode) ? ELOOP : ENOTDIR;
    return -1;
}

// Closes `at`, if it owns it, and every folder that it opens on the way.
static int open_steps(int at, int owned, const char *path, int flags, unsigned int mode) {
    while (at >= 0) {
        char name[NAME_MAX + 1];
        const char *end = strchrnul(path, '/');
        size_t length = (size_t)(end - path);
        int next = -1;
        if (length >= sizeof name) {
            errno = ENAMETOOLONG;
        } else {
            memcpy(name, path, length);
            name[length] = 0;
            next = *end == 0 ? open_step(at, name, flags, mode) : open_step(at, name, O_RDONLY | O_DIRECTORY, 0);
        }
        int error = errno;
        if (owned) close(at);
        errno = error;
        if (next < 0 || *end == 0) return next;
        at = next;
        owned = 1;
        path = end + 1;
    }
    return -1;
}

int csystem_open_below(const char *folder, const char *path, int flags, unsigned int mode) {
    return open_steps(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), 1, path, flags, mode);
}

int csystem_open_in(int folder, const char *path, int flags, unsigned int mode) {
    return open_steps(folder, 0, path, flags, mode);
}

static long long monotonic_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int csystem_wait(int fd, short events, int stop_fd, int milliseconds) {
    struct pollfd set[2] = {{.fd = fd, .events = events}, {.fd = stop_fd, .events = POLLIN}};
    long long deadline = milliseconds < 0 ? 0 : monotonic_milliseconds() + milliseconds;
    for (;;) {
        int left = -1;
        if (milliseconds >= 0) {
            long long rest = deadline - monotonic_milliseconds();
            left = rest < 0 ? 0 : (int)rest;
        }
        int ready = poll(set, 2, left);
        if (ready == 0) return 2;
        if (ready > 0) return set[0].revents != 0 ? 1 : 0;
        if (errno != EINTR) return -1;
    }
}

int csystem_processors(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
    long online = sysconf(_SC_NPROCESSORS_ONLN);
    return online > 0 ? (int)online : 1;
}

// Taken by one thread; returned by that thread, at exit, or by the handler of a signal that ends the process: the one that
// resets the count writes the bytes.
static unsigned char slot_bytes[256];
static atomic_int slot_count;
static int slot_write_end = -1;

int csystem_take_slot(int read_end, int write_end) {
    int count = atomic_load(&slot_count);
    if (count == (int)sizeof slot_bytes) return 0;
    if (slot_write_end < 0) atexit(csystem_give_back_slots);
    slot_write_end = write_end;
    if (read(read_end, &slot_bytes[count], 1) != 1) return 0;
    atomic_store(&slot_count, count + 1);
    return 1;
}

void csystem_give_back_slots(void) {
    int count = atomic_exchange(&slot_count, 0);
    for (int index = 0; index < count; index++) {
        while (write(slot_write_end, &slot_bytes[index], 1) < 0 && errno == EINTR) {}
    }
}

static atomic_int stop_signal;
static atomic_llong stop_milliseconds;
static atomic_int stop_read_end = -1;
static atomic_int stop_write_end = -1;

// timeout(1) signals first the process and then its group, so one request often arrives twice. Only a signal after this time
// is a second request from the user.
enum { repeated_within_milliseconds = 500 };

static void on_stop(int signal_number) {
    int saved = errno;
    int none = 0;
    long long now = monotonic_milliseconds();
    if (atomic_compare_exchange_strong(&stop_signal, &none, signal_number)) {
        atomic_store(&stop_milliseconds, now);
        // Never read: from now on every wait for this descriptor ends at once, in every thread.
        ssize_t ignored = write(atomic_load(&stop_write_end), "", 1);
        (void)ignored;
    } else if (now - atomic_load(&stop_milliseconds) > repeated_within_milliseconds) {
        csystem_end_by_signal(signal_number);
    }
    errno = saved;
}

int csystem_install_stop_handlers(void) {
    if (atomic_load(&stop_read_end) >= 0) return 0;
    int ends[2];
    if (csystem_pipe(ends) != 0) return -1;
    atomic_store(&stop_write_end, ends[1]);
    atomic_store(&stop_read_end, ends[0]);
    static const int asked[] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t index = 0; index < sizeof asked / sizeof asked[0]; index++) {
        struct sigaction action;
        // Inherited ignored signals stay ignored: nohup ignores HUP, a shell ignores INT for background commands.
        if (sigaction(asked[index], 0, &action) != 0 || action.sa_handler == SIG_IGN) continue;
        memset(&action, 0, sizeof action);
        action.sa_handler = on_stop;
        sigemptyset(&action.sa_mask);
        // No SA_RESTART: a call that waits must return with EINTR so that its loop sees the request to stop.
        sigaction(asked[index], &action, 0);
    }
    return 0;
}

int csystem_stop_signal(void) { return atomic_load_explicit(&stop_signal, memory_order_relaxed); }

int csystem_stop_descriptor(void) { return atomic_load_explicit(&stop_read_end, memory_order_relaxed); }

void csystem_forget_stop(void) {
    char byte;
    int fd = atomic_load(&stop_read_end);
    if (fd >= 0 && atomic_exchange(&stop_signal, 0) != 0) {
        ssize_t ignored = read(fd, &byte, 1);
        (void)ignored;
    }
}

static void set_signal(int signal_number, void (*handler)(int)) {
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = handler;
    sigemptyset(&action.sa_mask);
    sigaction(signal_number, &action, 0);
}

void csystem_default_signal(int signal_number) { set_signal(signal_number, SIG_DFL); }

void csystem_ignore_signal(int signal_number) { set_signal(signal_number, SIG_IGN); }

void csystem_end_by_signal(int signal_number) {
    csystem_give_back_slots();
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal_number);
    csystem_default_signal(signal_number);
    pthread_sigmask(SIG_UNBLOCK, &set, 0);
    raise(signal_number);
}
