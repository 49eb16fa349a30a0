#include "cpostgresql.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>

#define DECLARE(result, name, parameters, arguments) result (*name) parameters;
static struct { DLT_PQ_FUNCTIONS(DECLARE) DLT_PQ_PROCEDURES(DECLARE) } library;

static void *handle;
// Copied, because the linker's text lives only until its next one.
static char failure[512];

static void fail(void) {
  const char *reason = dlerror();
  if (failure[0] == '\0') snprintf(failure, sizeof failure, "%s", reason == NULL ? "unknown" : reason);
}

static void *found(const char *name) {
  void *symbol = dlsym(handle, name);
  if (symbol == NULL) fail();
  return symbol;
}

static void load(void) {
  handle = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) {
    fail();
    return;
  }
#define FIND(result, name, parameters, arguments) library.name = (result (*) parameters)found(#name);
  DLT_PQ_FUNCTIONS(FIND)
  DLT_PQ_PROCEDURES(FIND)
}

int dlt_pq_load(void) {
  // Several threads may open their first connections at once.
  static pthread_once_t once = PTHREAD_ONCE_INIT;
  pthread_once(&once, load);
  return failure[0] == '\0' ? 0 : -1;
}

const char *dlt_pq_load_error(void) { return failure; }

#define FORWARD(result, name, parameters, arguments) \
  result name parameters { return library.name arguments; }
#define FORWARD_PROCEDURE(result, name, parameters, arguments) \
  result name parameters { library.name arguments; }
DLT_PQ_FUNCTIONS(FORWARD)
DLT_PQ_PROCEDURES(FORWARD_PROCEDURE)
