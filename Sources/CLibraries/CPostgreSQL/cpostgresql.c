#include "cpostgresql.h"

#include <dlfcn.h>
#include <stddef.h>

#define DECLARE(result, name, parameters, arguments) result (*name) parameters;
static struct { DLT_PQ_FUNCTIONS(DECLARE) DLT_PQ_PROCEDURES(DECLARE) } library;

static void *handle;
static const char *failure;

static void *found(const char *name) {
  void *symbol = dlsym(handle, name);
  if (symbol == NULL && failure == NULL) failure = dlerror();
  return symbol;
}

int dlt_pq_load(void) {
  if (handle != NULL) return failure == NULL ? 0 : -1;
  handle = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) {
    failure = dlerror();
    return -1;
  }
#define FIND(result, name, parameters, arguments) library.name = (result (*) parameters)found(#name);
  DLT_PQ_FUNCTIONS(FIND)
  DLT_PQ_PROCEDURES(FIND)
  return failure == NULL ? 0 : -1;
}

const char *dlt_pq_load_error(void) { return failure == NULL ? "" : failure; }

#define FORWARD(result, name, parameters, arguments) \
  result name parameters { return library.name arguments; }
#define FORWARD_PROCEDURE(result, name, parameters, arguments) \
  result name parameters { library.name arguments; }
DLT_PQ_FUNCTIONS(FORWARD)
DLT_PQ_PROCEDURES(FORWARD_PROCEDURE)
