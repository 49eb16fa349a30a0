// measure FILE PROGRAM [ARGUMENT...]: runs a program and appends to FILE, on one line: status, seconds of wall clock, of user
// and of system CPU (with all descendants that were waited for), and the peak memory of the largest process in KiB.
//
// In C because peak memory is inherited through exec: a child of a Python driver would be told the driver's.
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec / 1e6; }

int main(int count, char **arguments) {
    if (count < 3) {
        fprintf(stderr, "usage: measure FILE PROGRAM [ARGUMENT...]\n");
        return 64;
    }
    struct timespec began, ended;
    clock_gettime(CLOCK_MONOTONIC, &began);
    pid_t child = fork();
    if (child < 0) {
        perror("measure: unable to fork");
        return 71;
    }
    if (child == 0) {
        execvp(arguments[2], arguments + 2);
        perror(arguments[2]);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) < 0) {
        perror("measure: unable to wait");
        return 71;
    }
    clock_gettime(CLOCK_MONOTONIC, &ended);
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    FILE *file = fopen(arguments[1], "a");
    if (!file) {
        perror(arguments[1]);
        return 73;
    }
    fprintf(file, "%d %.6f %.6f %.6f %ld\n", code, (ended.tv_sec - began.tv_sec) + (ended.tv_nsec - began.tv_nsec) / 1e9,
            seconds(usage.ru_utime), seconds(usage.ru_stime), usage.ru_maxrss);
    return fclose(file) == 0 ? code : 74;
}
