// duckdb_run LIBRARY DATABASE SCRIPT [SETTING=VALUE...]: opens a libduckdb and a database file with these settings of DuckDB's, runs the
// script, one statement a line, and closes the file. Prints seconds of wall clock and of CPU, both without the loading of the library.
//
// In C, because a process of Python would add its own start and memory.
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

// As in duckdb.h, whose structure is 48 bytes.
typedef struct { void *parts[16]; } Result;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "duckdb_run: unable to %s: %s\n", what, why ? why : "no reason given");
    exit(1);
}

static void *library;
static void *symbol(const char *name) {
    void *found = dlsym(library, name);
    if (!found) fail("find a function", name);
    return found;
}
#define FUNCTION(result, name, ...) result (*name)(__VA_ARGS__) = (result (*)(__VA_ARGS__))symbol("duckdb_" #name)

static double wall(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}
static double cpu(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) + (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

int main(int count, char **arguments) {
    if (count < 4) {
        fprintf(stderr, "usage: duckdb_run LIBRARY DATABASE SCRIPT [SETTING=VALUE...]\n");
        return 64;
    }
    library = dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL);
    if (!library) fail("open the library", dlerror());
    FUNCTION(int, create_config, void **);
    FUNCTION(int, set_config, void *, const char *, const char *);
    FUNCTION(int, open_ext, const char *, void **, void *, char **);
    FUNCTION(int, connect, void *, void **);
    FUNCTION(int, query, void *, const char *, Result *);
    FUNCTION(const char *, result_error, Result *);
    FUNCTION(void, destroy_result, Result *);
    FUNCTION(void, disconnect, void **);
    FUNCTION(void, close, void **);
    FILE *script = fopen(arguments[3], "r");
    if (!script) fail("open the script", arguments[3]);

    double began = wall(), used = cpu();
    void *config, *database, *connection;
    create_config(&config);
    for (int index = 4; index < count; index++) {
        char *value = strchr(arguments[index], '=');
        if (!value) fail("read the setting", arguments[index]);
        *value++ = 0;
        if (set_config(config, arguments[index], value) != 0) fail("set", arguments[index]);
    }
    char *error = NULL;
    if (open_ext(arguments[2], &database, config, &error) != 0) fail("open the database", error);
    if (connect(database, &connection) != 0) fail("connect", NULL);
    char *line = NULL;
    size_t room = 0;
    while (getline(&line, &room, script) > 0) {
        Result result;
        memset(&result, 0, sizeof result);
        if (query(connection, line, &result) != 0) fail("run a statement", result_error(&result));
        destroy_result(&result);
    }
    disconnect(&connection);
    close(&database);
    printf("%.6f %.6f\n", wall() - began, cpu() - used);
    return 0;
}
