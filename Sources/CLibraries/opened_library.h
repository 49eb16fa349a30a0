#ifndef DLT_OPENED_LIBRARY_H
#define DLT_OPENED_LIBRARY_H
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Opens the libraries that no program links, by dlopen, at the first use. A shim lists the functions that it calls, each declared
// by a header of the library or of its own (https://man7.org/linux/man-pages/man3/dlopen.3.html):
//
//   #define FUNCTIONS(f) f(curl_easy_init) f(curl_easy_reset)
//   static struct { FUNCTIONS(DLT_MEMBER) } library;
//   static void load(void) {
//       static const char *const files[] = {"libcurl.so.4", 0};
//       if (dlt_open("libcurl 7.66", files)) { FUNCTIONS(DLT_FIND) }
//   }
//   const char *ccurl_load(void) { return dlt_load_once(load); }
//   CURL *ccurl_easy_init(void) { return library.curl_easy_init(); }
//
// A shim opens one library, so each shim has its own copy of the following.

static void *dlt_handle;
static const char *dlt_file, *dlt_needed;
// Why the library cannot be used, or empty. The linker's own text is valid only until its next error.
static char dlt_failure[512];

// Opens the first of the files that can be opened; 0 when there is none, with the reason for the first one.
static int dlt_open(const char *needed, const char *const *files) {
    dlt_needed = needed;
    for (; *files && !dlt_handle; files++) {
        dlt_file = *files;
        dlt_handle = dlopen(dlt_file, RTLD_NOW | RTLD_LOCAL);
        if (dlt_handle || *dlt_failure) continue;
        const char *reason = dlerror();
        // For a library of another processor, the linker reports that the file does not exist.
        if (strchr(dlt_file, '/') && strstr(reason, "No such file") && access(dlt_file, F_OK) == 0)
            snprintf(dlt_failure, sizeof dlt_failure, "%s: not a library for this machine", dlt_file);
        else snprintf(dlt_failure, sizeof dlt_failure, "%s", reason);
    }
    if (dlt_handle) *dlt_failure = 0;
    return dlt_handle != 0;
}

static void *dlt_find(const char *name) {
    void *address = *dlt_failure ? 0 : dlsym(dlt_handle, name);
    if (!address && !*dlt_failure)
        snprintf(dlt_failure, sizeof dlt_failure, "%s lacks %s: %s or newer is needed", dlt_file, name, dlt_needed);
    return address;
}

#define DLT_MEMBER(name) __typeof__(name) *name;
#define DLT_FIND(name) library.name = (__typeof__(name) *)dlt_find(#name);

// NULL, or why the library cannot be used; any thread may call it, any number of times.
static const char *dlt_load_once(void (*load)(void)) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return *dlt_failure ? dlt_failure : 0;
}
#endif
